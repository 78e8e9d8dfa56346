//! Multi-line responses (RFC 1939 3): the bytes of a message, a dot put before each line that
//! begins with one, and the end.
//!
//! A line ends in CRLF and nothing else. All other bytes, bare CR, bare LF and NUL too, go out as
//! they are: a client that keeps to that gets back exactly what is stored, up to the CRLF that
//! the end needs if the message does not end in one.

use memchr::memchr_iter;

/// Where a message stands that goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// At the start, or after CRLF.
    #[default]
    LineStart,
    /// After an LF without CR.
    Lf,
    /// After a CR.
    Cr,
    /// Inside a line.
    Text,
}

/// Which line ends a dot is looked for behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// CRLF only, as RFC 1939 has it: any bytes come back as they are.
    #[default]
    Crlf,
    /// A bare LF too, for clients that take it for a line end: they would take LF, dot, LF inside a
    /// message for its end. A client that keeps to RFC 1939 gets one more dot then.
    AnyLf,
}

/// Encodes one message that comes in pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stuffing {
    at: At,
    ends: LineEnds,
}

impl Stuffing {
    /// The start of a message.
    pub fn new(ends: LineEnds) -> Self {
        Self { at: At::LineStart, ends }
    }

    /// Adds a piece.
    pub fn put(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut copied = 0;
        // Looking for dots and then back is faster than looking for lines: base64 has none.
        for dot in memchr_iter(b'.', piece) {
            if self.begins_line(piece, dot) {
                out.extend_from_slice(piece.get(copied..dot).unwrap_or_default());
                out.push(b'.');
                copied = dot;
            }
        }
        out.extend_from_slice(piece.get(copied..).unwrap_or_default());
        self.at = self.after(piece);
    }

    /// Adds the end: a dot on a line of its own.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.at != At::LineStart {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }

    /// Does a line begin at this place of the piece?
    fn begins_line(&self, piece: &[u8], place: usize) -> bool {
        match self.after(piece.get(..place).unwrap_or_default()) {
            At::LineStart => true,
            At::Lf => self.ends == LineEnds::AnyLf,
            At::Cr | At::Text => false,
        }
    }

    /// Where the message stands after these bytes.
    fn after(&self, bytes: &[u8]) -> At {
        match (bytes, self.at) {
            ([], at) => at,
            ([.., b'\r', b'\n'], _) | ([b'\n'], At::Cr) => At::LineStart,
            ([.., b'\n'], _) => At::Lf,
            ([.., b'\r'], _) => At::Cr,
            _ => At::Text,
        }
    }
}

/// A whole message as it goes on the wire.
pub fn encode(message: &[u8], ends: LineEnds) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    let mut stuffing = Stuffing::new(ends);
    stuffing.put(message, &mut out);
    stuffing.finish(&mut out);
    out
}

/// What a client that keeps to RFC 1939 makes of it: the message, with a CRLF at its end if it had
/// none, and how many bytes that took. `None` if there is no end.
pub fn decode(wire: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut message, mut at) = (Vec::new(), 0);
    loop {
        let rest = wire.get(at..)?;
        let end = rest.windows(2).position(|pair| pair == b"\r\n")? + 2;
        at += end;
        match rest.get(..end)? {
            b".\r\n" => return Some((message, at)),
            [b'.', line @ ..] | line => message.extend_from_slice(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Put in pieces of every size it is the same on the wire.
    fn check(message: &[u8], wire: &[u8]) {
        for piece in 1..=message.len().max(1) {
            let (mut out, mut stuffing) = (Vec::new(), Stuffing::default());
            message.chunks(piece).for_each(|piece| stuffing.put(piece, &mut out));
            stuffing.finish(&mut out);
            assert_eq!(out, wire, "in pieces of {piece}");
        }
    }

    #[test]
    fn messages() {
        check(b"", b".\r\n");
        check(b"a\r\n", b"a\r\n.\r\n");
        check(b"a", b"a\r\n.\r\n");
        check(b".", b"..\r\n.\r\n");
        check(b".\r\n..\r\n.a\r\nb.\r\n", b"..\r\n...\r\n..a\r\nb.\r\n.\r\n");
        check(b"\r\n.\r\n", b"\r\n..\r\n.\r\n");
    }

    #[test]
    fn only_crlf_ends_a_line() {
        check(b"a\n.\n", b"a\n.\n\r\n.\r\n");
        check(b"a\n.\r\n", b"a\n.\r\n.\r\n");
        check(b"a\r.\r", b"a\r.\r\r\n.\r\n");
        check(b"a\r\r\n.", b"a\r\r\n..\r\n.\r\n");
        check(b"\n", b"\n\r\n.\r\n");
        check(b"\0.\r\n", b"\0.\r\n.\r\n");
    }

    #[test]
    fn lines_that_end_in_lf_if_wanted() {
        let wire = |message: &[u8]| encode(message, LineEnds::AnyLf);
        assert_eq!(wire(b"a\n.\nb\n"), b"a\n..\nb\n\r\n.\r\n");
        assert_eq!(wire(b"a\r\n.\r\n"), b"a\r\n..\r\n.\r\n");
        assert_eq!(wire(b""), b".\r\n");
    }

    proptest! {
        /// Any bytes come back, with a CRLF at the end.
        #[test]
        fn any_bytes_come_back(
            message in proptest::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), any::<u8>()], 0..60,
            ),
            more in proptest::collection::vec(any::<u8>(), 0..5),
        ) {
            let mut wire = encode(&message, LineEnds::Crlf);
            let len = wire.len();
            wire.extend_from_slice(&more);
            let mut expected = message.clone();
            if !message.is_empty() && !message.ends_with(b"\r\n") {
                expected.extend_from_slice(b"\r\n");
            }
            prop_assert_eq!(decode(&wire), Some((expected, len)));
        }
    }
}
