//! Structure: which parts are found, and where they begin and end.

use bytes::Bytes;
use mailstore::mime::{Kind, Limits, MimeTree, parse};

pub(crate) fn tree_of(raw: &str) -> MimeTree {
    parse(Bytes::copy_from_slice(raw.as_bytes()), &Limits::default())
}

/// The tree in short: `type(child, child)` with the bodies of leaves.
pub(crate) fn shape(raw: &str) -> String {
    describe(&tree_of(raw), raw.as_bytes(), 0)
}

fn describe(tree: &MimeTree, raw: &[u8], index: usize) -> String {
    let part = &tree.parts()[index];
    let children: Vec<String> =
        tree.children(index).map(|child| describe(tree, raw, child)).collect();
    let body = &raw[part.body.start as usize..part.body.end as usize];
    match part.kind {
        Kind::Leaf => format!("{}={:?}", part.content.media, String::from_utf8_lossy(body)),
        Kind::Multipart { .. } => format!("{}({})", part.content.media, children.join(" ")),
        Kind::Message => format!("{}[{}]", part.content.media, children.join(" ")),
    }
}

#[test]
fn the_newline_before_a_delimiter_is_the_delimiters() {
    for newline in ["\n", "\r\n"] {
        let raw = "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n\n--b\n\ntwo\n--b--\nepi\n"
            .replace('\n', newline);
        let expected =
            format!("multipart/mixed(text/plain={:?} text/plain=\"two\")", format!("one{newline}"));
        assert_eq!(shape(&raw), expected);
    }
}

#[test]
fn a_boundary_is_not_matched_by_prefix() {
    let raw = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n--ab\n\none\n--ab--\n--abc\n--a--\n";
    assert_eq!(shape(raw), "multipart/mixed(multipart/alternative(text/plain=\"one\"))");
}

#[test]
fn a_boundary_that_ends_in_dashes_is_not_taken_for_a_closing_one() {
    let raw = "Content-Type: multipart/mixed; boundary=a--\n\n--a--\n\none\n--a----\n";
    assert_eq!(shape(raw), "multipart/mixed(text/plain=\"one\")");
}

#[test]
fn an_embedded_message_is_found_in_any_case_unless_it_is_encoded() {
    let plain =
        "Content-Type: MESSAGE/RFC822\nContent-Transfer-Encoding: 8Bit\n\nSubject: x\n\nbody";
    assert_eq!(shape(plain), "message/rfc822[text/plain=\"body\"]");
    let global = "Content-Type: message/global\n\n\nbody";
    assert_eq!(shape(global), "message/global[text/plain=\"body\"]");
    let encoded = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQUJD";
    assert_eq!(shape(encoded), "message/rfc822=\"QUJD\"");
}

#[test]
fn parts_of_a_digest_are_messages_unless_they_say_otherwise() {
    let raw = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: a\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b--\n";
    assert_eq!(
        shape(raw),
        "multipart/digest(message/rfc822[text/plain=\"one\"] text/plain=\"two\")"
    );
}

#[test]
fn an_outer_delimiter_ends_what_is_open_inside() {
    let raw = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--a\n\ntwo\n--a--\n";
    assert_eq!(
        shape(raw),
        "multipart/mixed(message/rfc822[multipart/mixed(text/plain=\"one\")] text/plain=\"two\")"
    );
}

#[test]
fn a_header_cut_short_by_a_delimiter_has_an_empty_body() {
    let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n--b\nContent-Type: text/html\n--b--\n";
    assert_eq!(shape(raw), "multipart/mixed(message/rfc822[text/plain=\"\"] text/html=\"\")");
}

#[test]
fn beyond_the_depth_limit_a_container_is_opaque_and_outer_delimiters_still_count() {
    let limits = Limits { depth: 1, ..Limits::default() };
    let raw = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--a\n\ntwo\n--a--\n";
    let tree = parse(Bytes::from_static(raw.as_bytes()), &limits);
    assert_eq!(tree.parts().len(), 3);
    assert!(tree.cut().depth && !tree.cut().parts);
}

#[test]
fn a_boundary_over_the_limit_makes_an_opaque_leaf() {
    let boundary = "x".repeat(201);
    let raw = format!("Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n\na");
    let tree = tree_of(&raw);
    assert_eq!(tree.parts().len(), 1);
    assert!(tree.cut().boundary);
}
