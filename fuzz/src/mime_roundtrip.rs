//! A message of any bytes has a tree that tiles it and gives every byte back, whatever is
//! detached, whole and in ranges; a stored tree of any bytes is refused or consistent.

use bytes::Bytes;
use mailstore::mime::{DetachRules, Detached, Limits, MimeTree, Piece, Plan, parse};

/// Takes these bytes for a message, then for a stored tree.
pub(crate) fn run(data: &[u8]) {
    let low = Limits { depth: 2, parts: 5, header: 64, boundary: 8 };
    let eager = DetachRules { attachment: 8, text: 16, inline: 64 };
    round_trip(data, &Limits::default(), &DetachRules::default());
    round_trip(data, &Limits::default(), &eager);
    round_trip(data, &low, &eager);
    if let Ok(tree) = MimeTree::decode(Bytes::copy_from_slice(data)) {
        assert_consistent(&tree);
    }
}

fn round_trip(data: &[u8], limits: &Limits, rules: &DetachRules) {
    let tree = parse(Bytes::copy_from_slice(data), limits);
    assert_consistent(&tree);
    let (tree, detached) = tree.detach(rules);
    assert!(tree.reproduces(data, &detached));
    let back = MimeTree::decode(Bytes::from(tree.encode())).expect("what was written is read");
    assert_eq!(back, tree);
    assert_eq!(made(&back.plan(), &detached), data);
    let (from, to) = (data.len() / 3, data.len() - data.len() / 5);
    if from < to {
        let range = from as u64..to as u64;
        assert_eq!(made(&back.slice(range), &detached), &data[from..to]);
    }
}

fn assert_consistent(tree: &MimeTree) {
    let mut at = 0;
    for segment in tree.segments() {
        assert!(segment.range.start == at && segment.range.end > at);
        at = segment.range.end;
    }
    assert_eq!(at, tree.size());
    assert_eq!(tree.plan().len(), tree.size());
}

fn made(plan: &Plan, detached: &[Detached]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in plan.pieces() {
        match piece {
            Piece::Bytes(bytes) => out.extend_from_slice(bytes),
            Piece::Blob { blob, encoding, range } => {
                let stored = detached.iter().find(|stored| stored.blob.digest == blob.digest);
                let content = &stored.expect("every blob was detached").content;
                encoding.encode(blob.size, (0, content), range.clone(), &mut out);
            }
        }
    }
    out
}
