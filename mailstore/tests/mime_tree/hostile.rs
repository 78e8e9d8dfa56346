//! Messages made to be slow or to run out of stack or memory: they get a tree and come back. How
//! long they take is measured in `benches/benches/mime.rs`.

use bytes::Bytes;
use mailstore::mime::{DetachRules, Limits, MimeTree, parse};

use crate::properties::{assert_nested, assert_tiles};
use crate::shelf::stored;

#[track_caller]
fn comes_back(raw: String) -> MimeTree {
    let (tree, _) = stored(&Bytes::from(raw), &DetachRules::default());
    assert_tiles(&tree);
    assert_nested(&tree);
    tree
}

/// A multipart in a multipart, `depth` times, none of them closed.
fn unclosed(depth: usize) -> String {
    let level = |n| format!("Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n");
    (0..depth).map(level).collect()
}

#[test]
fn a_content_type_of_encoded_words() {
    comes_back(format!("Content-Type: {}\n\nbody", "=?a?b?c ".repeat(64 * 1024)));
}

#[test]
fn a_content_type_of_continued_parameters() {
    let params = ";boundary*0*=u''x".repeat(32 * 1024);
    let tree = comes_back(format!("Content-Type: multipart/mixed{params}\n\nbody"));
    assert!(tree.cut().header);
}

#[test]
fn a_boundary_of_dashes_in_a_sea_of_dashes() {
    let boundary = "-".repeat(100_000);
    let tree = comes_back(format!(
        "Content-Type: multipart/mixed; boundary={boundary}\n\n{}",
        "-".repeat(1 << 20)
    ));
    assert!(tree.cut().boundary);
}

#[test]
fn near_misses_of_many_boundaries() {
    let tree = comes_back(unclosed(99) + &"\n--x".repeat(1 << 18));
    assert!(tree.cut().depth);
    assert_eq!(tree.parts().len(), 41);
}

#[test]
fn a_million_empty_parts() {
    let head = "Content-Type: multipart/mixed; boundary=a\n\n";
    let tree = comes_back(head.to_string() + &"--a\n".repeat(1_000_000));
    assert!(tree.cut().parts);
    assert_eq!(tree.parts().len(), Limits::default().parts);
}

#[test]
fn a_hundred_thousand_messages_in_one_another() {
    let tree = comes_back("Content-Type: message/rfc822\n\n".repeat(100_000));
    assert!(tree.cut().depth);
    assert_eq!(tree.parts().len(), Limits::default().depth + 1);
}

#[test]
fn one_header_field_of_a_hundred_thousand_lines() {
    comes_back(format!(
        "Content-Type: multipart/mixed;{} boundary=a\n\n--a\n",
        "\n ".repeat(100_000)
    ));
    comes_back(format!("Content-Type: {}\n\nbody", "(".repeat(200_000)));
    comes_back(format!("Content-Type: a/b; c=\"{}\n\nbody", "\\\"".repeat(100_000)));
}

/// The stored form of very many tiny parts is not many times what came in.
#[test]
fn the_stored_form_of_tiny_parts_is_small() {
    let raw = "Content-Type: multipart/mixed; boundary=a\n\n".to_string() + &"--a\n".repeat(9_990);
    let size = raw.len();
    let tree = parse(Bytes::from(raw), &Limits::default());
    assert_eq!(tree.parts().len(), 9_991);
    assert!(tree.encode().len() < 4 * size, "{}", tree.encode().len());
}
