//! The stored form of an array: a version, the length, and the pieces, each by its distance from
//! the one before. The caller adds a checksum.
//!
//! Version 1 had runs and bitmaps only, told apart by one bit.

use std::sync::Arc;

use super::UidArray;
use super::bitmap::{Bitmap, SPAN};
use super::block::Block;
use super::piece::Builder;
use super::sparse::Sparse;
use super::steps::Steps;
use crate::uid::varint::{self, DecodeError};

const VERSION: u8 = 2;

/// What a piece is, in the two lowest bits of its head.
const RUN: u64 = 0;
const BITS: u64 = 1;
const SPARSE: u64 = 2;
const STEPS: u64 = 3;

impl UidArray {
    /// The stored form: a few bytes for a dense mailbox and for regular holes, else at most about a
    /// bit per UID of the span, one to five bytes per UID, or 10 bytes per run, whichever is less.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        varint::put(&mut out, self.len.into());
        let mut next = 1;
        for (piece, count) in self.pieces_with_counts() {
            let gap = u64::from(piece.first) - next;
            let last = match piece.block.as_deref() {
                None => put_run(&mut out, gap, count),
                Some(Block::Bits(bits)) => put_bits(&mut out, gap, bits),
                Some(Block::Sparse(sparse)) => put_sparse(&mut out, gap, sparse),
                Some(Block::Steps(steps)) => put_steps(&mut out, gap, *steps),
            };
            next = u64::from(piece.first + last) + 1;
        }
        out
    }

    /// Reads the stored form. Allocates in proportion to `input`, whatever that contains.
    pub fn decode(mut input: &[u8]) -> Result<Self, DecodeError> {
        let input = &mut input;
        let kind_bits = match varint::take_byte(input)? {
            1 => 1,
            VERSION => 2,
            newer => return Err(DecodeError::Version(newer)),
        };
        let len = varint::take_u32(input)?;
        let (mut builder, mut next) = (Builder::after(Vec::new(), 0), 1);
        while !input.is_empty() {
            let head = varint::take(input)?;
            let first = plus(next, head >> kind_bits)?;
            let last = match head & ((1 << kind_bits) - 1) {
                RUN => take_run(input, &mut builder, first)?,
                BITS => take_bits(input, &mut builder, first)?,
                SPARSE => take_sparse(input, &mut builder, first)?,
                _ => take_steps(input, &mut builder, first)?,
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

// Each puts the head of a piece, what it holds, and returns the offset of its last UID.

fn put_run(out: &mut Vec<u8>, gap: u64, count: u32) -> u32 {
    varint::put(out, gap << 2 | RUN);
    varint::put(out, u64::from(count - 1));
    count - 1
}

fn put_bits(out: &mut Vec<u8>, gap: u64, bits: &Bitmap) -> u32 {
    varint::put(out, gap << 2 | BITS);
    varint::put(out, bits.words().len() as u64);
    out.extend(bits.words().iter().flat_map(|word| word.to_le_bytes()));
    bits.last()
}

/// How many, and the distance of each from the one before, the first from the head's.
fn put_sparse(out: &mut Vec<u8>, gap: u64, sparse: &Sparse) -> u32 {
    varint::put(out, gap << 2 | SPARSE);
    varint::put(out, sparse.len().into());
    let mut last = 0;
    for offset in sparse.iter_from(0) {
        varint::put(out, u64::from(offset - last));
        last = offset;
    }
    last
}

fn put_steps(out: &mut Vec<u8>, gap: u64, steps: Steps) -> u32 {
    varint::put(out, gap << 2 | STEPS);
    varint::put(out, u64::from(steps.len() - 1));
    varint::put(out, u64::from(steps.step()));
    steps.last()
}

// Each reads what a piece holds from its first UID on, and returns its last.

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
    builder.block(first, Arc::new(Block::Bits(bits)));
    Ok(last)
}

fn take_sparse(input: &mut &[u8], builder: &mut Builder, first: u32) -> Result<u32, DecodeError> {
    let count = varint::take_u32(input)?;
    let mut last = plus(first.into(), varint::take(input)?)?;
    builder.run(last, last);
    for _ in 1..count {
        let distance = varint::take(input)?;
        if distance == 0 {
            return Err(DecodeError::Inconsistent);
        }
        last = plus(last.into(), distance)?;
        builder.run(last, last);
    }
    Ok(last)
}

fn take_steps(input: &mut &[u8], builder: &mut Builder, first: u32) -> Result<u32, DecodeError> {
    let more = varint::take_u32(input)?;
    let step = varint::take_u32(input)?;
    if step < 2 || more >= SPAN {
        return Err(DecodeError::Inconsistent);
    }
    let last = plus(first.into(), u64::from(more) * u64::from(step))?;
    builder.steps(first, last, step);
    Ok(last)
}

/// A UID so far above another.
fn plus(number: u64, distance: u64) -> Result<u32, DecodeError> {
    let sum = number.checked_add(distance).ok_or(DecodeError::Inconsistent)?;
    u32::try_from(sum).map_err(|_| DecodeError::Inconsistent)
}
