//! Blobs in memory, and plans carried out against them.

use std::collections::HashMap;

use bytes::Bytes;
use mailstore::blob::{BlobRef, CHUNK, Digest};
use mailstore::mime::{DetachRules, Detached, Limits, MimeTree, Piece, Plan, Selection, parse};

#[derive(Default)]
pub(crate) struct Shelf(HashMap<Digest, Bytes>);

impl Shelf {
    pub(crate) fn of(detached: &[Detached]) -> Shelf {
        let blobs = detached.iter().map(|d| (d.blob.digest, d.content.clone()));
        Shelf(blobs.collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes of a plan, read chunk by chunk, each chunk checked.
    pub(crate) fn run(&self, plan: &Plan) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in plan.pieces() {
            let before = out.len() as u64;
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Blob { blob, .. } => self.rebuild(piece, blob, &mut out),
            }
            assert_eq!(out.len() as u64 - before, piece.len());
        }
        assert_eq!(out.len() as u64, plan.len());
        out
    }

    fn rebuild(&self, piece: &Piece, blob: &BlobRef, out: &mut Vec<u8>) {
        let content = &self.0[&blob.digest];
        let mut rebuild = piece.rebuild().unwrap();
        let needed = rebuild.needed();
        if needed.is_empty() {
            rebuild.push(b"", out);
        }
        for (index, chunk) in content.chunks(CHUNK).enumerate() {
            assert!(blob.check_chunk(index, chunk));
            let start = (index * CHUNK) as u64;
            let from = needed.start.clamp(start, start + chunk.len() as u64) - start;
            let to = needed.end.clamp(start, start + chunk.len() as u64) - start;
            if from < to {
                rebuild.push(&chunk[from as usize..to as usize], out);
            }
        }
        assert_eq!(rebuild.remaining(), 0);
    }

    /// The bytes of a section; `None` if there is no such section.
    pub(crate) fn select(&self, selection: Option<Selection>) -> Option<Vec<u8>> {
        match selection? {
            Selection::Plan(plan) => Some(self.run(&plan)),
            Selection::Fields { .. } => panic!("the header is not inline"),
        }
    }
}

/// Small enough for every rule to apply to small messages.
pub(crate) fn eager() -> DetachRules {
    DetachRules { attachment: 8, text: 16, inline: 64 }
}

/// Detached by `rules` and stored: the tree as it is read back, and its blobs. The message must
/// come back at each step.
pub(crate) fn stored(raw: &Bytes, rules: &DetachRules) -> (MimeTree, Shelf) {
    let tree = parse(raw.clone(), &Limits::default());
    let (tree, detached) = tree.detach(rules);
    assert!(tree.reproduces(raw, &detached));
    assert!(tree.inline_len() <= rules.inline);
    let shelf = Shelf::of(&detached);
    let stored = Bytes::from(tree.encode());
    let back = MimeTree::decode(stored).unwrap();
    assert_eq!(back, tree);
    assert!(shelf.run(&back.plan()) == raw[..], "the message is not the same");
    (back, shelf)
}
