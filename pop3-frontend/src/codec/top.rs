//! TOP (RFC 1939 7): the header, the empty line, and so many lines of the body.

use memchr::memchr_iter;

/// Cuts a message that comes in pieces. A line ends in LF, with a CR before it or not, so that
/// mail which came with bare LFs has a header and lines too.
#[derive(Clone, Copy, Debug)]
pub struct Top {
    /// Lines of the body that are still to come; `None` in the header.
    left: Option<u64>,
    wanted: u64,
    /// What has come of the line so far.
    line: Line,
}

/// What has come of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Nothing,
    /// A CR and no more.
    Cr,
    Something,
}

impl Top {
    /// With so many lines of the body.
    pub fn new(lines: u64) -> Self {
        Self { left: None, wanted: lines, line: Line::Nothing }
    }

    /// Is nothing more wanted?
    pub fn is_done(&self) -> bool {
        self.left == Some(0)
    }

    /// How many bytes of the next piece are wanted.
    pub fn take(&mut self, piece: &[u8]) -> usize {
        let mut start = 0;
        for newline in memchr_iter(b'\n', piece) {
            if self.is_done() {
                return start;
            }
            self.note(piece.get(start..newline).unwrap_or_default());
            self.end_line();
            start = newline + 1;
        }
        if self.is_done() {
            return start;
        }
        self.note(piece.get(start..).unwrap_or_default());
        piece.len()
    }

    fn note(&mut self, bytes: &[u8]) {
        self.line = match (self.line, bytes) {
            (line, []) => line,
            (Line::Nothing, b"\r") => Line::Cr,
            _ => Line::Something,
        };
    }

    fn end_line(&mut self) {
        let is_empty = self.line != Line::Something;
        self.line = Line::Nothing;
        self.left = match self.left {
            Some(left) => Some(left.saturating_sub(1)),
            None if is_empty => Some(self.wanted),
            None => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(message: &[u8], lines: u64, piece: usize) -> Vec<u8> {
        let (mut top, mut taken) = (Top::new(lines), Vec::new());
        for piece in message.chunks(piece) {
            let wanted = top.take(piece);
            taken.extend_from_slice(&piece[..wanted]);
        }
        taken
    }

    #[test]
    fn header_and_lines() {
        let message = b"a: b\r\n c\r\n\r\n1\r\n\r\n3\r\n4";
        for piece in 1..=message.len() {
            assert_eq!(top(message, 0, piece), b"a: b\r\n c\r\n\r\n");
            assert_eq!(top(message, 1, piece), b"a: b\r\n c\r\n\r\n1\r\n");
            assert_eq!(top(message, 3, piece), b"a: b\r\n c\r\n\r\n1\r\n\r\n3\r\n");
            assert_eq!(top(message, u64::MAX, piece), message);
        }
    }

    #[test]
    fn odd_messages() {
        for piece in 1..5 {
            assert_eq!(top(b"a: b\n\n1\n2\n", 1, piece), b"a: b\n\n1\n");
            assert_eq!(top(b"only: header\r\n", 5, piece), b"only: header\r\n");
            assert_eq!(top(b"\r\nbody\r\nmore", 1, piece), b"\r\nbody\r\n");
            assert_eq!(top(b"a\r\r\n\r\nb\r\n", 0, piece), b"a\r\r\n\r\n");
            assert_eq!(top(b"", 5, 1), b"");
        }
    }
}
