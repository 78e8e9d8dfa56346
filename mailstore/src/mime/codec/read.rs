//! Reading a tree, whatever the bytes are: every number is checked before it is believed.

mod parts;

use bytes::Bytes;

use super::{DecodeError, cut_from_bits};
use crate::blob::{BlobRef, ChunkHash, Digest, ObjectName, Place, chunk_count};
use crate::mime::transfer::{Encoding, Newline};
use crate::mime::tree::{Hole, MimeTree};

/// The fewest bytes a hole takes: where, an encoding, a size, a digest, a place.
const LEAST_HOLE: usize = 36;

type Read<T> = Result<T, DecodeError>;

pub(super) struct Reader {
    stored: Bytes,
    at: usize,
}

impl Reader {
    pub(super) fn new(stored: Bytes) -> Reader {
        Reader { stored, at: 0 }
    }

    pub(super) fn tree(mut self) -> Read<MimeTree> {
        let size = self.number("the message's size")?;
        let bits = self.byte("the limits reached")?;
        let cut = cut_from_bits(bits).ok_or_else(|| self.wrong("the limits reached"))?;
        let parts = self.parts(size)?;
        let holes = self.holes(size)?;
        let spill = match self.byte("whether there is a spill")? {
            0 => None,
            1 => Some(self.blob()?),
            _ => return Err(self.wrong("whether there is a spill")),
        };
        let inline = self.stored.slice(self.at..);
        let hidden: u64 = holes.iter().map(|hole| hole.len).sum();
        let spilled = spill.as_ref().map_or(0, |blob| blob.size);
        if Some(size - hidden) != spilled.checked_add(inline.len() as u64) {
            return Err(self.wrong("as many inline bytes as the message has beside its blobs"));
        }
        Ok(MimeTree { size, inline, spill, holes, parts, cut })
    }

    fn holes(&mut self, size: u64) -> Read<Vec<Hole>> {
        let count = self.count(LEAST_HOLE, "a possible number of holes")?;
        let mut holes = Vec::with_capacity(count);
        let (mut end, mut hidden) = (0u64, 0u64);
        for _ in 0..count {
            let gap = self.number("the start of a hole")?;
            let encoding = self.encoding()?;
            let blob = self.blob()?;
            let at = end.checked_add(gap);
            let len = encoding.encoded_len(blob.size).filter(|len| *len > 0);
            let range = at.zip(len).and_then(|(at, len)| Some(at..at.checked_add(len)?));
            let Some(range) = range.filter(|range| range.end <= size) else {
                return Err(self.wrong("a hole within the message"));
            };
            let (at, len) = (range.start, range.end - range.start);
            holes.push(Hole { at, len, blob, encoding, inline_at: at - hidden });
            hidden += len;
            end = range.end;
        }
        Ok(holes)
    }

    fn encoding(&mut self) -> Read<Encoding> {
        let newline = match self.byte("an encoding")? {
            0 => return Ok(Encoding::Raw),
            1 => Newline::Crlf,
            2 => Newline::Lf,
            _ => return Err(self.wrong("an encoding")),
        };
        let line = u32::try_from(self.number("a line length")?).ok().filter(|line| *line > 0);
        let line = line.ok_or_else(|| self.wrong("a line length"))?;
        Ok(Encoding::Base64 { line, newline })
    }

    fn blob(&mut self) -> Read<BlobRef> {
        let size = self.number("the size of a blob")?;
        let digest = Digest(self.hash("a digest")?);
        let chunks = match chunk_count(size) {
            1 => vec![digest.0],
            count => self.chunks(count)?,
        };
        let place = match self.byte("the place of a blob")? {
            0 => Place::Unplaced,
            1 => Place::Ledger,
            2 => Place::Object(ObjectName(self.text("an object name")?)),
            _ => return Err(self.wrong("the place of a blob")),
        };
        Ok(BlobRef { digest, size, chunks: chunks.into(), place })
    }

    fn chunks(&mut self, count: u64) -> Read<Vec<ChunkHash>> {
        let left = (self.stored.len() - self.at) as u64;
        if count > left / 32 {
            return Err(self.wrong("a hash for every chunk"));
        }
        (0..count).map(|_| self.hash("a hash for every chunk")).collect()
    }

    /// A count of things of at least `least` bytes each that are still to come.
    fn count(&mut self, least: usize, expected: &'static str) -> Read<usize> {
        let count = usize::try_from(self.number(expected)?).unwrap_or(usize::MAX);
        if count > (self.stored.len() - self.at) / least {
            return Err(self.wrong(expected));
        }
        Ok(count)
    }

    fn text(&mut self, expected: &'static str) -> Read<String> {
        let len = usize::try_from(self.number(expected)?).unwrap_or(usize::MAX);
        let bytes = self.take(len, expected)?.to_vec();
        String::from_utf8(bytes).map_err(|_| self.wrong(expected))
    }

    fn hash(&mut self, expected: &'static str) -> Read<ChunkHash> {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.take(32, expected)?);
        Ok(hash)
    }

    fn number(&mut self, expected: &'static str) -> Read<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(expected)?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.wrong(expected))
    }

    pub(super) fn byte(&mut self, expected: &'static str) -> Read<u8> {
        Ok(self.take(1, expected)?[0])
    }

    fn take(&mut self, len: usize, expected: &'static str) -> Read<&[u8]> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.stored.len());
        let Some(end) = end else { return Err(self.wrong(expected)) };
        let start = std::mem::replace(&mut self.at, end);
        Ok(&self.stored[start..end])
    }

    fn wrong(&self, expected: &'static str) -> DecodeError {
        DecodeError { at: self.at, expected }
    }
}
