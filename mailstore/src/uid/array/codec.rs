//! The stored form of an array: a version, the length, and the pieces, each by its distance from
//! the one before. The caller adds a checksum.

use std::sync::Arc;

use super::UidArray;
use super::bitmap::Bitmap;
use super::piece::{Builder, Piece};
use crate::uid::varint::{self, DecodeError};

const VERSION: u8 = 1;

impl UidArray {
    /// The stored form: a few bytes for a dense mailbox, at most about a bit per UID of the span
    /// or 10 bytes per run, whichever is less.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        varint::put(&mut out, self.len.into());
        let mut next = 1;
        for (piece, count) in self.pieces_with_counts() {
            let gap = u64::from(piece.first) - next;
            varint::put(&mut out, gap << 1 | u64::from(piece.bits.is_some()));
            next = u64::from(put_content(&mut out, piece, count)) + 1;
        }
        out
    }

    /// Reads the stored form. Allocates in proportion to `input`, whatever that contains.
    pub fn decode(mut input: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut input;
        let version = varint::take_byte(input)?;
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        let len = varint::take_u32(input)?;
        let (mut builder, mut next) = (Builder::after(Vec::new(), 0), 1);
        while !input.is_empty() {
            let head = varint::take(input)?;
            let first = plus(next, head >> 1)?;
            let last = match head & 1 {
                0 => take_run(input, &mut builder, first)?,
                _ => take_bits(input, &mut builder, first)?,
            };
            next = u64::from(last) + 1;
        }
        let (pieces, found) = builder.finish();
        match found.cmp(&len) {
            std::cmp::Ordering::Less => Err(DecodeError::Truncated),
            std::cmp::Ordering::Equal => Ok(Self { len, pieces: Arc::new(pieces) }),
            std::cmp::Ordering::Greater => Err(DecodeError::Inconsistent),
        }
    }
}

/// Appends what a piece holds and returns its last UID.
fn put_content(out: &mut Vec<u8>, piece: &Piece, count: u32) -> u32 {
    let Some(bits) = &piece.bits else {
        varint::put(out, u64::from(count - 1));
        return piece.first + (count - 1);
    };
    varint::put(out, bits.words().len() as u64);
    out.extend(bits.words().iter().flat_map(|word| word.to_le_bytes()));
    piece.first + bits.last()
}

fn take_run(input: &mut &[u8], builder: &mut Builder, first: u32) -> Result<u32, DecodeError> {
    let last = plus(first.into(), varint::take(input)?)?;
    builder.run(first, last);
    Ok(last)
}

fn take_bits(input: &mut &[u8], builder: &mut Builder, first: u32) -> Result<u32, DecodeError> {
    let words = varint::take_u32(input)? as usize;
    let bytes = words.checked_mul(8).ok_or(DecodeError::Inconsistent)?;
    let (bytes, rest) = input.split_at_checked(bytes).ok_or(DecodeError::Truncated)?;
    *input = rest;
    let (words, _) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let bits = Bitmap::from_words(words).ok_or(DecodeError::Inconsistent)?;
    let last = plus(first.into(), bits.last().into())?;
    builder.bits(first, Arc::new(bits));
    Ok(last)
}

/// A UID so far above another.
fn plus(number: u64, distance: u64) -> Result<u32, DecodeError> {
    let sum = number.checked_add(distance).ok_or(DecodeError::Inconsistent)?;
    u32::try_from(sum).map_err(|_| DecodeError::Inconsistent)
}
