//! Finds the regular run of a base64 body and proves that nothing is lost by decoding it.

use memchr::memchr;

use super::lines::Lines;
use super::{Encoding, Newline, Rebuild, base64};

/// Characters that are decoded at a time.
const BLOCK: usize = 32 * 1024;

/// The regular run at the start of a body.
#[derive(Debug)]
pub(in crate::mime) struct Regular {
    pub(in crate::mime) encoding: Encoding,
    /// Its length in the body.
    pub(in crate::mime) len: usize,
    pub(in crate::mime) content: Vec<u8>,
}

/// The regular run at the start of `body`. `None` if it has none, or if its content would not make
/// exactly the same bytes again, which is tried.
pub(in crate::mime) fn regular(body: &[u8]) -> Option<Regular> {
    let rows = Rows::of(body)?;
    let content = rows.decode();
    let encoding = Encoding::Base64 { line: rows.line, newline: rows.newline };
    let size = content.len() as u64;
    let len = usize::try_from(encoding.encoded_len(size)?).ok()?;
    let same = Rebuild::new(encoding, size, 0..len as u64).makes(&content, body.get(..len)?);
    (same && !content.is_empty()).then_some(Regular { encoding, len, content })
}

/// A body as lines of the length of the first.
struct Rows<'a> {
    body: &'a [u8],
    line: u32,
    newline: Newline,
    /// How many lines are followed by another one.
    full: usize,
}

impl<'a> Rows<'a> {
    fn of(body: &'a [u8]) -> Option<Rows<'a>> {
        let first = memchr(b'\n', body).map_or(body, |lf| &body[..lf]);
        let (text, newline) = match first.strip_suffix(b"\r") {
            Some(text) => (text, Newline::Crlf),
            None => (first, Newline::Lf),
        };
        let line = u32::try_from(text.len()).ok().filter(|line| *line > 0)?;
        let mut rows = Rows { body, line, newline, full: 0 };
        while rows.ends_in_newline(rows.full) {
            rows.full += 1;
        }
        Some(rows)
    }

    fn stride(&self) -> usize {
        self.line as usize + self.newline.as_bytes().len()
    }

    fn ends_in_newline(&self, row: usize) -> bool {
        let start = row * self.stride();
        let end = start + self.stride();
        self.body.get(start + self.line as usize..end) == Some(self.newline.as_bytes())
    }

    /// The characters of a line; the last may be shorter.
    fn row(&self, row: usize) -> &'a [u8] {
        let start = row * self.stride();
        let end = (start + self.line as usize).min(self.body.len());
        self.body.get(start..end).unwrap_or_default()
    }

    /// What the lines mean, up to and including the first padding, or up to whatever is not
    /// base64.
    fn decode(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(self.body.len() / 4 * 3);
        let mut block = Vec::with_capacity(2 * BLOCK);
        'rows: for row in 0..=self.full {
            for slice in self.row(row).chunks(BLOCK) {
                block.extend_from_slice(slice);
                if block.len() >= BLOCK && !drain(&mut block, &mut content) {
                    break 'rows;
                }
            }
        }
        drain(&mut block, &mut content);
        let last = self.chars(content.len() / 3 * 4);
        content.extend(last.and_then(base64::decode_padded).unwrap_or_default());
        content
    }

    /// Four characters from number `index` on.
    fn chars(&self, index: usize) -> Option<[u8; 4]> {
        let lines = Lines::new(self.line, self.newline);
        let char = |at: usize| {
            let offset = usize::try_from(lines.offset_of(at as u64)).ok()?;
            self.body.get(offset).copied()
        };
        Some([char(index)?, char(index + 1)?, char(index + 2)?, char(index + 3)?])
    }
}

/// Decodes the whole groups in `block` and leaves the rest; false if one cannot be decoded.
fn drain(block: &mut Vec<u8>, content: &mut Vec<u8>) -> bool {
    let read = base64::decode(block, content);
    let whole = read == block.len() / 4 * 4;
    block.drain(..read);
    whole
}
