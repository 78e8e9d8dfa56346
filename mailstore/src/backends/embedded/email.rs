//! The values of an email: what was derived from it, and its tree, plain or compressed.

use bytes::Bytes;

use super::connection::Failure;
use crate::id::EmailId;
use crate::mime::{Derived, MimeTree};
use crate::pack::{DecodeError, Packer, unseal_bytes};

/// How the tree's bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// As they are: quick to write and to read. New mail.
    Plain,
    /// With zstd, where that makes them smaller. Mail that has lain for a while.
    Zstd,
}

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// A good ratio at a cost that the sweep can bear.
const LEVEL: i32 = 6;

/// What the checksums of an email are bound to.
fn context(id: EmailId) -> u64 {
    id.0 as u64
}

pub(super) fn encode_tree(tree: &MimeTree, id: EmailId, packing: Packing) -> Vec<u8> {
    let plain = tree.encode();
    if packing == Packing::Zstd
        && let Ok(small) = zstd::bulk::compress(&plain, LEVEL)
        && small.len() < plain.len() - plain.len() / 16
    {
        let mut packer = Packer::with_capacity(small.len() + 16);
        packer.u8(ZSTD).raw(&(plain.len() as u64).to_le_bytes()).raw(&small);
        return packer.seal(context(id));
    }
    let mut packer = Packer::with_capacity(plain.len() + 8);
    packer.u8(PLAIN).raw(&plain);
    packer.seal(context(id))
}

pub(super) fn decode_tree(sealed: &Bytes, id: EmailId) -> Result<MimeTree, Failure> {
    let bytes = unseal_bytes(sealed, context(id))?;
    let error = |expected| DecodeError { at: 0, expected };
    let plain = match bytes.first() {
        Some(&PLAIN) => bytes.slice(1..),
        Some(&ZSTD) => {
            let (len, small) = bytes
                .get(1..)
                .and_then(|rest| rest.split_first_chunk::<8>())
                .ok_or(error("a length"))?;
            let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| error("a length"))?;
            zstd::bulk::decompress(small, len).map_err(|_| error("zstd"))?.into()
        }
        _ => return Err(error("a packing").into()),
    };
    Ok(MimeTree::decode(plain)?)
}

pub(super) fn encode_derived(derived: &Derived, id: EmailId) -> Vec<u8> {
    let mut packer = Packer::default();
    packer.raw(&derived.encode());
    packer.seal(context(id))
}

pub(super) fn decode_derived(sealed: &Bytes, id: EmailId) -> Result<Derived, Failure> {
    let wrong = DecodeError { at: 0, expected: "derived values" };
    Ok(Derived::decode(&unseal_bytes(sealed, context(id))?).ok_or(wrong)?)
}
