//! Bodies with NUL: a client is shown them in an encoding only (RFC 9051 7.5.2), and one that sends
//! them as binary content leaves the encoding to the server (RFC 3516 4.4).

use bytes::Bytes;

use super::header::Fields;
use super::structure::slice;
use super::{Encoding, Kind, Limits, Newline, Part, TransferEncoding, parse};

/// Characters of a line of base64 (RFC 2045 6.8).
const LINE: u32 = 76;

/// The message with each body that is `binary` by its header, and has NUL in it, as base64; `None`
/// if there is none. Decoded it is the same, and what is around those bodies stays as it is.
pub(crate) fn encode_nul(message: &Bytes, limits: &Limits) -> Option<Bytes> {
    let tree = parse(message.clone(), limits);
    let (mut out, mut done) = (Vec::new(), 0);
    for part in tree.parts().iter().filter(|part| is_binary(part)) {
        let (header, body) = (slice(message, &part.header), slice(message, &part.body));
        let field = Fields::new(header).first("content-transfer-encoding");
        let Some(field) = field.filter(|_| memchr::memchr(0, body).is_some()) else { continue };
        let crlf = field.lines.ends_with(b"\r\n");
        let newline = if crlf { Newline::Crlf } else { Newline::Lf };
        let at = part.header.start + field.start as u64;
        let behind = at + field.lines.len() as u64;
        out.extend_from_slice(slice(message, &(done..at)));
        out.extend_from_slice(b"Content-Transfer-Encoding: base64");
        out.extend_from_slice(newline.as_bytes());
        out.extend_from_slice(slice(message, &(behind..part.body.start)));
        let base64 = Encoding::Base64 { line: LINE, newline };
        base64.encode(body.len() as u64, (0, body), 0..u64::MAX, &mut out);
        out.extend_from_slice(newline.as_bytes());
        done = part.body.end;
    }
    if done == 0 {
        return None;
    }
    out.extend_from_slice(slice(message, &(done..message.len() as u64)));
    Some(out.into())
}

/// May its body be encoded? Multiparts and embedded messages may not (RFC 2045 6.4).
fn is_binary(part: &Part) -> bool {
    let composite = matches!(part.content.media.kind(), "multipart" | "message");
    part.kind == Kind::Leaf && part.content.transfer == TransferEncoding::Binary && !composite
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(message: &[u8]) -> Option<Vec<u8>> {
        let encoded = encode_nul(&Bytes::copy_from_slice(message), &Limits::default());
        encoded.map(|encoded| encoded.to_vec())
    }

    #[test]
    fn one_body() {
        let message = b"A: b\r\ncontent-transfer-encoding:\r\n binary (x)\r\nC: d\r\n\r\nnil\0\r\n";
        let expected = b"A: b\r\nContent-Transfer-Encoding: base64\r\nC: d\r\n\r\nbmlsAA0K\r\n";
        assert_eq!(encoded(message).as_deref(), Some(&expected[..]));
        assert_eq!(encoded(expected), None);
    }

    #[test]
    fn parts() {
        let long = b"\0".repeat(58);
        let lines = ["A".repeat(76), "AA==".into()].join("\n");
        let part = |cte: &str, body: &[u8]| {
            [b"--x\nContent-Transfer-Encoding: ", cte.as_bytes(), b"\n\n", body, b"\n"].concat()
        };
        let message = |cte: &str, body: &[u8]| {
            [
                &b"Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: binary\n\n\0\n"[..],
                &part("binary", b"a"),
                &part(cte, body),
                &part("8bit", b"a\0b"),
                b"--x--\n\0",
            ]
            .concat()
        };
        let expected = message("base64", format!("{lines}\n").as_bytes());
        assert_eq!(encoded(&message("binary", &long)), Some(expected));
        assert_eq!(encoded(&message("7bit", &long)), None);
    }

    #[test]
    fn what_cannot_be_encoded_stays() {
        for message in [
            &b"Content-Type: message/rfc822\nContent-Transfer-Encoding: binary\n\nA: b\n\n\0"[..],
            b"Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: binary\n\n\0",
            b"Subject: \0\nContent-Transfer-Encoding: binary\n\nx",
            b"\0",
            b"",
        ] {
            assert_eq!(encoded(message), None);
        }
    }
}
