//! From content to source, chunk by chunk, in bounded memory.

use std::ops::Range;

use super::lines::Lines;
use super::{Encoding, base64};

/// Content bytes that are encoded at a time: a multiple of 6, small enough for the first cache.
const BLOCK: usize = 6 * 1024;

/// Content bytes that are compared at a time.
const COMPARED: usize = 36 * 1024;

/// Makes a range of the encoded form of some content while the content comes in.
///
/// ```
/// use mailstore::mime::{Encoding, Newline, Rebuild};
///
/// let encoding = Encoding::Base64 { line: 8, newline: Newline::Crlf };
/// let mut rebuild = Rebuild::new(encoding, 7, 3..13); // of "YWJjZGVm\r\nZw=="
/// assert_eq!(rebuild.needed(), 0..7);
/// let mut out = Vec::new();
/// rebuild.push(b"abcd", &mut out);
/// rebuild.push(b"efg", &mut out);
/// assert_eq!(out, b"jZGVm\r\nZw=");
/// ```
#[derive(Debug, Clone)]
pub struct Rebuild {
    encoding: Encoding,
    size: u64,
    /// What is still to be made, of the encoded form.
    range: Range<u64>,
    needed: Range<u64>,
    /// Bytes of a group of three that is not complete.
    carry: Vec<u8>,
}

impl Rebuild {
    /// To make bytes `range` of the encoded form of content of `size` bytes; what lies outside
    /// the encoded form is left out.
    pub fn new(encoding: Encoding, size: u64, range: Range<u64>) -> Rebuild {
        let len = encoding.encoded_len(size).unwrap_or(0);
        let range = range.start.min(len)..range.end.min(len);
        let needed = encoding.needed(size, range.clone());
        Rebuild { encoding, size, range, needed, carry: Vec::new() }
    }

    /// The bytes of content that are to be given to [`push`](Self::push), in order. Push once,
    /// with nothing, if it is empty.
    pub fn needed(&self) -> Range<u64> {
        self.needed.clone()
    }

    /// How many bytes are still to be made.
    pub fn remaining(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Whether the whole `content` makes exactly `expected`; needs little memory.
    pub(in crate::mime) fn makes(mut self, content: &[u8], expected: &[u8]) -> bool {
        let mut made = Vec::with_capacity(3 * COMPARED);
        let mut left = expected;
        let needed = self.needed.start as usize..self.needed.end as usize;
        for block in content.get(needed).unwrap_or_default().chunks(COMPARED) {
            made.clear();
            self.push(block, &mut made);
            let Some(rest) = left.strip_prefix(&made[..]) else { return false };
            left = rest;
        }
        left.is_empty()
    }

    /// Takes the next bytes of the needed content and adds what they make to `out`.
    pub fn push(&mut self, content: &[u8], out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Raw => self.copy(content, out),
            Encoding::Base64 { line, newline } => {
                self.base64(Lines::new(line, newline), content, out)
            }
        }
    }

    fn copy(&mut self, content: &[u8], out: &mut Vec<u8>) {
        let take = (content.len() as u64).min(self.remaining());
        out.extend_from_slice(&content[..take as usize]);
        self.range.start += take;
    }

    fn base64(&mut self, lines: Lines, mut content: &[u8], out: &mut Vec<u8>) {
        let mut scratch = [0; BLOCK / 3 * 4];
        if !self.carry.is_empty() {
            let fill = (3 - self.carry.len()).min(content.len());
            let (first, rest) = content.split_at(fill);
            self.carry.extend_from_slice(first);
            content = rest;
            if self.carry.len() == 3 || self.is_last(self.carry.len()) {
                let group = std::mem::take(&mut self.carry);
                self.block(lines, &group, &mut scratch, out);
            }
        }
        let whole = if self.is_last(content.len()) { content.len() } else { content.len() / 3 * 3 };
        let (whole, rest) = content.split_at(whole);
        for block in whole.chunks(BLOCK) {
            self.block(lines, block, &mut scratch, out);
        }
        self.carry.extend_from_slice(rest);
        let left = self.remaining();
        self.range.start += lines.wrap(b"", self.range.start, left, out);
    }

    /// Whether `len` bytes more are the last of the whole content.
    fn is_last(&self, len: usize) -> bool {
        self.needed.start + len as u64 >= self.size
    }

    /// Encodes whole groups, or the last one; `needed.start` is where they begin.
    fn block(&mut self, lines: Lines, content: &[u8], scratch: &mut [u8], out: &mut Vec<u8>) {
        let made = base64::encode(content, scratch);
        let first = self.needed.start / 3 * 4;
        let skip = lines.chars_before(self.range.start).saturating_sub(first) as usize;
        let chars = scratch.get(skip..made).unwrap_or_default();
        let left = self.remaining();
        self.range.start += lines.wrap(chars, self.range.start, left, out);
        self.needed.start += content.len() as u64;
    }
}
