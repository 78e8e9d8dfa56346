//! What holds for any bytes.

use bytes::Bytes;
use mailstore::mime::{Kind, Limits, MimeTree, parse};
use proptest::prelude::*;

use crate::soup;

fn tree_of(raw: &[u8]) -> MimeTree {
    parse(Bytes::copy_from_slice(raw), &Limits::default())
}

/// Segments follow one another without a gap from the first byte to the last.
pub(crate) fn assert_tiles(tree: &MimeTree) {
    let mut at = 0;
    for segment in tree.segments() {
        assert_eq!(segment.range.start, at, "{segment:?}");
        assert!(segment.range.end > at, "{segment:?}");
        at = segment.range.end;
    }
    assert_eq!(at, tree.size());
}

/// Parts lie in their parents, in order, each with its body directly after its header.
pub(crate) fn assert_nested(tree: &MimeTree) {
    let parts = tree.parts();
    assert_eq!((parts[0].header.start, parts[0].body.end), (0, tree.size()));
    for (index, part) in parts.iter().enumerate() {
        assert_eq!(part.header.end, part.body.start);
        assert!(part.header.start <= part.header.end && part.body.start <= part.body.end);
        let mut at = part.body.start;
        let children: Vec<usize> = tree.children(index).collect();
        for child in &children {
            assert_eq!(parts[*child].parent, Some(index as u32));
            assert!(parts[*child].header.start >= at);
            at = parts[*child].body.end;
        }
        assert!(at <= part.body.end);
        match &part.kind {
            Kind::Leaf => assert!(children.is_empty()),
            Kind::Message => assert_eq!(children.len(), 1),
            Kind::Multipart { preamble, epilogue } => {
                assert!(!children.is_empty());
                assert_eq!((preamble.start, epilogue.end), (part.body.start, part.body.end));
                assert!(preamble.end <= parts[children[0]].header.start && epilogue.start >= at);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_have_a_tree_that_tiles_them(raw in soup::message()) {
        let tree = tree_of(&raw);
        assert_tiles(&tree);
        assert_nested(&tree);
        prop_assert_eq!(tree.bytes_of(0..tree.size()).unwrap(), raw);
    }

    #[test]
    fn low_limits_cut_the_tree_and_not_the_bytes(
        raw in soup::message(), depth in 0usize..3, parts in 1usize..5, header in 0usize..60,
    ) {
        let limits = Limits { depth, parts, header, boundary: 2 };
        let tree = parse(Bytes::from(raw), &limits);
        assert_tiles(&tree);
        assert_nested(&tree);
        prop_assert!(tree.parts().len() <= parts);
    }
}
