//! Base64 in lines, as bodies and armour have it.

use std::io::{self, Write};

use data_encoding::BASE64;

/// Bytes of a line before they are encoded: 64 characters (RFC 9580 6.2 allows 76 at most).
const BYTES: usize = 48;
/// Bytes of a line with its newline.
const LINE: usize = BYTES / 3 * 4 + 2;

/// Writes what it is given in base64, in lines that end in CRLF.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    out: &'a mut Vec<u8>,
    line: [u8; BYTES],
    held: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, line: [0; BYTES], held: 0 }
    }

    /// How many bytes so many bytes become.
    pub(super) fn len(bytes: usize) -> usize {
        bytes.div_ceil(BYTES) * LINE
    }

    /// Ends the last line.
    pub(super) fn finish(mut self) {
        if self.held > 0 {
            self.write_line();
        }
    }

    fn write_line(&mut self) {
        let mut text = [0; LINE];
        let len = BASE64.encode_len(self.held);
        BASE64.encode_mut(&self.line[..self.held], &mut text[..len]);
        text[len..len + 2].copy_from_slice(b"\r\n");
        self.out.extend_from_slice(&text[..len + 2]);
        self.held = 0;
    }
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(BYTES - self.held);
        self.line[self.held..self.held + len].copy_from_slice(&bytes[..len]);
        self.held += len;
        if self.held == BYTES {
            self.write_line();
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole() {
        for len in [0, 1, 2, 3, 47, 48, 49, 96, 1000] {
            let bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let mut out = Vec::new();
            let mut lines = Lines::new(&mut out);
            for piece in bytes.chunks(7) {
                lines.write_all(piece).unwrap();
            }
            lines.finish();
            assert!(out.len() <= Lines::len(len));
            let text = String::from_utf8(out).unwrap();
            assert!(text.lines().all(|line| line.len() <= 64) && !text.contains("\n\r"));
            assert_eq!(BASE64.decode(text.replace("\r\n", "").as_bytes()).unwrap(), bytes);
        }
    }
}
