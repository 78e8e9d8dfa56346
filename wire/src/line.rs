//! Command lines (RFC 5321 2.3.8, 4.5.3.1.4; RFC 1939 3): what ends in CRLF, up to a cap.

use bytes::{Buf, Bytes, BytesMut};

/// One line of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its CRLF.
    Complete(Bytes),
    /// A line above the cap; its bytes have been thrown away and the next line is intact.
    TooLong,
    /// A line that ended in LF without CR. Not a line end in these protocols, so nothing in it may be obeyed;
    /// but a peer that sends it would wait for ever if it got no answer.
    BareNewline,
}

/// Cuts a stream into lines. Holds no bytes of its own: what is not yet a line stays in the
/// caller's buffer, which never has to hold more than the cap for that.
#[derive(Clone, Debug)]
pub struct Lines {
    cap: usize,
    /// Bytes at the front of the buffer known to hold no LF.
    searched: usize,
    /// The line under way is above the cap.
    skipping: bool,
}

impl Lines {
    /// Lines of at most `cap` bytes, counted with their CRLF.
    pub fn new(cap: usize) -> Self {
        Self { cap, searched: 0, skipping: false }
    }

    /// Takes the next line off the front of `input`; `None` if more bytes are needed.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Line> {
        let unsearched = input.get(self.searched..).unwrap_or_default();
        match memchr::memchr(b'\n', unsearched) {
            Some(offset) => Some(self.cut(input, self.searched + offset + 1)),
            None => {
                self.wait(input);
                None
            }
        }
    }

    /// Takes the first `length` bytes, which end in LF.
    fn cut(&mut self, input: &mut BytesMut, length: usize) -> Line {
        let mut line = input.split_to(length).freeze();
        self.searched = 0;
        if std::mem::take(&mut self.skipping) || length > self.cap {
            return Line::TooLong;
        }
        if !line.ends_with(b"\r\n") {
            return Line::BareNewline;
        }
        line.truncate(length - 2);
        Line::Complete(line)
    }

    /// No LF in sight: remembers how far was searched, and drops a line that is already too long.
    fn wait(&mut self, input: &mut BytesMut) {
        self.searched = input.len();
        if self.skipping || input.len() >= self.cap {
            self.skipping = true;
            self.searched = 0;
            input.advance(input.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line of `stream`, given in pieces of `piece` bytes.
    fn lines(cap: usize, stream: &[u8], piece: usize) -> Vec<Line> {
        let mut lines = Lines::new(cap);
        let mut input = BytesMut::new();
        let mut found = Vec::new();
        for bytes in stream.chunks(piece) {
            input.extend_from_slice(bytes);
            while let Some(line) = lines.next(&mut input) {
                found.push(line);
            }
            assert!(input.len() < cap);
        }
        found
    }

    fn complete(line: &'static str) -> Line {
        Line::Complete(Bytes::from_static(line.as_bytes()))
    }

    #[test]
    fn lines_come_out_the_same_however_the_stream_is_cut() {
        let stream = b"LHLO a\r\n\r\nNOOP\r\nx\ry\r\npartial";
        for piece in 1..=stream.len() {
            let found = lines(64, stream, piece);
            assert_eq!(
                found,
                [complete("LHLO a"), complete(""), complete("NOOP"), complete("x\ry")]
            );
        }
    }

    #[test]
    fn the_cap_counts_the_line_end() {
        for piece in 1..=12 {
            assert_eq!(lines(8, b"123456\r\n", piece), [complete("123456")]);
            assert_eq!(lines(8, b"1234567\r\n", piece), [Line::TooLong]);
        }
    }

    #[test]
    fn after_a_line_too_long_the_next_is_intact() {
        let mut stream = vec![b'x'; 10_000];
        stream.extend_from_slice(b"\r\nRSET\r\n");
        for piece in [1, 7, 4096, 20_000] {
            assert_eq!(lines(512, &stream, piece), [Line::TooLong, complete("RSET")]);
        }
    }

    #[test]
    fn a_bare_lf_is_no_line_end_to_be_obeyed() {
        for piece in 1..=16 {
            let found = lines(64, b"RSET\nNOOP\r\nQUIT\r\r\n\n", piece);
            let quit = complete("QUIT\r");
            assert_eq!(found, [Line::BareNewline, complete("NOOP"), quit, Line::BareNewline]);
        }
    }
}
