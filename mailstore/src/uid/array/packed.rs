//! Bits one after the other, the least significant of each word first.

use std::ops::Range;

/// A string of bits.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    words: Vec<u64>,
    len: usize,
}

impl Packed {
    /// The bits from one on, at most 64; those beyond the end are zero.
    pub(super) fn from(&self, at: usize) -> u64 {
        from(&self.words, at)
    }

    /// Adds the `count` lowest bits of a number, at most 64; the others are zero.
    pub(super) fn push(&mut self, bits: u64, count: usize) {
        let shift = self.len % 64;
        if let Some(last) = self.words.last_mut().filter(|_| shift > 0) {
            *last |= bits << shift;
        }
        self.len += count;
        if self.len > self.words.len() * 64 {
            self.words.push(bits.unbounded_shr((64 - shift as u32) % 64));
        }
    }

    /// Adds a range of other bits.
    pub(super) fn copy(&mut self, words: &[u64], range: Range<usize>) {
        for at in range.clone().step_by(64) {
            let count = (range.end - at).min(64);
            self.push(from(words, at) & (u64::MAX >> (64 - count)), count);
        }
    }

    /// Makes room for so many bits more.
    pub(super) fn reserve(&mut self, bits: usize) {
        self.words.reserve_exact(bits.div_ceil(64));
    }

    /// The words.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words, up to the last that is not zero.
    pub(super) fn into_words(mut self) -> Vec<u64> {
        let used = self.words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        self.words.truncate(used);
        self.words
    }

    /// Bytes on the heap.
    pub(super) const fn heap(&self) -> usize {
        self.words.capacity() * 8
    }
}

fn from(words: &[u64], at: usize) -> u64 {
    let word = |at: usize| words.get(at).copied().unwrap_or(0);
    word(at / 64) >> (at % 64) | word(at / 64 + 1) << 1 << (63 - at % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back() {
        let mut packed = Packed::default();
        (0..1000).for_each(|number| packed.push(number, 11));
        let mut copy = Packed::default();
        copy.push(1, 3);
        copy.copy(packed.words(), 11 * 7..11 * 900);
        for number in 0..1000 {
            assert_eq!(packed.from(11 * number as usize) & 0x7ff, number);
            if (7..900).contains(&number) {
                assert_eq!(copy.from(3 + 11 * (number as usize - 7)) & 0x7ff, number);
            }
        }
        assert_eq!((copy.from(3 + 11 * 893), packed.from(20_000)), (0, 0));
    }

    #[test]
    fn whole_words() {
        let mut packed = Packed::default();
        (1..5).for_each(|number| packed.push(number, 64));
        packed.push(0, 0);
        packed.push(0, 64);
        assert_eq!(packed.words(), [1, 2, 3, 4, 0]);
        assert_eq!(packed.into_words(), [1, 2, 3, 4]);
    }
}
