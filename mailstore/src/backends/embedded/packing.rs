//! Big values, plain or compressed, each with a checksum.

use std::borrow::Cow;

use bytes::Bytes;

use crate::pack::{DecodeError, Packer, unseal_bytes};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// As it is: quick to write and to read. New mail.
    Plain,
    /// With zstd, where that makes it smaller. Mail that has lain for a while.
    Zstd,
}

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// A good ratio at a cost that the sweep can bear.
const LEVEL: i32 = 6;

/// A value as it is stored; `context` is what it belongs to.
pub(super) fn seal(plain: &[u8], context: u64, packing: Packing) -> Vec<u8> {
    let (how, bytes) = match packing {
        Packing::Plain => (PLAIN, Cow::Borrowed(plain)),
        Packing::Zstd => match zstd::bulk::compress(plain, LEVEL) {
            Ok(small) if small.len() + 8 < plain.len() => (ZSTD, Cow::Owned(small)),
            _ => (PLAIN, Cow::Borrowed(plain)),
        },
    };
    let mut packer = Packer::with_capacity(bytes.len() + 16);
    packer.u8(how);
    if how == ZSTD {
        packer.raw(&(plain.len() as u64).to_le_bytes());
    }
    packer.raw(&bytes);
    packer.seal(context)
}

/// The reverse of [`seal`]; copies nothing that is plain.
pub(super) fn unseal(sealed: &Bytes, context: u64) -> Result<Bytes, DecodeError> {
    let bytes = unseal_bytes(sealed, context)?;
    let error = |expected| DecodeError { at: 0, expected };
    match bytes.first() {
        Some(&PLAIN) => Ok(bytes.slice(1..)),
        Some(&ZSTD) => {
            let (len, small) = bytes
                .get(1..)
                .and_then(|rest| rest.split_first_chunk::<8>())
                .ok_or(error("a length"))?;
            let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| error("a length"))?;
            Ok(zstd::bulk::decompress(small, len).map_err(|_| error("zstd"))?.into())
        }
        _ => Err(error("a packing")),
    }
}
