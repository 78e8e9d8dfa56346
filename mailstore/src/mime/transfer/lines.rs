//! Where characters are once they are cut into lines.

use super::Newline;

/// Characters in lines of one length, a newline between them but not after the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    line: u64,
    newline: &'static [u8],
}

impl Lines {
    pub(super) fn new(line: u32, newline: Newline) -> Lines {
        Lines { line: u64::from(line.max(1)), newline: newline.as_bytes() }
    }

    fn stride(self) -> u64 {
        self.line + self.newline.len() as u64
    }

    /// Length in bytes of the base64 form of `size` bytes; `None` beyond `u64`.
    pub(super) fn len_of(self, size: u64) -> Option<u64> {
        let chars = size.div_ceil(3).checked_mul(4)?;
        let newlines = chars.saturating_sub(1) / self.line;
        chars.checked_add(newlines.checked_mul(self.newline.len() as u64)?)
    }

    /// How many characters come before byte `offset`.
    pub(super) fn chars_before(self, offset: u64) -> u64 {
        offset / self.stride() * self.line + (offset % self.stride()).min(self.line)
    }

    /// The offset of character number `index`.
    pub(super) fn offset_of(self, index: u64) -> u64 {
        index / self.line * self.stride() + index % self.line
    }

    /// Adds `chars` to `out` with the newlines that come before, between and directly after them.
    /// Byte `offset` is the first to be made, and no more than `most` bytes are; returns how many
    /// were.
    pub(super) fn wrap(self, mut chars: &[u8], offset: u64, most: u64, out: &mut Vec<u8>) -> u64 {
        let mut column = offset % self.stride();
        let mut left = most;
        while left > 0 {
            let (source, room) = if column < self.line {
                (chars, self.line - column)
            } else {
                let done = (column - self.line) as usize;
                (self.newline.get(done..).unwrap_or_default(), self.stride() - column)
            };
            let take = room.min(left).min(source.len() as u64) as usize;
            if take == 0 {
                break;
            }
            out.extend_from_slice(&source[..take]);
            if column < self.line {
                chars = &chars[take..];
            }
            left -= take as u64;
            column = (column + take as u64) % self.stride();
        }
        most - left
    }
}
