//! Bytes of some charset to text.

use std::borrow::Cow;

use charset::Charset;

/// Text in the charset of this label (RFC 2978); if nobody knows the label, as [`decode_8bit`]
/// has it. A byte order mark is dropped; what is malformed becomes U+FFFD.
pub fn decode_charset<'a>(label: &[u8], bytes: &'a [u8]) -> Cow<'a, str> {
    if bytes.is_ascii() && is_ascii_superset(label) {
        return decode_8bit(bytes);
    }
    match known_charset(label) {
        Some(charset) => charset.decode_with_bom_removal(bytes).0,
        None => decode_8bit(bytes),
    }
}

/// Is this text in the charset of the label? It is not if nobody knows the label, or if something is
/// malformed.
pub(super) fn is_decodable(label: &[u8], bytes: &[u8]) -> bool {
    if bytes.is_empty() || (bytes.is_ascii() && is_ascii_superset(label)) {
        return true;
    }
    match known_charset(label) {
        Some(charset) => !charset.decode_with_bom_removal(bytes).1,
        None => is_ascii_superset(label) && std::str::from_utf8(bytes).is_ok(),
    }
}

fn known_charset(label: &[u8]) -> Option<Charset> {
    // ASCII's label stands for Windows-1252 there; unlabelled UTF-8 is far more common.
    let known = !label.eq_ignore_ascii_case(b"us-ascii");
    known.then(|| Charset::for_label_no_replacement(known_label(label.trim_ascii()))).flatten()
}

/// Microsoft's code page numbers for what the Encoding Standard has under another name.
fn known_label(label: &[u8]) -> &[u8] {
    match label.to_ascii_lowercase().as_slice() {
        b"cp932" => b"shift_jis",
        b"cp936" => b"gbk",
        b"cp949" => b"euc-kr",
        b"cp950" => b"big5",
        _ => label,
    }
}

/// Text without a label: UTF-8 if it is, else Windows-1252.
pub fn decode_8bit(bytes: &[u8]) -> Cow<'_, str> {
    match (std::str::from_utf8(bytes), Charset::for_label(b"windows-1252")) {
        (Ok(text), _) => Cow::Borrowed(text),
        (Err(_), Some(charset)) => charset.decode_without_bom_handling(bytes).0,
        (Err(_), None) => String::from_utf8_lossy(bytes),
    }
}

fn is_ascii_superset(label: &[u8]) -> bool {
    let starts = |prefix: &[u8]| {
        label.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    starts(b"us-ascii") || starts(b"utf-8") || starts(b"iso-8859-") || starts(b"windows-125")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        assert_eq!(decode_charset(b"ISO-8859-1", b"caf\xe9"), "café");
        assert_eq!(decode_charset(b"us-ascii", "café".as_bytes()), "café");
        assert_eq!(decode_charset(b"utf-8", b"\xef\xbb\xbfa\xff"), "a\u{fffd}");
        assert_eq!(decode_charset(b"iso-2022-jp", b"\x1b$B$\"\x1b(B"), "あ");
        assert_eq!(decode_charset(b"utf-7", b"+AOk-"), "é");
        assert_eq!(decode_charset(b"CP932", b"\x82\xb1"), "こ");
        assert_eq!(decode_charset(b"no-such", b"\x80 caf\xe9"), "€ café");
    }

    #[test]
    fn what_cannot_be_decoded() {
        let table: &[(&str, &[u8], bool)] = &[
            ("utf-8", "café".as_bytes(), true),
            ("UTF-8", b"caf\xe9", false),
            ("iso-8859-1", b"caf\xe9", true),
            ("us-ascii", "café".as_bytes(), true),
            ("us-ascii", b"caf\xe9", false),
            ("shift_jis", b"\x82\xb1", true),
            ("shift_jis", b"\x82", false),
            ("no-such", b"a", false),
            ("iso-8859-99", b"caf\xe9", false),
            ("no-such", b"", true),
        ];
        for (label, bytes, decodable) in table {
            assert_eq!(is_decodable(label.as_bytes(), bytes), *decodable, "{label} {bytes:?}");
        }
    }
}
