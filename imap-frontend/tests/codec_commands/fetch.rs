//! FETCH.

use super::*;

fn fetch(line: &'static str) -> Fetch {
    let Command::Fetch(fetch) = command(line) else { panic!("{line}") };
    fetch
}

fn body(path: &[u32], what: What, marks: Marks) -> FetchItem {
    let section = Section { path: path.to_vec(), what };
    FetchItem::Content(Content { name: ContentName::Body, section, partial: None, marks })
}

#[test]
fn fetch_items() {
    let names = ["DATE", "FROM"].map(str::to_owned).to_vec();
    let only = What::HeaderFields { names: names.clone(), mode: FieldMode::Only };
    let not = What::HeaderFields { names, mode: FieldMode::Not };
    use FetchItem::{Body, BodyStructure, Envelope, Flags, InternalDate, ModSeq, Size, Uid};
    let cases = [
        ("a003 fetch 12 full", vec![Flags, InternalDate, Size, Envelope, Body]),
        ("A003 FETCH 4 ALL", vec![Flags, InternalDate, Size, Envelope]),
        ("A003 FETCH 4 FAST", vec![Flags, InternalDate, Size]),
        ("a004 fetch 12 body[header]", vec![body(&[], What::Header, Marks::Seen)]),
        (
            "A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
            vec![Flags, body(&[], only, Marks::Seen)],
        ),
        (
            "a UID FETCH 1 BODY.PEEK[1.2.HEADER.FIELDS.NOT(\"DATE\" FROM)]",
            vec![body(&[1, 2], not, Marks::Nothing)],
        ),
        (
            "a FETCH 1 (BODY[] body.peek[2] BODY[3.MIME] BODY[4.TEXT])",
            vec![
                body(&[], What::Full, Marks::Seen),
                body(&[2], What::Full, Marks::Nothing),
                body(&[3], What::Mime, Marks::Seen),
                body(&[4], What::Text, Marks::Seen),
            ],
        ),
        ("a FETCH 1 ( UID  FLAGS UID )", vec![Uid, Flags]),
        (
            "a FETCH 1 (BODYSTRUCTURE MODSEQ RFC822.SIZE INTERNALDATE ENVELOPE BODY)",
            vec![BodyStructure, ModSeq, Size, InternalDate, Envelope, Body],
        ),
        ("a FETCH 1 BODY", vec![Body]),
    ];
    for (line, items) in cases {
        assert_eq!(fetch(line).items, items, "{line}");
    }
}

#[test]
fn fetch_contents() {
    let content = |line| fetch(line).contents().next().cloned().unwrap();
    let partial = content("a FETCH 1 BODY[]<0.2048>").partial;
    assert_eq!(partial, Some(Partial { offset: 0, length: NonZeroU64::new(2048).unwrap() }));
    let to_the_end = content("a FETCH 1 BINARY[5]<15>").partial;
    assert_eq!(to_the_end.map(Partial::range), Some(15..u64::MAX));
    let old = [
        ("a FETCH 1 RFC822", ContentName::Rfc822, What::Full, Marks::Seen),
        ("a FETCH 1 RFC822.HEADER", ContentName::Rfc822Header, What::Header, Marks::Nothing),
        ("a FETCH 1 (RFC822.TEXT)", ContentName::Rfc822Text, What::Text, Marks::Seen),
    ];
    for (line, name, what, marks) in old {
        let expected =
            Content { name, section: Section { path: Vec::new(), what }, partial: None, marks };
        assert_eq!(content(line), expected);
        assert_eq!(fetch(line).marks_seen(), marks == Marks::Seen);
    }
}

#[test]
fn fetch_binary() {
    let fields = || What::HeaderFields { names: vec!["To".into()], mode: FieldMode::Not };
    let cases = [
        ("BINARY[1.2]<3.4>", ContentName::Binary, vec![1, 2], What::Full, Some(3..7)),
        ("binary.peek[]", ContentName::Binary, vec![], What::Full, None),
        ("BINARY.PEEK[TEXT]", ContentName::Binary, vec![], What::Text, None),
        ("Binary.Peek[2.MIME]<5>", ContentName::Binary, vec![2], What::Mime, Some(5..u64::MAX)),
        ("BINARY.SIZE[3]", ContentName::BinarySize, vec![3], What::Full, None),
        ("BINARY.SIZE[2.HEADER.FIELDS.NOT (To)]", ContentName::BinarySize, vec![2], fields(), None),
    ];
    for (item, name, path, what, range) in cases {
        let text = CommandText::new(format!("a FETCH 1 {item}\r\n"));
        let Command::Fetch(fetch) = parse(&text).unwrap().command else { panic!("{item}") };
        let content = fetch.contents().next().unwrap();
        assert_eq!((content.name, &content.section), (name, &Section { path, what }), "{item}");
        assert_eq!(content.partial.map(Partial::range), range, "{item}");
        assert_eq!(fetch.marks_seen(), item.starts_with("BINARY[1"), "{item}");
    }
}

#[test]
fn fetch_modifiers() {
    let since = fetch("s100 UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345)");
    assert_eq!(
        (since.by, since.changed_since, since.vanished),
        (By::Uid, Some(ModSeq(12345)), false)
    );
    let vanished = fetch("s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345 VANISHED)");
    assert_eq!((vanished.changed_since, vanished.vanished), (Some(ModSeq(12345)), true));
    assert!(vanished.wants(&FetchItem::Flags) && !vanished.wants(&FetchItem::Uid));
}
