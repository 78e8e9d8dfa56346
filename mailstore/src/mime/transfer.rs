//! How a range of the source is made from the content of a blob (RFC 2045 section 6.8).
//!
//! A base64 body is kept decoded where that loses nothing: its *regular run*, lines of one length
//! with one kind of newline, up to and including the short last line and its padding. What
//! follows the run is none of the blob's, so the same file has the same content however its lines
//! were cut.

mod base64;
mod lines;
mod rebuild;
mod regular;

use std::ops::Range;

pub use self::rebuild::Rebuild;
pub(super) use self::regular::{Regular, regular};

/// How the source is made from stored content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// It is the content.
    Raw,
    /// It is the content in base64, a newline after every `line` characters but not at the end.
    Base64 {
        /// Characters in a line, at least 1.
        line: u32,
        /// What the lines end in.
        newline: Newline,
    },
}

/// The end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Newline {
    /// CR LF.
    Crlf,
    /// LF alone.
    Lf,
}

impl Newline {
    /// The bytes.
    pub fn as_bytes(self) -> &'static [u8] {
        match self {
            Newline::Crlf => b"\r\n",
            Newline::Lf => b"\n",
        }
    }
}

impl Encoding {
    /// Length in bytes of the encoded form of content of `size` bytes; `None` beyond `u64`.
    pub fn encoded_len(self, size: u64) -> Option<u64> {
        match self {
            Encoding::Raw => Some(size),
            Encoding::Base64 { line, newline } => lines::Lines::new(line, newline).len_of(size),
        }
    }

    /// Which bytes of content of `size` bytes are needed to make bytes `range` of its encoded
    /// form. Empty if the range holds newlines only.
    pub fn needed(self, size: u64, range: Range<u64>) -> Range<u64> {
        let len = self.encoded_len(size).unwrap_or(0);
        let range = range.start.min(len)..range.end.min(len);
        match self {
            Encoding::Raw => range,
            Encoding::Base64 { line, newline } => {
                let lines = lines::Lines::new(line, newline);
                let (first, last) =
                    (lines.chars_before(range.start), lines.chars_before(range.end));
                if first >= last {
                    return 0..0;
                }
                first / 4 * 3..(last.div_ceil(4) * 3).min(size)
            }
        }
    }

    /// Adds bytes `range` of the encoded form of content of `size` bytes to `out`. `content` are
    /// bytes of the content from `at` on, at least those [`needed`](Self::needed); with fewer,
    /// what they do not make is left out.
    pub fn encode(self, size: u64, content: (u64, &[u8]), range: Range<u64>, out: &mut Vec<u8>) {
        let mut rebuild = Rebuild::new(self, size, range);
        let (at, bytes) = content;
        let from = rebuild.needed().start.saturating_sub(at);
        let bytes = usize::try_from(from).ok().and_then(|from| bytes.get(from..));
        rebuild.push(bytes.unwrap_or_default(), out);
    }
}
