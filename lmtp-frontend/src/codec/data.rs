//! The content that follows DATA (RFC 5321 4.1.1.4, 4.5.2).
//!
//! It ends at CRLF `.` CRLF and nothing else: a sender that lets bare CR or LF through must not be
//! able to smuggle a second message in. A dot that begins a line is taken off; a line begins after
//! CRLF, and at the start. All other bytes, bare CR, bare LF and NUL too, are kept as they are.

use memchr::{memchr_iter, memmem};

use super::content::{Content, Framing};

/// Where in a line the decoder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the start, or after CRLF.
    LineStart,
    /// After a dot at the start of a line. The dot is dropped.
    Dot,
    /// After that dot and a CR, which is held back: it is the end's, if LF comes.
    DotCr,
    /// Inside a line.
    Text,
    /// Inside a line, after a CR.
    Cr,
    /// After the end.
    Done,
}

/// Reads one message out of a stream that comes in any pieces.
#[derive(Clone, Debug)]
pub struct DataDecoder {
    state: State,
}

impl Default for DataDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl DataDecoder {
    /// A decoder at the start of a message.
    pub fn new() -> Self {
        Self { state: State::LineStart }
    }
}

impl Framing for DataDecoder {
    fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn decode(&mut self, input: &[u8], content: &mut Content) -> usize {
        let mut rest = input;
        while !rest.is_empty() && !self.is_done() {
            let taken = match self.state {
                State::Text => self.text(rest, content),
                _ => self.step(rest, content),
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        input.len() - rest.len()
    }
}

impl DataDecoder {
    /// Inside a line: copies up to the next line that begins with a dot. Returns the bytes taken.
    fn text(&mut self, rest: &[u8], content: &mut Content) -> usize {
        if let Some(at) = memchr_iter(b'.', rest).find(|at| begins_line(rest, *at)) {
            content.extend(rest.get(..at).unwrap_or_default());
            self.state = State::Dot;
            return at + 1;
        }
        content.extend(rest);
        self.state = match rest {
            [.., b'\r', b'\n'] => State::LineStart,
            [.., b'\r'] => State::Cr,
            _ => State::Text,
        };
        rest.len()
    }

    /// Where a line begins or may end: looks at one byte. Returns the bytes taken, one or none.
    fn step(&mut self, rest: &[u8], content: &mut Content) -> usize {
        let Some(&byte) = rest.first() else { return 0 };
        self.state = match (self.state, byte) {
            (State::LineStart, b'.') => State::Dot,
            (State::LineStart, _) => {
                self.state = State::Text;
                return 0;
            }
            (State::Dot, b'\r') => State::DotCr,
            (State::DotCr, b'\n') => State::Done,
            (State::DotCr, _) => {
                content.extend(b"\r");
                self.state = State::Cr;
                return 0;
            }
            (State::Cr, b'\n') => {
                content.extend(b"\n");
                State::LineStart
            }
            (_, b'\r') => {
                content.extend(b"\r");
                State::Cr
            }
            _ => {
                content.extend(&[byte]);
                State::Text
            }
        };
        1
    }
}

/// Whether a line begins at `at`, as far as these bytes tell. Looking for dots and then back is
/// faster than looking for CRLF: base64 has none of the former.
fn begins_line(bytes: &[u8], at: usize) -> bool {
    at >= 2 && bytes.get(at - 2..at) == Some(b"\r\n")
}

/// A message as a client would send it after DATA: dots doubled at the start of lines, the end
/// appended. A message that does not end in CRLF gains one, as RFC 5321 4.1.1.4 has it.
pub fn encode(message: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(message.len() + message.len() / 64 + 8);
    if message.first() == Some(&b'.') {
        wire.push(b'.');
    }
    let mut copied = 0;
    for at in memmem::find_iter(message, b"\r\n.") {
        wire.extend_from_slice(message.get(copied..at + 2).unwrap_or_default());
        wire.push(b'.');
        copied = at + 2;
    }
    wire.extend_from_slice(message.get(copied..).unwrap_or_default());
    if !message.is_empty() && !message.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decodes `wire` in pieces; the message and what is left over, or `None` without an end.
    fn decode(wire: &[u8], piece: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut decoder = DataDecoder::new();
        let mut content = Content::new(u64::MAX);
        let mut taken = 0;
        for bytes in wire.chunks(piece.max(1)) {
            taken += decoder.decode(bytes, &mut content);
        }
        decoder.is_done().then(|| (content.finish().unwrap(), wire[taken..].to_vec()))
    }

    /// `wire` decodes to `message` and leaves `rest`, in pieces of every size.
    fn check(wire: &[u8], message: &[u8], rest: &[u8]) {
        for piece in 1..=wire.len() {
            let (found, left) = decode(wire, piece).expect("an end of data");
            assert_eq!((found.as_slice(), left.as_slice()), (message, rest), "pieces of {piece}");
        }
    }

    #[test]
    fn a_message_ends_at_its_dot() {
        check(b"a\r\nb\r\n.\r\nRSET\r\n", b"a\r\nb\r\n", b"RSET\r\n");
    }

    #[test]
    fn an_empty_message_ends_at_once() {
        check(b".\r\nQUIT\r\n", b"", b"QUIT\r\n");
    }

    #[test]
    fn the_first_line_is_unstuffed_too() {
        check(b"..a\r\n...\r\n.\r\n", b".a\r\n..\r\n", b"");
    }

    #[test]
    fn a_lone_leading_dot_is_taken_off() {
        check(b"x\r\n.y\r\n.\r\n", b"x\r\ny\r\n", b"");
    }

    #[test]
    fn dots_elsewhere_are_kept() {
        check(b"a.\r\n.. \r\n\n.\r.\r\n.\r\n", b"a.\r\n. \r\n\n.\r.\r\n", b"");
    }

    #[test]
    fn nothing_else_is_an_end() {
        for near in [
            "\n.\n",
            "\n.\r\n",
            "\r.\r",
            "\r.\r\n",
            "\r\n.\n",
            "\r\n.\r",
            "\r\n.\r\r\n",
            "\n\r.\r\n",
            "\r\n.\0\r\n",
            "\r\n. \r\n",
            "\r\n..\r\n",
            "\r\n\n.\r\n",
            "\n\n.\n\n",
            "\r\n.\n.\r\n",
        ] {
            let wire = format!("text{near}");
            for piece in 1..=wire.len() {
                assert_eq!(decode(wire.as_bytes(), piece), None, "{near:?}");
            }
            let whole = format!("text{near}text\r\n.\r\nREST");
            for piece in 1..=whole.len() {
                let (_, rest) = decode(whole.as_bytes(), piece).expect("the true end");
                assert_eq!(rest, b"REST", "{near:?}");
            }
        }
    }

    #[test]
    fn a_dot_and_two_carriage_returns_are_text() {
        check(b"a\r\n.\r\r\nb\r\n.\r\n", b"a\r\n\r\r\nb\r\n", b"");
    }

    #[test]
    fn bare_newlines_and_nul_are_kept() {
        let message = b"\n\r\0\n.\n\r.\rx\n\r\n";
        check(&encode(message), message, b"");
    }

    #[test]
    fn a_message_too_large_is_read_to_its_end() {
        let mut content = Content::new(3);
        let mut decoder = DataDecoder::new();
        assert_eq!(decoder.decode(b"abc\r\n.\r\nNOOP", &mut content), 8);
        assert!(decoder.is_done());
        assert_eq!(content.size(), 5);
    }

    /// Bytes that are mostly dots and line ends, where mistakes would be.
    fn messages() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            4 => Just(b'.'), 4 => Just(b'\r'), 4 => Just(b'\n'), 2 => Just(b'a'), 1 => any::<u8>(),
        ];
        let pair = prop_oneof![3 => byte.prop_map(|b| vec![b]), 2 => Just(b"\r\n".to_vec())];
        prop::collection::vec(pair, 0..60).prop_map(|pairs| pairs.concat())
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(message in messages(), piece in 1usize..20) {
            let mut wire = encode(&message);
            wire.extend_from_slice(b"REST");
            let mut expected = message;
            if !expected.is_empty() && !expected.ends_with(b"\r\n") {
                expected.extend_from_slice(b"\r\n");
            }
            prop_assert_eq!(decode(&wire, piece), Some((expected, b"REST".to_vec())));
        }

        #[test]
        fn pieces_make_no_difference(wire in messages(), piece in 1usize..20) {
            prop_assert_eq!(decode(&wire, piece), decode(&wire, usize::MAX));
        }
    }
}
