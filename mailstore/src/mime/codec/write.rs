//! Writing a tree.

use super::{DISPOSITIONS, LEAF, MESSAGE, MULTIPART, TRANSFERS, cut_bits};
use crate::blob::{BlobRef, Place};
use crate::mime::transfer::{Encoding, Newline};
use crate::mime::tree::content::{Content, KNOWN};
use crate::mime::tree::{Hole, Kind, MimeTree, Part};

pub(super) fn tree(tree: &MimeTree, out: &mut Vec<u8>) {
    number(tree.size, out);
    out.push(cut_bits(tree.cut));
    number(tree.parts.len() as u64, out);
    let mut at = 0;
    for (index, part) in tree.parts.iter().enumerate() {
        at = write_part(index, part, at, out);
    }
    number(tree.holes.len() as u64, out);
    let mut at = 0;
    for hole in &tree.holes {
        at = write_hole(hole, at, out);
    }
    out.push(u8::from(tree.spill.is_some()));
    if let Some(spill) = &tree.spill {
        write_blob(spill, out);
    }
    out.extend_from_slice(&tree.inline);
}

/// `at` is where the body of the part before begins; returns where this one's does.
fn write_part(index: usize, part: &Part, at: u64, out: &mut Vec<u8>) -> u64 {
    out.push(flags(part));
    if let Some(parent) = part.parent {
        number(index as u64 - u64::from(parent), out);
    }
    number(part.header.start - at, out);
    number(part.header.end - part.header.start, out);
    number(part.body.end - part.body.start, out);
    if let Kind::Multipart { preamble, epilogue } = &part.kind {
        number(preamble.end - preamble.start, out);
        number(epilogue.end - epilogue.start, out);
    }
    write_content(&part.content, out);
    part.body.start
}

/// Two bits for the kind, three for the encoding, two for the disposition, one for the charset.
fn flags(part: &Part) -> u8 {
    let kind = match part.kind {
        Kind::Leaf => LEAF,
        Kind::Multipart { .. } => MULTIPART,
        Kind::Message => MESSAGE,
    };
    let place = |found: Option<usize>| found.unwrap_or(0) as u8;
    let transfer = place(TRANSFERS.iter().position(|t| *t == part.content.transfer));
    let disposition = place(DISPOSITIONS.iter().position(|d| *d == part.content.disposition));
    kind | transfer << 2 | disposition << 5 | u8::from(part.content.charset.is_some()) << 7
}

/// Known types by their number from 1; others by 0 and the name.
fn write_content(content: &Content, out: &mut Vec<u8>) {
    let media = content.media.as_str();
    match KNOWN.iter().position(|known| *known == media) {
        Some(known) => number(known as u64 + 1, out),
        None => {
            number(0, out);
            text(media.as_bytes(), out);
        }
    }
    if let Some(charset) = &content.charset {
        text(charset.as_bytes(), out);
    }
}

/// `at` is where the hole before ends; returns where this one does.
fn write_hole(hole: &Hole, at: u64, out: &mut Vec<u8>) -> u64 {
    number(hole.at - at, out);
    match hole.encoding {
        Encoding::Raw => out.push(0),
        Encoding::Base64 { line, newline } => {
            out.push(if newline == Newline::Crlf { 1 } else { 2 });
            number(u64::from(line), out);
        }
    }
    write_blob(&hole.blob, out);
    hole.at + hole.len
}

/// The hash of an only chunk is the digest, so it is not written twice.
fn write_blob(blob: &BlobRef, out: &mut Vec<u8>) {
    number(blob.size, out);
    out.extend_from_slice(&blob.digest.0);
    if blob.chunks.len() > 1 {
        blob.chunks.iter().for_each(|chunk| out.extend_from_slice(chunk));
    }
    match &blob.place {
        Place::Unplaced => out.push(0),
        Place::Ledger => out.push(1),
        Place::Object(name) => {
            out.push(2);
            text(name.0.as_bytes(), out);
        }
    }
}

fn text(bytes: &[u8], out: &mut Vec<u8>) {
    number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
