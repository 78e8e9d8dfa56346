//! What holds for any bytes.

use bytes::Bytes;
use mailstore::mime::{
    Encoding, FieldMode, Kind, Limits, MimeTree, Newline, Part, Rebuild, Section, What, parse,
};
use proptest::prelude::*;

use crate::shelf::{Shelf, eager, stored};
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
        let children: Vec<usize> = tree.children(index).collect();
        let mut at = part.body.start;
        for child in &children {
            assert_eq!(parts[*child].parent, Some(index as u32));
            assert!(parts[*child].header.start >= at);
            at = parts[*child].body.end;
        }
        assert!(at <= part.body.end);
        assert_kind(part, children.first().map(|child| &parts[*child]), at);
    }
}

fn assert_kind(part: &Part, first: Option<&Part>, last_end: u64) {
    match (&part.kind, first) {
        (Kind::Leaf, None) => {}
        (Kind::Message, Some(inner)) => {
            assert_eq!((inner.header.start, inner.body.end), (part.body.start, part.body.end));
        }
        (Kind::Multipart { preamble, epilogue }, Some(first)) => {
            assert_eq!((preamble.start, epilogue.end), (part.body.start, part.body.end));
            assert!(preamble.end <= first.header.start && epilogue.start >= last_end);
        }
        other => panic!("{other:?}"),
    }
}

/// HEADER + TEXT is the message, and every part and its header are their ranges of the source.
pub(crate) fn assert_sections(tree: &MimeTree, shelf: &Shelf, raw: &[u8]) {
    let get = |path: &[u32], what| shelf.select(tree.section(&Section { path: path.into(), what }));
    let mut whole = get(&[], What::Header).unwrap();
    whole.extend(get(&[], What::Text).unwrap());
    assert!(whole == raw);
    assert!(get(&[], What::Full).unwrap() == raw);
    let range = |range: &std::ops::Range<u64>| &raw[range.start as usize..range.end as usize];
    for (path, part) in numbered(tree) {
        assert!(get(&path, What::Full).unwrap() == range(&part.body), "{path:?}");
        assert!(get(&path, What::Mime).unwrap() == range(&part.header), "{path:?}");
        let text = get(&path, What::Text);
        assert_eq!(text.is_some(), part.kind == Kind::Message, "{path:?}");
    }
}

/// Every part that has a number, with its number.
fn numbered(tree: &MimeTree) -> Vec<(Vec<u32>, &Part)> {
    let mut found = Vec::new();
    let mut messages = vec![(Vec::new(), 0)];
    while let Some((prefix, index)) = messages.pop() {
        let part = &tree.parts()[index];
        let mut bodies = vec![(prefix.clone(), index)];
        if !matches!(part.kind, Kind::Multipart { .. }) {
            let path = [&prefix[..], &[1]].concat();
            found.push((path.clone(), part));
            bodies.clear();
            if part.kind == Kind::Message {
                messages.push((path, index + 1));
            }
        }
        while let Some((prefix, index)) = bodies.pop() {
            for (number, child) in tree.children(index).enumerate() {
                let path = [&prefix[..], &[number as u32 + 1]].concat();
                let part = &tree.parts()[child];
                found.push((path.clone(), part));
                match part.kind {
                    Kind::Leaf => {}
                    Kind::Message => messages.push((path, child + 1)),
                    Kind::Multipart { .. } => bodies.push((path, child)),
                }
            }
        }
    }
    found
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

    #[test]
    fn any_bytes_come_back_after_detach_and_decode(raw in soup::message()) {
        let raw = Bytes::from(raw);
        let (tree, shelf) = stored(&raw, &eager());
        assert_tiles(&tree);
        assert_nested(&tree);
        assert_sections(&tree, &shelf, &raw);
    }

    #[test]
    fn any_range_of_a_stored_message_comes_back(raw in soup::message(), a: usize, b: usize) {
        let raw = Bytes::from(raw);
        let (tree, shelf) = stored(&raw, &eager());
        let (a, b) = (a % (raw.len() + 2), b % (raw.len() + 2));
        let (start, end) = (a.min(b), a.max(b));
        let expected = &raw[start.min(raw.len())..end.min(raw.len())];
        prop_assert_eq!(shelf.run(&tree.slice(start as u64..end as u64)), expected);
        prop_assert_eq!(shelf.run(&tree.plan().slice(start as u64..end as u64)), expected);
        if let Some(bytes) = tree.bytes_of(start as u64..end as u64) {
            prop_assert_eq!(&bytes[..], expected);
        }
    }

    #[test]
    fn fields_and_the_other_fields_are_the_header(raw in soup::message()) {
        let tree = tree_of(&raw);
        let names = vec!["SUBJECT".to_string(), "content-type".to_string()];
        let get = |mode| {
            let what = What::HeaderFields { names: names.clone(), mode };
            Shelf::default().select(tree.section(&Section { path: vec![], what })).unwrap()
        };
        let (only, not) = (get(FieldMode::Only), get(FieldMode::Not));
        prop_assert!(only.ends_with(b"\n") && not.ends_with(b"\n"));
        let header = tree.parts()[0].header.end as usize;
        let ended = raw[..header].ends_with(b"\n\n") || raw[..header].ends_with(b"\n\r\n")
            || matches!(&raw[..header], b"\n" | b"\r\n");
        if ended {
            let blank = if raw[..header].ends_with(b"\r\n") { 2 } else { 1 };
            prop_assert_eq!(only.len() + not.len() - blank, header);
        }
    }

    #[test]
    fn corrupt_trees_are_refused_or_consistent(
        raw in soup::message(), at: usize, with: u8, cut: usize,
    ) {
        let (tree, _) = tree_of(&raw).detach(&eager());
        let mut stored = tree.encode();
        let at = at % stored.len();
        stored[at] = with;
        stored.truncate(stored.len() - cut % 3);
        if let Ok(tree) = MimeTree::decode(Bytes::from(stored)) {
            assert_tiles(&tree);
            assert_nested(&tree);
            prop_assert_eq!(tree.plan().len(), tree.size());
        }
    }

    #[test]
    fn base64_of_any_geometry_comes_back_at_any_offset(
        content in proptest::collection::vec(any::<u8>(), 0..200),
        line in 1u32..90, crlf: bool, cuts in proptest::collection::vec(0usize..200, 0..4),
        a: u64, b: u64,
    ) {
        let newline = if crlf { Newline::Crlf } else { Newline::Lf };
        let encoding = Encoding::Base64 { line, newline };
        let size = content.len() as u64;
        let whole = wrapped(&content, line as usize, newline.as_bytes());
        let len = whole.len() as u64;
        prop_assert_eq!(encoding.encoded_len(size), Some(len));
        let (a, b) = (a % (len + 2), b % (len + 2));
        let range = a.min(b)..a.max(b);
        let expected = &whole[range.start.min(len) as usize..range.end.min(len) as usize];

        let needed = encoding.needed(size, range.clone());
        let mut out = Vec::new();
        encoding.encode(size, (0, &content), range.clone(), &mut out);
        prop_assert_eq!(&out[..], expected);
        out.clear();
        let part = &content[needed.start as usize..needed.end as usize];
        encoding.encode(size, (needed.start, part), range.clone(), &mut out);
        prop_assert_eq!(&out[..], expected);

        out.clear();
        let mut rebuild = Rebuild::new(encoding, size, range);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (part.len() + 1)).collect();
        cuts.extend([0, part.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            rebuild.push(&part[pair[0]..pair[1]], &mut out);
        }
        prop_assert_eq!(rebuild.remaining(), 0);
        prop_assert_eq!(&out[..], expected);
    }
}

fn wrapped(content: &[u8], line: usize, newline: &[u8]) -> Vec<u8> {
    let text = data_encoding::BASE64.encode(content);
    text.as_bytes().chunks(line).collect::<Vec<_>>().join(newline)
}
