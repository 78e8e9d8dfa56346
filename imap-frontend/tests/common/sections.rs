//! The sections by which IMAP names the parts of a message (RFC 9051 6.4.5.1).

use mailstore::mime::{Kind, MimeTree};

/// The section of every part that has one, with the number of the part.
pub fn sections(tree: &MimeTree) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    message(tree, 0, "", &mut found);
    found
}

/// The parts of the message that is part number `index`.
fn message(tree: &MimeTree, index: usize, prefix: &str, found: &mut Vec<(String, usize)>) {
    match tree.parts()[index].kind {
        Kind::Multipart { .. } => children(tree, index, prefix, found),
        _ => part(tree, index, format!("{prefix}1"), found),
    }
}

fn children(tree: &MimeTree, index: usize, prefix: &str, found: &mut Vec<(String, usize)>) {
    for (number, child) in tree.children(index).enumerate() {
        part(tree, child, format!("{prefix}{}", number + 1), found);
    }
}

fn part(tree: &MimeTree, index: usize, path: String, found: &mut Vec<(String, usize)>) {
    let below = format!("{path}.");
    found.push((path, index));
    match tree.parts()[index].kind {
        Kind::Leaf => {}
        Kind::Multipart { .. } => children(tree, index, &below, found),
        Kind::Message => message(tree, index + 1, &below, found),
    }
}
