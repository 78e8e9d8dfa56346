//! IMAP sections (RFC 9051 section 6.4.5.1).

use bytes::Bytes;
use mailstore::mime::{
    DetachRules, FieldMode, Limits, Section, Selection, TransferEncoding, What, fields, parse,
};

use crate::shelf::Shelf;

fn get(raw: &str, path: &[u32], what: What) -> Option<String> {
    let tree = parse(Bytes::copy_from_slice(raw.as_bytes()), &Limits::default());
    let bytes = Shelf::default().select(tree.section(&Section { path: path.into(), what }))?;
    Some(String::from_utf8(bytes).unwrap())
}

fn named(names: &[&str], mode: FieldMode) -> What {
    What::HeaderFields { names: names.iter().map(|name| (*name).to_string()).collect(), mode }
}

/// A multipart of a text, an embedded message that is a text, and one that is a multipart.
const RAW: &str = "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n\
--b\r\nX: 1\r\n\r\none\r\n\
--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: plain\r\n\r\ninner\r\n\
--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: multi\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
--c\r\nX: 2\r\n\r\nfirst\r\n--c--\r\nepi\r\n--b--\r\n";

#[test]
fn the_message_itself() {
    let header = "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    assert_eq!(get(RAW, &[], What::Full).unwrap(), RAW);
    assert_eq!(get(RAW, &[], What::Header).unwrap(), header);
    assert_eq!(get(RAW, &[], What::Text).unwrap(), RAW[header.len()..]);
    assert_eq!(get(RAW, &[], What::Mime), None);
}

/// Only the body of a leaf is encoded as one.
#[test]
fn the_encoding_of_a_section() {
    use TransferEncoding::{Base64, QuotedPrintable, SevenBit};
    let raw = RAW
        .replace("X: 1", "Content-Transfer-Encoding: base64")
        .replace("Subject: plain", "Content-Transfer-Encoding: quoted-printable")
        .replace("Subject: multi", "Content-Transfer-Encoding: 8bit");
    let tree = parse(raw.into(), &Limits::default());
    let cases: [(&[u32], What, TransferEncoding); 9] = [
        (&[], What::Full, SevenBit),
        (&[1], What::Full, Base64),
        (&[1], What::Mime, SevenBit),
        (&[2], What::Full, SevenBit),
        (&[2], What::Text, SevenBit),
        (&[2, 1], What::Full, QuotedPrintable),
        (&[3], What::Full, SevenBit),
        (&[3, 1], What::Full, SevenBit),
        (&[4], What::Full, SevenBit),
    ];
    for (path, what, encoding) in cases {
        let section = Section { path: path.into(), what };
        assert_eq!(tree.transfer(&section), encoding, "{section:?}");
    }
    let single = parse("Content-Transfer-Encoding: base64\r\n\r\nQQ==".into(), &Limits::default());
    let section = |path: &[u32]| Section { path: path.into(), what: What::Full };
    assert_eq!(single.transfer(&section(&[1])), Base64);
    assert_eq!(single.transfer(&section(&[])), SevenBit);
}

#[test]
fn a_part_and_its_mime_header() {
    assert_eq!(get(RAW, &[1], What::Full).unwrap(), "one");
    assert_eq!(get(RAW, &[1], What::Mime).unwrap(), "X: 1\r\n\r\n");
    assert_eq!(get(RAW, &[1], What::Header), None);
    assert_eq!(get(RAW, &[1], What::Text), None);
    assert_eq!(get(RAW, &[1, 1], What::Full), None);
    assert_eq!(get(RAW, &[4], What::Full), None);
    assert_eq!(get(RAW, &[0], What::Full), None);
}

#[test]
fn an_embedded_message() {
    assert_eq!(get(RAW, &[2], What::Full).unwrap(), "Subject: plain\r\n\r\ninner");
    assert_eq!(get(RAW, &[2], What::Mime).unwrap(), "Content-Type: message/rfc822\r\n\r\n");
    assert_eq!(get(RAW, &[2], What::Header).unwrap(), "Subject: plain\r\n\r\n");
    assert_eq!(get(RAW, &[2], What::Text).unwrap(), "inner");
    assert_eq!(get(RAW, &[2, 1], What::Full).unwrap(), "inner");
    assert_eq!(get(RAW, &[2, 1], What::Mime).unwrap(), "Subject: plain\r\n\r\n");
    assert_eq!(get(RAW, &[2, 2], What::Full), None);
    assert_eq!(get(RAW, &[2, 1, 1], What::Full), None);
}

#[test]
fn parts_of_an_embedded_message() {
    assert_eq!(get(RAW, &[3, 1], What::Full).unwrap(), "first");
    assert_eq!(get(RAW, &[3, 1], What::Mime).unwrap(), "X: 2\r\n\r\n");
    assert_eq!(get(RAW, &[3], What::Text).unwrap(), "--c\r\nX: 2\r\n\r\nfirst\r\n--c--\r\nepi");
    assert_eq!(get(RAW, &[3, 2], What::Full), None);
}

#[test]
fn the_only_part_of_a_message_is_number_one() {
    let raw = "Subject: a\n\nbody\n";
    assert_eq!(get(raw, &[1], What::Full).unwrap(), "body\n");
    assert_eq!(get(raw, &[1], What::Mime).unwrap(), "Subject: a\n\n");
    assert_eq!(get(raw, &[1, 1], What::Full), None);
    let forwarded = "Content-Type: message/rfc822\n\nSubject: in\n\nbody\n";
    assert_eq!(get(forwarded, &[1], What::Full).unwrap(), "Subject: in\n\nbody\n");
    assert_eq!(get(forwarded, &[1], What::Header).unwrap(), "Subject: in\n\n");
    assert_eq!(get(forwarded, &[1, 1], What::Full).unwrap(), "body\n");
    assert_eq!(get(forwarded, &[1, 1, 1], What::Full), None);
}

#[test]
fn fields_keep_their_folding_their_order_and_the_blank_line() {
    let raw = "A: 1\r\nb: 2\r\n  folded\r\nA : 3\r\nC: 4\r\n\r\nbody";
    let only = |names: &[&str]| get(raw, &[], named(names, FieldMode::Only)).unwrap();
    let not = |names: &[&str]| get(raw, &[], named(names, FieldMode::Not)).unwrap();
    assert_eq!(only(&["a"]), "A: 1\r\nA : 3\r\n\r\n");
    assert_eq!(only(&["B"]), "b: 2\r\n  folded\r\n\r\n");
    assert_eq!(only(&["c", "b"]), "b: 2\r\n  folded\r\nC: 4\r\n\r\n");
    assert_eq!(only(&["x"]), "\r\n");
    assert_eq!(only(&[]), "\r\n");
    assert_eq!(not(&["a"]), "b: 2\r\n  folded\r\nC: 4\r\n\r\n");
    assert_eq!(not(&["a", "b", "c"]), "\r\n");
    assert_eq!(not(&[]), "A: 1\r\nb: 2\r\n  folded\r\nA : 3\r\nC: 4\r\n\r\n");
}

#[test]
fn fields_of_an_embedded_message_are_those_of_its_own_header() {
    let what = || named(&["subject", "content-type"], FieldMode::Only);
    assert_eq!(get(RAW, &[2], what()).unwrap(), "Subject: plain\r\n\r\n");
    assert_eq!(get(RAW, &[1], what()), None);
}

#[test]
fn fields_of_a_header_without_a_blank_line_end_in_one() {
    let only = |raw: &str| get(raw, &[], named(&["a"], FieldMode::Only)).unwrap();
    assert_eq!(only("A: 1\r\n"), "A: 1\r\n\r\n");
    assert_eq!(only("A: 1"), "A: 1\r\n\r\n");
    assert_eq!(only("A: 1\n\nbody"), "A: 1\n\n");
    assert_eq!(only("B: 1"), "\r\n");
    assert_eq!(only(""), "\r\n");
    assert_eq!(get("A: 1", &[], What::Header).unwrap(), "A: 1");
}

#[test]
fn lines_that_are_no_fields_are_among_the_others() {
    let raw = " folded first\nno colon\nA: 1\n\nbody";
    let get = |mode| get(raw, &[], named(&["a"], mode)).unwrap();
    assert_eq!(get(FieldMode::Only), "A: 1\n\n");
    assert_eq!(get(FieldMode::Not), " folded first\nno colon\n\n");
}

#[test]
fn fields_of_a_header_that_left_the_tree_are_taken_of_its_plan() {
    let raw = format!("A: 1\r\nX: {}\r\nA: 2\r\n\r\nbody", "x".repeat(2 << 20));
    let tree = parse(Bytes::from(raw), &Limits::default());
    let (tree, detached) = tree.detach(&DetachRules::default());
    let shelf = Shelf::of(&detached);
    let names = vec!["a".to_string()];
    let what = What::HeaderFields { names: names.clone(), mode: FieldMode::Only };
    let Some(Selection::Fields { header }) = tree.section(&Section { path: vec![], what }) else {
        panic!("the header is inline")
    };
    let picked = fields(&Bytes::from(shelf.run(&header)), &names, FieldMode::Only);
    assert_eq!(shelf.run(&picked), b"A: 1\r\nA: 2\r\n\r\n");
}
