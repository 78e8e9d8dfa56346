//! Numbers, MODSEQs and sets of numbers.

use std::num::NonZeroU32;

use mailstore::search::{End, Window};
use mailstore::uid::{Bound, ModSeq, SequenceSet};

use super::{Cursor, Parsed};

impl Cursor<'_> {
    /// A number below 2^63 (RFC 9051 `number64`).
    pub(in crate::codec) fn number64(&mut self) -> Parsed<u64> {
        let at = self.at();
        let digits = self.run(|byte| byte.is_ascii_digit());
        let value = digits.iter().try_fold(0u64, |value, digit| {
            value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        });
        match value {
            Some(value) if !digits.is_empty() && value < 1 << 63 => Ok(value),
            _ => Self::expected_at(at, "a number"),
        }
    }

    /// A number below 2^32 (RFC 9051 `number`).
    pub(in crate::codec) fn number(&mut self) -> Parsed<u32> {
        let at = self.at();
        let value = self.number64().ok().and_then(|value| u32::try_from(value).ok());
        value.map_or_else(|| Self::expected_at(at, "a number"), Ok)
    }

    /// A number from 1 to 2^32 - 1 (RFC 9051 `nz-number`).
    pub(in crate::codec) fn nz_number(&mut self) -> Parsed<NonZeroU32> {
        let at = self.at();
        let value = self.number().ok().and_then(NonZeroU32::new);
        value.map_or_else(|| Self::expected_at(at, "a number above 0"), Ok)
    }

    /// A MODSEQ, or 0 (RFC 7162 `mod-sequence-valzer`).
    pub(in crate::codec) fn modseq(&mut self) -> Parsed<ModSeq> {
        let at = self.at();
        self.number64().map(ModSeq).or_else(|_| Self::expected_at(at, "a mod-sequence"))
    }

    /// A `sequence-set`.
    pub(in crate::codec) fn sequence_set(&mut self) -> Parsed<SequenceSet> {
        let mut ranges = Vec::new();
        loop {
            let from = self.bound()?;
            let to = if self.eat(b':') { self.bound()? } else { from };
            ranges.push((from, to));
            if !self.eat(b',') {
                return Ok(SequenceSet(ranges));
            }
        }
    }

    /// Positions in a result: `1:500`, or `-1:-100` (RFC 9394 `partial-range`).
    pub(in crate::codec) fn window(&mut self) -> Parsed<Window> {
        let end = if self.eat(b'-') { End::Last } else { End::First };
        let one = self.nz_number()?;
        self.byte(b':', "a colon")?;
        if end == End::Last {
            self.byte(b'-', "a number below 0")?;
        }
        Ok(Window::new(end, one, self.nz_number()?))
    }

    /// A number, or `*`.
    pub(in crate::codec) fn bound(&mut self) -> Parsed<Bound> {
        if self.eat(b'*') {
            return Ok(Bound::Star);
        }
        let at = self.at();
        self.nz_number()
            .map(Bound::Number)
            .or_else(|_| Self::expected_at(at, "a sequence number or *"))
    }
}
