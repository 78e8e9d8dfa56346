//! Every message of the corpus has derived values that hold together: legal IMAP, as many parts as
//! its tree, and the same after they were stored.

use bytes::Bytes;
use harness::Newlines;
use mailstore::mime::text::{HeaderText, append_body_text};
use mailstore::mime::{Derived, Kind, Limits, MimeTree, parse};

use crate::grammar::{Value, assert_structure};

/// How many parts a BODY shows, an embedded message and its content as two.
fn count_parts(body: &Value) -> usize {
    let items = body.list();
    let children = items.iter().take_while(|item| matches!(item, Value::List(_))).count();
    if children > 0 {
        return 1 + items[..children].iter().map(count_parts).sum::<usize>();
    }
    match (items[0].text(), items[1].text()) {
        (b"message", b"rfc822") => 1 + count_parts(&items[8]),
        _ => 1,
    }
}

fn check(tree: &MimeTree, raw: &Bytes) {
    let derived = Derived::of(tree, raw);
    assert_eq!(Derived::decode(&derived.encode().into()).as_ref(), Some(&derived));
    let envelope = Value::parse(derived.envelope()).expect("the envelope is legal");
    assert_eq!(envelope.list().len(), 10);
    let body = Value::parse(&derived.body()).expect("the body is legal");
    let structure = Value::parse(derived.structure()).expect("the structure is legal");
    assert_structure(&structure);
    assert_eq!(count_parts(&body), tree.parts().len());
    assert!(derived.preview().chars().count() <= 200);
    let mut text = String::new();
    append_body_text(tree, |range| tree.bytes_of(range), &mut text);
    let header = tree.bytes_of(tree.parts()[0].header.clone()).unwrap();
    let header = HeaderText::of(&header);
    assert!(header.fields().all(|(name, _)| !name.is_empty()));
}

#[test]
fn every_message_has_values_that_hold_together() {
    let Some(files) = harness::corpus(Newlines::AsIs) else { return };
    assert!(files.len() > 4_900, "{}", files.len());
    let mut divided = 0;
    for raw in files {
        let raw = Bytes::from(raw);
        let tree = parse(raw.clone(), &Limits::default());
        divided += usize::from(tree.parts()[0].kind != Kind::Leaf);
        check(&tree, &raw);
    }
    assert!(divided > 1_000, "{divided}");
}
