//! What to send: pieces whose lengths are known before the first byte is read.

use std::ops::Range;

use bytes::Bytes;

use super::detach::Detached;
use super::transfer::{Encoding, Rebuild};
use super::tree::MimeTree;
use crate::blob::BlobRef;

/// A range of a message as a list of pieces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pieces: Vec<Piece>,
    len: u64,
}

/// One piece of a [`Plan`]. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// These bytes.
    Bytes(Bytes),
    /// A range of what a blob's content becomes when it is encoded.
    Blob {
        /// The content.
        blob: BlobRef,
        /// What is done with it.
        encoding: Encoding,
        /// Which bytes of the *encoded* form.
        range: Range<u64>,
    },
}

impl Piece {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Blob { range, .. } => range.end.saturating_sub(range.start),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For a blob, what makes the piece from the content as it comes in; `None` for bytes.
    pub fn rebuild(&self) -> Option<Rebuild> {
        match self {
            Piece::Bytes(_) => None,
            Piece::Blob { blob, encoding, range } => {
                Some(Rebuild::new(*encoding, blob.size, range.clone()))
            }
        }
    }

    /// Whether the piece is `expected`, its content taken from `detached`.
    pub(super) fn makes(&self, expected: &[u8], detached: &[Detached]) -> bool {
        let (blob, rebuild) = match (self, self.rebuild()) {
            (Piece::Blob { blob, .. }, Some(rebuild)) => (blob, rebuild),
            (Piece::Bytes(bytes), _) => return bytes == expected,
            _ => return false,
        };
        let content = detached.iter().find(|stored| stored.blob.digest == blob.digest);
        content.is_some_and(|stored| rebuild.makes(&stored.content, expected))
    }

    /// Bytes `range` of the piece; what lies outside it is left out.
    fn slice(&self, range: Range<u64>) -> Piece {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        match self {
            Piece::Bytes(bytes) => Piece::Bytes(bytes.slice(start as usize..end as usize)),
            Piece::Blob { blob, encoding, range } => Piece::Blob {
                blob: blob.clone(),
                encoding: *encoding,
                range: range.start + start..range.start + end,
            },
        }
    }
}

impl Plan {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The pieces, in order, to be used up.
    pub fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    /// Bytes `range` of the plan; what lies outside it is left out (IMAP's `<start.count>`).
    pub fn slice(&self, range: Range<u64>) -> Plan {
        let mut plan = Plan::default();
        let mut at = 0;
        for piece in &self.pieces {
            let end = at + piece.len();
            if at >= range.end {
                break;
            }
            if end > range.start {
                plan.push(piece.slice(range.start.saturating_sub(at)..range.end - at));
            }
            at = end;
        }
        plan
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, piece: Piece) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push(piece);
        }
    }
}

impl From<Bytes> for Plan {
    fn from(bytes: Bytes) -> Plan {
        let mut plan = Plan::default();
        plan.push(Piece::Bytes(bytes));
        plan
    }
}

impl MimeTree {
    /// The whole message.
    pub fn plan(&self) -> Plan {
        self.slice(0..self.size)
    }

    /// Any range of the message; what lies outside the message is left out.
    pub fn slice(&self, range: Range<u64>) -> Plan {
        let end = range.end.min(self.size);
        let mut at = range.start.min(end);
        let mut plan = Plan::default();
        let mut next = self.holes.partition_point(|hole| hole.range().end <= at);
        while at < end {
            let hole = self.holes.get(next).filter(|hole| hole.at < end);
            let inline_end = hole.map_or(end, |hole| hole.at);
            if at < inline_end {
                let hidden = self.hidden_before(next);
                self.push_kept(&mut plan, at - hidden..inline_end - hidden);
                at = inline_end;
            }
            if let Some(hole) = hole {
                let stop = hole.range().end.min(end);
                plan.push(Piece::Blob {
                    blob: hole.blob.clone(),
                    encoding: hole.encoding,
                    range: at - hole.at..stop - hole.at,
                });
                at = stop;
                next += 1;
            }
        }
        plan
    }

    /// Adds a range of the source without its holes: from the inline bytes, then from the spill.
    fn push_kept(&self, plan: &mut Plan, range: Range<u64>) {
        let kept = self.inline.len() as u64;
        let (start, end) = (range.start.min(kept), range.end.min(kept));
        plan.push(Piece::Bytes(self.inline.slice(start as usize..end as usize)));
        if let Some(blob) = self.spill.as_ref().filter(|_| range.end > kept) {
            plan.push(Piece::Blob {
                blob: blob.clone(),
                encoding: Encoding::Raw,
                range: range.start.max(kept) - kept..range.end - kept,
            });
        }
    }
}
