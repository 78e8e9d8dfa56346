//! A tree as parts within parts, for backends that store it so that a person can read it.
//!
//! Nothing of it is an offset: where each byte stands follows from what comes before. So it is not
//! every tree that has one; [`Outline::of`] gives one only if the same tree can be made of it.

use std::ops::Range;

use bytes::Bytes;

use super::transfer::Encoding;
use super::tree::content::Content;
use super::tree::{Cut, Hole, Kind, MimeTree, Part};
use crate::blob::BlobRef;

/// Parts inside one another, at most: what has more has no outline.
pub(crate) const MAX_DEPTH: usize = 42;

/// A message, its parts within one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) cut: Cut,
    pub(crate) message: Node,
    /// Where the bytes of [`Piece::Spilled`] are, one after the other.
    pub(crate) spill: Option<BlobRef>,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// The delimiter line before it.
    pub(crate) delimiter: Vec<Piece>,
    pub(crate) header: Vec<Piece>,
    pub(crate) content: Content,
    pub(crate) body: Body,
}

/// The body of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Leaf(Vec<Piece>),
    Multipart { preamble: Vec<Piece>, parts: Vec<Node>, close: Vec<Piece>, epilogue: Vec<Piece> },
    Message(Box<Node>),
}

/// Some bytes of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Bytes(Bytes),
    /// In a blob.
    Hole(BlobRef, Encoding),
    /// So many in the spill.
    Spilled(u64),
}

impl Outline {
    /// The outline of a tree, if it says all that the tree does.
    pub(crate) fn of(tree: &MimeTree) -> Option<Self> {
        let message = Reader { tree }.node(0, 0..0, 0)?;
        let outline = Self { cut: tree.cut, message, spill: tree.spill.clone() };
        (outline.tree().as_ref() == Some(tree)).then_some(outline)
    }

    /// The tree; `None` if what it says cannot be.
    pub(crate) fn tree(&self) -> Option<MimeTree> {
        let mut writer = Writer::default();
        writer.node(&self.message, None, 0)?;
        let spilled = self.spill.as_ref().map_or(0, |blob| blob.size);
        (writer.spilled == spilled).then(|| MimeTree {
            size: writer.at,
            inline: writer.inline.into(),
            spill: self.spill.clone(),
            holes: writer.holes,
            parts: writer.parts,
            cut: self.cut,
        })
    }
}

struct Reader<'a> {
    tree: &'a MimeTree,
}

impl Reader<'_> {
    fn node(&self, index: usize, delimiter: Range<u64>, depth: usize) -> Option<Node> {
        let part = self.tree.parts.get(index).filter(|_| depth <= MAX_DEPTH)?;
        let body = match &part.kind {
            Kind::Leaf => Body::Leaf(self.pieces(part.body.clone())?),
            Kind::Message => {
                let start = part.body.start;
                Body::Message(Box::new(self.node(index + 1, start..start, depth + 1)?))
            }
            Kind::Multipart { preamble, epilogue } => {
                self.multipart(index, (preamble, epilogue), depth)?
            }
        };
        Some(Node {
            delimiter: self.pieces(delimiter)?,
            header: self.pieces(part.header.clone())?,
            content: part.content.clone(),
            body,
        })
    }

    fn multipart(
        &self,
        index: usize,
        (preamble, epilogue): (&Range<u64>, &Range<u64>),
        depth: usize,
    ) -> Option<Body> {
        let (mut parts, mut at) = (Vec::new(), preamble.end);
        for child in self.tree.children(index) {
            let part = self.tree.parts.get(child)?;
            parts.push(self.node(child, at..part.header.start, depth + 1)?);
            at = part.body.end;
        }
        Some(Body::Multipart {
            preamble: self.pieces(preamble.clone())?,
            parts,
            close: self.pieces(at..epilogue.start)?,
            epilogue: self.pieces(epilogue.clone())?,
        })
    }

    /// What a range of the source is made of. `None` if it cuts a hole.
    fn pieces(&self, range: Range<u64>) -> Option<Vec<Piece>> {
        let tree = self.tree;
        let (mut pieces, mut at) = (Vec::new(), range.start);
        let first = tree.holes.partition_point(|hole| hole.range().end <= range.start);
        for (number, hole) in tree.holes.iter().enumerate().skip(first) {
            if hole.at >= range.end {
                break;
            }
            if hole.at < at || hole.range().end > range.end {
                return None;
            }
            self.visible(at..hole.at, number, &mut pieces)?;
            pieces.push(Piece::Hole(hole.blob.clone(), hole.encoding));
            at = hole.range().end;
        }
        let before = tree.holes.partition_point(|hole| hole.at < range.end);
        self.visible(at..range.end, before, &mut pieces)?;
        Some(pieces)
    }

    /// A range without a hole, after so many holes.
    fn visible(&self, range: Range<u64>, holes: usize, pieces: &mut Vec<Piece>) -> Option<()> {
        let hidden = self.tree.hidden_before(holes);
        let len = self.tree.inline.len() as u64;
        let start = range.start.checked_sub(hidden)?;
        let end = range.end.checked_sub(hidden).filter(|end| *end >= start)?;
        let inline = start.min(len)..end.min(len);
        if !inline.is_empty() {
            let bytes = self.tree.inline.slice(inline.start as usize..inline.end as usize);
            pieces.push(Piece::Bytes(bytes));
        }
        let spilled = (end - start) - (inline.end - inline.start);
        if spilled > 0 {
            pieces.push(Piece::Spilled(spilled));
        }
        Some(())
    }
}

#[derive(Default)]
struct Writer {
    at: u64,
    /// What of it is in no hole.
    visible: u64,
    spilled: u64,
    inline: Vec<u8>,
    holes: Vec<Hole>,
    parts: Vec<Part>,
}

impl Writer {
    fn node(&mut self, node: &Node, parent: Option<u32>, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.pieces(&node.delimiter)?;
        let header = self.pieces(&node.header)?;
        let index = self.parts.len();
        let own = u32::try_from(index).ok()?;
        self.parts.push(Part {
            parent,
            end: 0,
            header,
            body: 0..0,
            kind: Kind::Leaf,
            content: node.content.clone(),
        });
        let start = self.at;
        let kind = self.body(&node.body, own, depth)?;
        let end = u32::try_from(self.parts.len()).ok()?;
        let part = self.parts.get_mut(index)?;
        (part.end, part.body, part.kind) = (end, start..self.at, kind);
        Some(())
    }

    fn body(&mut self, body: &Body, index: u32, depth: usize) -> Option<Kind> {
        Some(match body {
            Body::Leaf(pieces) => {
                self.pieces(pieces)?;
                Kind::Leaf
            }
            Body::Message(inner) => {
                self.node(inner, Some(index), depth + 1)?;
                Kind::Message
            }
            Body::Multipart { preamble, parts, close, epilogue } => {
                let preamble = self.pieces(preamble)?;
                for part in parts {
                    self.node(part, Some(index), depth + 1)?;
                }
                self.pieces(close)?;
                Kind::Multipart { preamble, epilogue: self.pieces(epilogue)? }
            }
        })
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Option<Range<u64>> {
        let start = self.at;
        for piece in pieces {
            let len = match piece {
                Piece::Bytes(bytes) if self.spilled == 0 => {
                    self.inline.extend_from_slice(bytes);
                    bytes.len() as u64
                }
                // The spill holds the end of what is visible.
                Piece::Bytes(_) => return None,
                Piece::Spilled(len) => {
                    self.spilled = self.spilled.checked_add(*len)?;
                    *len
                }
                Piece::Hole(blob, encoding) => self.hole(blob, *encoding)?,
            };
            self.at = self.at.checked_add(len)?;
            if !matches!(piece, Piece::Hole(..)) {
                self.visible += len;
            }
        }
        Some(start..self.at)
    }

    fn hole(&mut self, blob: &BlobRef, encoding: Encoding) -> Option<u64> {
        let len = encoding.encoded_len(blob.size)?;
        let (at, inline_at) = (self.at, self.visible);
        self.holes.push(Hole { at, len, blob: blob.clone(), encoding, inline_at });
        Some(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{DetachRules, Limits, parse};
    use super::*;

    /// Words of which structure is made.
    const WORDS: [&str; 12] = [
        "Content-Type: multipart/mixed; boundary=a\r\n",
        "Content-Type: message/rfc822\r\n",
        "Content-Transfer-Encoding: base64\n",
        "Subject: x\r\n",
        "\r\n",
        "\n",
        "--a\r\n",
        "\r\n--a--\r\n",
        "--a",
        "text\u{e9}\0",
        "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
    ];

    fn tree_of(raw: &[u8]) -> MimeTree {
        parse(Bytes::copy_from_slice(raw), &Limits::default())
    }

    #[test]
    fn parts_stand_within_parts() {
        let raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\nfirst\r\n--a\r\n\r\none\r\n\
                    --a\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ntwo\r\n--a--\r\nlast";
        let outline = Outline::of(&tree_of(raw)).unwrap();
        let Body::Multipart { parts, epilogue, .. } = &outline.message.body else { panic!() };
        assert_eq!(parts[0].body, Body::Leaf(vec![Piece::Bytes("one".into())]));
        let Body::Message(inner) = &parts[1].body else { panic!() };
        assert_eq!(inner.header, [Piece::Bytes("Subject: x\r\n\r\n".into())]);
        assert_eq!(epilogue, &[Piece::Bytes("last".into())]);
        assert_eq!(outline.tree(), Some(tree_of(raw)));
    }

    #[test]
    fn what_is_too_deep_has_none() {
        let mut raw = b"Content-Type: message/rfc822\r\n\r\n".repeat(60);
        raw.extend_from_slice(b"x");
        let limits = Limits { depth: 60, ..Limits::default() };
        assert_eq!(Outline::of(&parse(raw.clone().into(), &limits)), None);
        assert!(Outline::of(&tree_of(&raw)).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_tree_comes_back(
            words in prop::collection::vec(0..WORDS.len(), 0..60),
            inline in prop::option::of(0_usize..200),
        ) {
            let raw: String = words.into_iter().map(|word| WORDS[word]).collect();
            let whole = tree_of(raw.as_bytes());
            let inline = inline.unwrap_or(usize::MAX);
            let rules = DetachRules { attachment: 40, text: 60, inline };
            let (tree, _) = whole.detach(&rules);
            let outline = Outline::of(&tree).expect("an outline");
            prop_assert_eq!(outline.tree(), Some(tree));
        }
    }
}
