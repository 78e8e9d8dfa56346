//! The tree: a partition of the message into segments, its parts, and where its bytes are.

pub(super) mod content;
pub(super) mod segment;

use std::ops::Range;

use bytes::Bytes;

use self::content::Content;
use super::transfer::Encoding;
use crate::blob::{BlobRef, ChunkHash, Place};

/// The structure of one message and where each of its bytes is kept.
///
/// Every offset is an offset in the message as it came (the *source*). Bytes are either inline,
/// in the blob of a [`Hole`], or in the spill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MimeTree {
    pub(super) size: u64,
    /// The source without its holes, as far as it is kept here.
    pub(super) inline: Bytes,
    /// The rest of the source without its holes.
    pub(super) spill: Option<BlobRef>,
    /// In order of `at`; they do not overlap.
    pub(super) holes: Vec<Hole>,
    /// In pre-order; the message itself comes first.
    pub(super) parts: Vec<Part>,
    pub(super) cut: Cut,
}

/// One part: the message itself, a body part, or an embedded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part that this one is in; `None` for the message itself.
    pub parent: Option<u32>,
    /// One past the last part inside this one: those are the parts from this one's index + 1.
    pub end: u32,
    /// The header block with its blank line. It has none where a delimiter line or the end of the
    /// source cut it short, or if there are no header fields and no blank line.
    pub header: Range<u64>,
    /// The body, directly after the header; the newline before the next delimiter line is the
    /// delimiter's (RFC 2046 5.1.1), unless the body would have to begin before its header ended.
    pub body: Range<u64>,
    /// How the body is divided.
    pub kind: Kind,
    /// What the part says it is.
    pub content: Content,
}

/// How a body is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is not. A multipart in which no delimiter was found is a leaf too, and so is an
    /// embedded message that is encoded, and whatever lies beyond a limit.
    Leaf,
    /// Into parts between delimiter lines; there is at least one.
    Multipart {
        /// What comes before the first delimiter.
        preamble: Range<u64>,
        /// What comes after the closing delimiter line; empty, at the end, if there is none.
        epilogue: Range<u64>,
    },
    /// The body is a message: this part's only child.
    Message,
}

/// Which limits cut the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// A container was too deep.
    pub depth: bool,
    /// There were too many parts.
    pub parts: bool,
    /// A header block was too long to be searched for fields to its end.
    pub header: bool,
    /// A boundary was too long.
    pub boundary: bool,
}

/// A range of the source that is kept in a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Where it begins in the source.
    pub at: u64,
    /// Its length in the source.
    pub len: u64,
    /// The content, decoded as `encoding` says.
    pub blob: BlobRef,
    /// How the source is made from the content.
    pub encoding: Encoding,
    /// Where it would begin in the source without any holes.
    pub(super) inline_at: u64,
}

impl Hole {
    /// The range of the source.
    pub fn range(&self) -> Range<u64> {
        self.at..self.at + self.len
    }
}

impl MimeTree {
    /// The message as one opaque part: for bytes whose tree is not to be trusted.
    pub fn opaque(raw: Bytes) -> MimeTree {
        let size = raw.len() as u64;
        let part = Part {
            parent: None,
            end: 1,
            header: 0..0,
            body: 0..size,
            kind: Kind::Leaf,
            content: Content::default(),
        };
        MimeTree::whole(raw, vec![part], Cut::default())
    }

    pub(super) fn whole(raw: Bytes, parts: Vec<Part>, cut: Cut) -> MimeTree {
        MimeTree { size: raw.len() as u64, inline: raw, spill: None, holes: Vec::new(), parts, cut }
    }

    /// Length of the message in bytes (RFC822.SIZE).
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All parts in pre-order. The first is the message itself; there is always one.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The indexes of the parts directly inside part number `index`, in order.
    pub fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.parts.get(index).map_or(0, |part| part.end as usize);
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let child = Some(next).filter(|child| *child < end)?;
            next = self.parts.get(child)?.end as usize;
            Some(child)
        })
    }

    /// Which limits cut the tree.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// The ranges that are kept in blobs, in order.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// Bytes that the tree itself holds.
    pub fn inline_len(&self) -> usize {
        self.inline.len()
    }

    /// Bytes of memory that it takes, about.
    pub(crate) fn memory(&self) -> usize {
        let chunks: usize =
            self.blobs().map(|blob| blob.chunks.len() * size_of::<ChunkHash>()).sum();
        let holes = self.holes.capacity() * size_of::<Hole>() + chunks;
        self.inline.len() + self.parts.capacity() * size_of::<Part>() + holes + size_of::<Self>()
    }

    /// Every blob that the tree refers to; the same content may come more than once.
    pub fn blobs(&self) -> impl Iterator<Item = &BlobRef> {
        self.holes.iter().map(|hole| &hole.blob).chain(&self.spill)
    }

    /// Sets where each blob is.
    pub fn place_blobs(&mut self, place: impl Fn(&BlobRef) -> Place) {
        for blob in self.holes.iter_mut().map(|hole| &mut hole.blob).chain(&mut self.spill) {
            blob.place = place(blob);
        }
    }

    /// The bytes of `range`, if all of them are inline and next to one another. No bytes are
    /// copied. `None` too if the range is not within the message.
    pub fn bytes_of(&self, range: Range<u64>) -> Option<Bytes> {
        if range.start > range.end || range.end > self.size {
            return None;
        }
        let before = self.holes.partition_point(|hole| hole.range().end <= range.start);
        if self.holes.get(before).is_some_and(|hole| hole.at < range.end) {
            return None;
        }
        let start = usize::try_from(range.start - self.hidden_before(before)).ok()?;
        let end = start.checked_add(usize::try_from(range.end - range.start).ok()?)?;
        (end <= self.inline.len()).then(|| self.inline.slice(start..end))
    }

    /// How many bytes of the source the first `holes` holes take away.
    pub(super) fn hidden_before(&self, holes: usize) -> u64 {
        let last = holes.checked_sub(1).and_then(|last| self.holes.get(last));
        last.map_or(0, |hole| hole.range().end - hole.inline_at)
    }
}
