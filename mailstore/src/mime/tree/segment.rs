//! The segments of a message: they tile it, in order, without a gap.

use std::ops::Range;

use super::{Kind, MimeTree};

/// A range of the source and what it is. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What the bytes are.
    pub kind: SegmentKind,
    /// The part they belong to; for a delimiter, the multipart that it divides.
    pub part: u32,
    /// Where they are in the source.
    pub range: Range<u64>,
}

/// What the bytes of a segment are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// The header block of a part, with its blank line.
    Header,
    /// The body of a leaf.
    Body,
    /// What comes before the first delimiter of a multipart.
    Preamble,
    /// A delimiter line, with the newlines that belong to it.
    Delimiter,
    /// What comes after the closing delimiter line.
    Epilogue,
}

impl MimeTree {
    /// The segments, in order. Put together they are the source.
    pub fn segments(&self) -> impl Iterator<Item = Segment> {
        let mut walk = Walk { tree: self, at: 0, open: Vec::new(), out: Vec::new() };
        for index in 0..self.parts.len() {
            walk.enter(index);
        }
        walk.leave_to(None);
        walk.out.into_iter()
    }
}

struct Walk<'a> {
    tree: &'a MimeTree,
    at: u64,
    open: Vec<usize>,
    out: Vec<Segment>,
}

impl Walk<'_> {
    fn enter(&mut self, index: usize) {
        let part = &self.tree.parts[index];
        let parent = part.parent.map(|parent| parent as usize);
        self.leave_to(parent);
        if let Some(parent) = parent {
            self.upto(part.header.start, SegmentKind::Delimiter, parent);
        }
        self.upto(part.header.end, SegmentKind::Header, index);
        match &part.kind {
            Kind::Leaf => self.upto(part.body.end, SegmentKind::Body, index),
            Kind::Multipart { preamble, .. } => {
                self.upto(preamble.end, SegmentKind::Preamble, index);
            }
            Kind::Message => {}
        }
        self.open.push(index);
    }

    /// Ends the open parts inside `parent`; all of them if it is `None`.
    fn leave_to(&mut self, parent: Option<usize>) {
        while let Some(&index) = self.open.last().filter(|index| Some(**index) != parent) {
            self.open.pop();
            if let Kind::Multipart { epilogue, .. } = &self.tree.parts[index].kind {
                self.upto(epilogue.start, SegmentKind::Delimiter, index);
                self.upto(epilogue.end, SegmentKind::Epilogue, index);
            }
        }
    }

    fn upto(&mut self, end: u64, kind: SegmentKind, part: usize) {
        if end > self.at {
            self.out.push(Segment { kind, part: part as u32, range: self.at..end });
            self.at = end;
        }
    }
}
