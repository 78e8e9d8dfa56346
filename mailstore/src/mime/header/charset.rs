//! Bytes of some charset to text.

use std::borrow::Cow;

use charset::Charset;

/// Text in the charset of this label (RFC 2978); if nobody knows the label, as [`decode_8bit`]
/// has it. A byte order mark is dropped; what is malformed becomes U+FFFD.
pub fn decode_charset<'a>(label: &[u8], bytes: &'a [u8]) -> Cow<'a, str> {
    if bytes.is_ascii() && is_ascii_superset(label) {
        return decode_8bit(bytes);
    }
    match Charset::for_label_no_replacement(known_label(label.trim_ascii())) {
        // ASCII's label stands for Windows-1252 there; unlabelled UTF-8 is far more common.
        Some(charset) if !label.eq_ignore_ascii_case(b"us-ascii") => {
            charset.decode_with_bom_removal(bytes).0
        }
        _ => decode_8bit(bytes),
    }
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
}
