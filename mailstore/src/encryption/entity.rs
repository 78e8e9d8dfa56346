//! What of a message stays readable, and what is encrypted.

use bytes::Bytes;

use crate::mime::header::{Fields, Parameters};

/// The bytes of a message that is about to be stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// Header fields that were put in front of it, whole, none of which tells of the content.
    pub(crate) front: Bytes,
    /// The message behind them.
    pub(crate) message: Bytes,
    /// Where its header ends, with the blank line, in bytes of `message`.
    pub(crate) header: usize,
}

impl Source {
    fn header(&self) -> &[u8] {
        self.message.get(..self.header).unwrap_or_default()
    }
}

/// Whether its owner has encrypted it already, or somebody else has (RFC 3156 4, RFC 8551 3.3,
/// RFC 8551 3.4).
pub(crate) fn is_encrypted(message: &Source) -> bool {
    let field = Fields::new(message.header()).first("Content-Type");
    let Some(field) = field else { return false };
    let (media, parameters) = Parameters::split(&field.value());
    match media.to_ascii_lowercase().as_slice() {
        b"multipart/encrypted" => true,
        b"application/pkcs7-mime" | b"application/x-pkcs7-mime" => {
            let kind = parameters.get("smime-type").unwrap_or_default().to_ascii_lowercase();
            matches!(kind.as_str(), "enveloped-data" | "authenveloped-data")
        }
        _ => false,
    }
}

/// A message, divided. All pieces of both together are the message, but for a blank line or a
/// newline that it may lack.
#[cfg(feature = "encryption")]
#[derive(Debug)]
pub(super) struct Entity<'a> {
    /// Header fields, each with its newline.
    outside: Vec<&'a [u8]>,
    /// A MIME entity (RFC 2045 2.4): the header fields that tell of the content, all else of the
    /// header that is no field, and the body.
    inside: Vec<&'a [u8]>,
}

#[cfg(feature = "encryption")]
impl<'a> Entity<'a> {
    pub(super) fn of(source: &'a Source) -> Self {
        let header = source.header();
        let mut entity = Self { outside: vec![&source.front], inside: Vec::new() };
        let mut at = 0;
        for field in Fields::new(header) {
            entity.inside.push(&header[at..field.start]);
            at = field.start + field.lines.len();
            match tells_of_content(field.name) {
                true => entity.inside.push(field.lines),
                false => entity.outside.push(field.lines),
            }
        }
        if !has_blank_line(header) {
            // What is inside must have one before the body.
            entity.inside.push(&source.message[at..source.header]);
            entity.inside.push(b"\r\n");
            at = source.header;
        }
        entity.inside.push(&source.message[at..]);
        entity
    }

    /// What stays outside, with a newline at its end.
    pub(super) fn write_header(&self, out: &mut Vec<u8>) {
        for lines in &self.outside {
            out.extend_from_slice(lines);
        }
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.extend_from_slice(b"\r\n");
        }
    }

    /// The bytes that are to be encrypted.
    pub(super) fn reader(&self) -> impl std::io::Read + Send + '_ {
        Pieces { left: &self.inside, at: 0 }
    }

    /// How many of these there are.
    pub(super) fn inside_len(&self) -> usize {
        self.inside.iter().map(|piece| piece.len()).sum()
    }

    /// How many bytes stay outside.
    pub(super) fn outside_len(&self) -> usize {
        self.outside.iter().map(|piece| piece.len()).sum()
    }
}

/// Whether a header ends in its blank line.
#[cfg(feature = "encryption")]
fn has_blank_line(header: &[u8]) -> bool {
    let Some(rest) = header.strip_suffix(b"\n") else { return false };
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    rest.is_empty() || rest.ends_with(b"\n")
}

#[cfg(feature = "encryption")]
fn tells_of_content(name: &[u8]) -> bool {
    const CONTENT: &[u8] = b"content-";
    let begins = name.get(..CONTENT.len()).is_some_and(|it| it.eq_ignore_ascii_case(CONTENT));
    begins || name.eq_ignore_ascii_case(b"mime-version")
}

/// One piece after the other.
#[cfg(feature = "encryption")]
struct Pieces<'a> {
    left: &'a [&'a [u8]],
    at: usize,
}

#[cfg(feature = "encryption")]
impl std::io::Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while let [first, left @ ..] = self.left {
            let rest = &first[self.at..];
            if rest.is_empty() {
                (self.left, self.at) = (left, 0);
                continue;
            }
            let len = rest.len().min(into.len());
            into[..len].copy_from_slice(&rest[..len]);
            self.at += len;
            return Ok(len);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(front: &'static str, message: &'static str) -> Source {
        let header = message.find("\r\n\r\n").map_or(0, |at| at + 4);
        Source { front: Bytes::from(front), message: Bytes::from(message), header }
    }

    #[test]
    fn what_is_encrypted_is_known() {
        let encrypted = |content: &str| {
            let message = Bytes::from(format!("Content-Type: {content}\r\n\r\n"));
            is_encrypted(&Source { front: Bytes::new(), header: message.len(), message })
        };
        for yes in [
            "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x",
            "Multipart/Encrypted",
            "application/pkcs7-mime;\r\n smime-type=enveloped-data; name=smime.p7m",
            "application/x-pkcs7-mime; smime-type=\"authEnveloped-data\"",
        ] {
            assert!(encrypted(yes), "{yes}");
        }
        for no in [
            "text/plain",
            "multipart/signed",
            "application/pkcs7-mime",
            "application/pkcs7-mime; smime-type=signed-data",
        ] {
            assert!(!encrypted(no), "{no}");
        }
        assert!(!is_encrypted(&source("", "Subject: x\r\n\r\nContent-Type: multipart/encrypted")));
    }

    #[cfg(feature = "encryption")]
    fn divided(source: &Source) -> (String, String) {
        use std::io::Read;
        let entity = Entity::of(source);
        let (mut outside, mut inside) = (Vec::new(), String::new());
        entity.write_header(&mut outside);
        entity.reader().read_to_string(&mut inside).unwrap();
        assert_eq!(inside.len(), entity.inside_len());
        (String::from_utf8(outside).unwrap(), inside)
    }

    #[cfg(feature = "encryption")]
    #[test]
    fn what_tells_of_the_content_goes_inside() {
        let message = "From: a\r\nMIME-Version: 1.0\r\nSubject: x\r\n y\r\ncontent-type: text/html;\r\n \
                       charset=utf-8\r\nX: z\r\n\r\nbody\r\n";
        let (outside, inside) = divided(&source("Received: here\r\n", message));
        assert_eq!(outside, "Received: here\r\nFrom: a\r\nSubject: x\r\n y\r\nX: z\r\n");
        let expected =
            "MIME-Version: 1.0\r\ncontent-type: text/html;\r\n charset=utf-8\r\n\r\nbody\r\n";
        assert_eq!(inside, expected);
    }

    #[cfg(feature = "encryption")]
    #[test]
    fn what_lacks_something_is_divided_too() {
        for (message, header, expected) in [
            ("", 0, ("", "\r\n")),
            ("no header", 0, ("", "\r\nno header")),
            ("\r\nbody", 2, ("", "\r\nbody")),
            ("Subject: x", 10, ("Subject: x\r\n", "\r\n")),
            ("Subject: x\n", 11, ("Subject: x\n", "\r\n")),
            ("Subject: x\nsecret\n", 18, ("Subject: x\n", "secret\n\r\n")),
            ("Subject: x\n\nb", 12, ("Subject: x\n", "\nb")),
            ("From a\nSubject: x\nsecret\n\nb", 26, ("Subject: x\n", "From a\nsecret\n\nb")),
        ] {
            let message = Source { header, ..source("", message) };
            let (outside, inside) = divided(&message);
            assert_eq!((outside.as_str(), inside.as_str()), expected);
        }
    }
}
