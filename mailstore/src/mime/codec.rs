//! The stored form of a tree: a version, the parts, the holes, the spill, the inline bytes.
//!
//! Numbers are LEB128 varints; a part takes some ten bytes, so a tree of very many tiny parts is
//! not much larger than they are. The store adds the checksum.

mod read;
mod write;

use bytes::Bytes;

use self::read::Reader;
use super::tree::content::{Disposition, TransferEncoding};
use super::tree::{Cut, MimeTree};

/// The first byte of the stored form.
const VERSION: u8 = 1;

/// Stored bytes are not those of a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored MIME tree is corrupt at byte {at}: expected {expected}")]
pub struct DecodeError {
    /// Where, in bytes from the start.
    pub at: usize,
    /// What should be there.
    pub expected: &'static str,
}

impl MimeTree {
    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.inline.len() + 16 * self.parts.len() + 64);
        out.push(VERSION);
        write::tree(self, &mut out);
        out
    }

    /// Reads the stored form. The inline bytes are not copied. Whatever the bytes are, the tree
    /// that comes back is consistent: parts nest, holes do not overlap, sizes add up.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a tree that this version can read.
    pub fn decode(stored: Bytes) -> Result<MimeTree, DecodeError> {
        let mut reader = Reader::new(stored);
        if reader.byte("a version")? != VERSION {
            return Err(DecodeError { at: 0, expected: "version 1" });
        }
        reader.tree()
    }
}

/// The flags of [`Cut`], one bit each.
fn cut_bits(cut: Cut) -> u8 {
    [cut.depth, cut.parts, cut.header, cut.boundary]
        .iter()
        .rev()
        .fold(0, |bits, flag| bits << 1 | u8::from(*flag))
}

fn cut_from_bits(bits: u8) -> Option<Cut> {
    let flag = |bit: u8| bits >> bit & 1 == 1;
    let cut = Cut { depth: flag(0), parts: flag(1), header: flag(2), boundary: flag(3) };
    (bits < 16).then_some(cut)
}

const LEAF: u8 = 0;
const MULTIPART: u8 = 1;
const MESSAGE: u8 = 2;

const TRANSFERS: [TransferEncoding; 6] = [
    TransferEncoding::SevenBit,
    TransferEncoding::EightBit,
    TransferEncoding::Binary,
    TransferEncoding::QuotedPrintable,
    TransferEncoding::Base64,
    TransferEncoding::Other,
];

const DISPOSITIONS: [Option<Disposition>; 3] =
    [None, Some(Disposition::Inline), Some(Disposition::Attachment)];
