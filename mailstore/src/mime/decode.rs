//! Transfer encodings undone for reading: anything decodes to something, in one pass.
//!
//! Fidelity is not the aim here; what is kept of a message is its own bytes.

mod base64;
mod quoted_printable;

use std::borrow::Cow;

use bytes::Bytes;

use super::TransferEncoding;
use base64::Base64;
use quoted_printable::{QuotedPrintable, escape};

pub use base64::decode_base64;
pub use quoted_printable::decode_quoted_printable;

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

/// Undoes a transfer encoding while the body comes in. What comes out, taken together, is what
/// [`decode_transfer`] gives, however the body is cut; no more than a piece of it is held.
#[derive(Clone, Debug)]
pub struct Decoder(State);

#[derive(Clone, Debug)]
enum State {
    Identity,
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
}

impl Decoder {
    /// A decoder at the start of a body; `None` if the encoding is not known.
    pub fn new(encoding: TransferEncoding) -> Option<Decoder> {
        Some(Decoder(match encoding {
            TransferEncoding::Other => return None,
            TransferEncoding::Base64 => State::Base64(Base64::default()),
            TransferEncoding::QuotedPrintable => State::QuotedPrintable(QuotedPrintable::default()),
            _ => State::Identity,
        }))
    }

    /// What can be decoded with the next piece; not copied if there is nothing to undo.
    pub fn push(&mut self, piece: &Bytes) -> Bytes {
        let mut out = Vec::new();
        match &mut self.0 {
            State::Identity => return piece.clone(),
            State::Base64(base64) => base64.push(piece, &mut out),
            State::QuotedPrintable(quoted) => quoted.push(piece, &mut out),
        }
        out.into()
    }

    /// What the end of the body leaves.
    pub fn finish(self) -> Bytes {
        let mut out = Vec::new();
        match self.0 {
            State::Identity => {}
            State::Base64(base64) => base64.finish(&mut out),
            State::QuotedPrintable(quoted) => quoted.finish(&mut out),
        }
        out.into()
    }
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

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
            (b"a \t\r\n b =20 \n=\t\r\nc \r\n", b"a\r\n b  \nc\r\n"),
            (b"a \t", b"a"),
            (b"a= ", b"a"),
            (b"=3d=3D \r", b"== \r"),
        ];
        for (text, bytes) in table {
            assert_eq!(&*decode_transfer(TransferEncoding::QuotedPrintable, text), *bytes);
        }
    }

    /// White space that no encoder can have put there is text.
    #[test]
    fn a_long_run_of_white_space_is_no_padding() {
        for (count, is_padding) in [(80, true), (81, false), (300, false)] {
            let run = " ".repeat(count);
            for (start, end) in [("a", "\r\n"), ("a", ""), ("a=", "b")] {
                let text = [start, &run, end].concat();
                let decoded = decode_transfer(TransferEncoding::QuotedPrintable, text.as_bytes());
                let kept = !is_padding || end == "b";
                assert_eq!(decoded.contains(&b' '), kept, "{count} {text:?}");
            }
        }
    }

    proptest! {
        /// However a body is cut, it decodes to the same bytes.
        #[test]
        fn pieces_decode_to_what_the_whole_does(
            pieces in vec("([ \t\r\n=3dDz_\\PC]{0,9}| {75,90})", 0..9),
        ) {
            let whole = pieces.concat();
            for encoding in [
                TransferEncoding::EightBit,
                TransferEncoding::Base64,
                TransferEncoding::QuotedPrintable,
            ] {
                let mut decoder = Decoder::new(encoding).unwrap();
                let mut decoded = Vec::new();
                for piece in &pieces {
                    decoded.extend(decoder.push(&Bytes::copy_from_slice(piece.as_bytes())));
                }
                decoded.extend(decoder.finish());
                prop_assert_eq!(&decoded[..], &*decode_transfer(encoding, whole.as_bytes()));
            }
        }
    }

    #[test]
    fn other_encodings_are_left_alone() {
        assert_eq!(decode_transfer(TransferEncoding::Other, b"=3D").as_ref(), b"=3D");
        assert!(Decoder::new(TransferEncoding::Other).is_none());
    }
}
