//! The stored form of a set: how many ranges, then each by its distance from the one before and
//! its length. It has no version of its own: it is part of larger stored values, which have.

use super::UidSet;
use crate::uid::varint::{self, DecodeError};

impl UidSet {
    /// The stored form: two to ten bytes a range.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    /// Appends the stored form, which tells where it ends.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        varint::put(out, self.ranges.len() as u64);
        let mut next = 1;
        for &(from, to) in &self.ranges {
            varint::put(out, (from - next).into());
            varint::put(out, (to - from).into());
            // Two more is where the next range can start at the earliest.
            next = to.saturating_add(2);
        }
    }

    /// Reads the stored form.
    pub fn decode(input: &[u8]) -> Result<Self, DecodeError> {
        match Self::decode_prefix(input)? {
            (set, []) => Ok(set),
            _ => Err(DecodeError::Trailing),
        }
    }

    /// Reads the stored form from the front; returns the rest too. Allocates in proportion to
    /// `input`, whatever that contains.
    pub fn decode_prefix(mut input: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let count = varint::take(&mut input)?;
        if count > input.len() as u64 / 2 {
            return Err(DecodeError::Truncated);
        }
        let mut ranges = Vec::with_capacity(count as usize);
        let mut next = 1;
        for _ in 0..count {
            let from = next + u64::from(varint::take_u32(&mut input)?);
            let to = from + u64::from(varint::take_u32(&mut input)?);
            let number = |uid| u32::try_from(uid).map_err(|_| DecodeError::Inconsistent);
            ranges.push((number(from)?, number(to)?));
            next = to + 2;
        }
        Ok((Self { ranges }, input))
    }
}
