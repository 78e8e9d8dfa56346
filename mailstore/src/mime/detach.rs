//! Big bodies leave the tree: their bytes become blobs, stored once however often they are mailed.

use std::collections::HashSet;
use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::transfer::{self, Encoding, Regular};
use super::tree::content::{Disposition, TransferEncoding};
use super::tree::segment::SegmentKind;
use super::tree::{Hole, Kind, MimeTree, Part};
use crate::blob::BlobRef;

/// What leaves the tree. All sizes are in bytes of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachRules {
    /// Bodies of this size leave, unless they are text to be shown.
    pub attachment: u64,
    /// Bodies of this size leave if they are text to be shown.
    pub text: u64,
    /// What the tree may keep; beyond it more leaves, the largest first.
    pub inline: usize,
}

impl Default for DetachRules {
    fn default() -> DetachRules {
        DetachRules { attachment: 16 * 1024, text: 64 * 1024, inline: 1024 * 1024 }
    }
}

/// Content that is to be stored.
#[derive(Clone, Debug)]
pub struct Detached {
    /// What it is called. Not placed.
    pub blob: BlobRef,
    /// The bytes: decoded, where the body was regular base64.
    pub content: Bytes,
}

/// What may follow the regular run of a base64 body (blank lines, the footer of a mailing list)
/// and stay in the tree. A body with more is kept as it is.
const TAIL: usize = 4 * 1024;

/// Segments below this are not worth a blob of their own when too much is inline.
const WORTH_A_BLOB: usize = 4 * 1024;

/// Blobs that may be made because too much is inline, beside the spill.
const EXTRA_BLOBS: usize = 64;

impl MimeTree {
    /// Takes what `rules` say out of the tree. The content to be stored comes once each, in the
    /// order of the message. A tree from which something was detached already stays as it is.
    ///
    /// The tree still gives every byte back: a body is decoded only if encoding it again makes
    /// exactly the same bytes, which is tried.
    pub fn detach(self, rules: &DetachRules) -> (MimeTree, Vec<Detached>) {
        if !self.holes.is_empty() || self.spill.is_some() {
            return (self, Vec::new());
        }
        let mut taken: Vec<Taken> =
            self.parts.iter().filter_map(|part| self.take_body(part, rules)).collect();
        self.take_more(&mut taken, rules);
        taken.sort_by_key(|taken| taken.range.start);
        self.without(taken, rules.inline)
    }

    fn take_body(&self, part: &Part, rules: &DetachRules) -> Option<Taken> {
        let size = part.body.end - part.body.start;
        let is_shown = part.content.media.kind() == "text"
            && part.content.disposition != Some(Disposition::Attachment);
        let limit = if is_shown { rules.text } else { rules.attachment };
        if part.kind != Kind::Leaf || size < limit.max(1) {
            return None;
        }
        let range = part.body.start as usize..part.body.end as usize;
        if part.content.transfer == TransferEncoding::Base64 {
            let body = self.inline.get(range.clone())?;
            let regular = transfer::regular(body).filter(|run| body.len() - run.len <= TAIL);
            if let Some(Regular { encoding, len, content }) = regular {
                let range = range.start..range.start + len;
                return Some(Taken { range, encoding, content: content.into() });
            }
        }
        Some(self.take_raw(range))
    }

    fn take_raw(&self, range: Range<usize>) -> Taken {
        let content = self.inline.slice(range.clone());
        Taken { range, encoding: Encoding::Raw, content }
    }

    /// Takes more segments while too much is inline: the largest first, header blocks last, for
    /// fields are looked up in them.
    fn take_more(&self, taken: &mut Vec<Taken>, rules: &DetachRules) {
        let gone: usize = taken.iter().map(|taken| taken.range.len()).sum();
        let mut inline = self.inline.len() - gone;
        if inline <= rules.inline {
            return;
        }
        let starts: HashSet<usize> = taken.iter().map(|taken| taken.range.start).collect();
        let mut candidates: Vec<(bool, usize, usize)> = self
            .segments()
            .map(|segment| {
                let start = segment.range.start as usize;
                let len = segment.range.end as usize - start;
                (segment.kind == SegmentKind::Header, len, start)
            })
            .filter(|(_, len, start)| *len >= WORTH_A_BLOB && !starts.contains(start))
            .collect();
        candidates.sort_by_key(|(is_header, len, _)| (*is_header, std::cmp::Reverse(*len)));
        for (_, len, start) in candidates.into_iter().take(EXTRA_BLOBS) {
            if inline <= rules.inline {
                break;
            }
            taken.push(self.take_raw(start..start + len));
            inline -= len;
        }
    }

    fn without(mut self, taken: Vec<Taken>, most: usize) -> (MimeTree, Vec<Detached>) {
        let mut detached = Vec::new();
        let mut stored = HashSet::new();
        let gone: usize = taken.iter().map(|taken| taken.range.len()).sum();
        let mut inline = BytesMut::with_capacity(self.inline.len().saturating_sub(gone));
        let mut at = 0;
        for Taken { range, encoding, content } in taken {
            inline.extend_from_slice(self.inline.get(at..range.start).unwrap_or_default());
            let blob = BlobRef::of(&content);
            self.holes.push(Hole {
                at: range.start as u64,
                len: range.len() as u64,
                blob: blob.clone(),
                encoding,
                inline_at: inline.len() as u64,
            });
            if stored.insert(blob.digest) {
                detached.push(Detached { blob, content });
            }
            at = range.end;
        }
        if at > 0 {
            inline.extend_from_slice(self.inline.get(at..).unwrap_or_default());
            self.inline = inline.freeze();
        }
        self.spill_over(most, &mut detached);
        (self, detached)
    }

    /// What is still too much leaves in one blob.
    fn spill_over(&mut self, most: usize, detached: &mut Vec<Detached>) {
        if self.inline.len() <= most {
            return;
        }
        let content = self.inline.split_off(most);
        self.inline = Bytes::copy_from_slice(&self.inline);
        let blob = BlobRef::of(&content);
        self.spill = Some(blob.clone());
        if detached.iter().all(|other| other.blob.digest != blob.digest) {
            detached.push(Detached { blob, content });
        }
    }

    /// Whether the tree gives exactly `source` back if `detached` is stored: the check to make
    /// before a message is said to be accepted. Compares every byte; needs little memory.
    pub fn reproduces(&self, source: &[u8], detached: &[Detached]) -> bool {
        let mut left = source;
        for piece in self.plan().pieces() {
            let len = usize::try_from(piece.len()).unwrap_or(usize::MAX);
            let Some((expected, rest)) = left.split_at_checked(len) else { return false };
            if !piece.makes(expected, detached) {
                return false;
            }
            left = rest;
        }
        left.is_empty()
    }
}

struct Taken {
    range: Range<usize>,
    encoding: Encoding,
    content: Bytes,
}
