//! Transfer encodings undone for reading: anything decodes to something, in one pass.
//!
//! Fidelity is not the aim here; what is kept of a message is its own bytes.

use std::borrow::Cow;

use memchr::memchr;

use super::TransferEncoding;

/// The bytes that a body of this transfer encoding stands for; of an unknown one, itself.
pub fn decode_transfer(encoding: TransferEncoding, body: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    match encoding {
        TransferEncoding::Base64 => decode_base64(body, &mut out),
        TransferEncoding::QuotedPrintable => decode_quoted_printable(body, &mut out),
        _ => return Cow::Borrowed(body),
    }
    Cow::Owned(out)
}

const SKIP: u8 = 0xff;

const SEXTETS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [SKIP; 256];
    let mut value = 0;
    while value < 64 {
        table[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    table
};

/// Appends what base64 text stands for. What is not of the alphabet is passed over; `=` ends a
/// group, after which another may begin (several encoded texts in a row are seen).
pub fn decode_base64(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0u8);
    for byte in text {
        let sextet = SEXTETS[usize::from(*byte)];
        if sextet != SKIP {
            bits = bits << 6 | u32::from(sextet);
            count += 1;
            if count == 4 {
                out.extend_from_slice(&bits.to_be_bytes()[1..]);
                (bits, count) = (0, 0);
            }
        } else if *byte == b'=' {
            flush(bits, count, out);
            (bits, count) = (0, 0);
        }
    }
    flush(bits, count, out);
}

/// The one or two bytes that a group of two or three digits stands for.
fn flush(bits: u32, count: u8, out: &mut Vec<u8>) {
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}

/// Appends what quoted-printable text stands for (RFC 2045 6.7); a malformed escape as it is.
pub fn decode_quoted_printable(mut text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    while let Some(at) = memchr(b'=', text) {
        out.extend_from_slice(&text[..at]);
        let rest = &text[at + 1..];
        let used = match (escape(rest), soft_break(rest)) {
            (Some(byte), _) => {
                out.push(byte);
                2
            }
            (None, Some(len)) => len,
            (None, None) => {
                out.push(b'=');
                0
            }
        };
        text = &rest[used..];
    }
    out.extend_from_slice(text);
}

/// Appends what the text of a `Q` encoded word stands for (RFC 2047 4.2).
pub fn decode_q(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, escape(tail)) {
            (b'_', _) => out.push(b' '),
            (b'=', Some(byte)) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => out.push(*byte),
        }
    }
}

fn escape(rest: &[u8]) -> Option<u8> {
    let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

/// The longest run of white space before a newline that still counts as a soft line break.
const MAX_PADDING: usize = 80;

/// The length of the newline after a `=`, with white space before it.
fn soft_break(rest: &[u8]) -> Option<usize> {
    let blank = rest.iter().take(MAX_PADDING).take_while(|byte| b" \t".contains(byte)).count();
    match rest.get(blank..)? {
        [b'\n', ..] => Some(blank + 1),
        [b'\r', b'\n', ..] => Some(blank + 2),
        [] => Some(blank),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_takes_anything() {
        let table: &[(&[u8], &[u8])] = &[
            (b"aGVsbG8=", b"hello"),
            (b"aGVs\r\n bG8", b"hello"),
            (b"aGk=aGk=", b"hihi"),
            (b"a!G?k", b"hi"),
            (b"a", b""),
            (b"====", b""),
        ];
        for (text, bytes) in table {
            assert_eq!(&*decode_transfer(TransferEncoding::Base64, text), *bytes);
        }
    }

    #[test]
    fn quoted_printable_takes_anything() {
        let table: &[(&[u8], &[u8])] = &[
            (b"caf=C3=a9", "café".as_bytes()),
            (b"a=\r\nb= \t\nc=", b"abc"),
            (b"a=zz =4", b"a=zz =4"),
            (b"a_b", b"a_b"),
        ];
        for (text, bytes) in table {
            assert_eq!(&*decode_transfer(TransferEncoding::QuotedPrintable, text), *bytes);
        }
    }

    #[test]
    fn other_encodings_are_left_alone() {
        assert_eq!(decode_transfer(TransferEncoding::Other, b"=3D").as_ref(), b"=3D");
    }
}
