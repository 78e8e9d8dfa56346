//! A bitmap of at most 65,536 UIDs with a rank every 512 bits.

/// The most UIDs a bitmap spans; ranks are 16 bits wide.
pub(super) const SPAN: u32 = 1 << 16;
/// How many words share a rank.
const STEP: usize = 8;

/// Which of the UIDs from some base on are there, by their offset from it. Offsets given to the
/// methods lie below [`SPAN`].
#[derive(Clone, Debug, Default)]
pub(super) struct Bitmap {
    words: Vec<u64>,
    /// How many bits are set before each step of words.
    ranks: Vec<u16>,
    ones: u32,
    /// How many bits were cleared since the runs were last counted.
    cleared: u32,
}

impl Bitmap {
    /// From words as [`Self::words`] gives them; none if they are empty, too many, or the last is
    /// zero.
    pub(super) fn from_words(words: Vec<u64>) -> Option<Self> {
        if words.len() > SPAN as usize / 64 || words.last().is_none_or(|word| *word == 0) {
            return None;
        }
        let mut bitmap = Self::default();
        for step in words.chunks(STEP) {
            bitmap.ranks.push(bitmap.ones as u16);
            bitmap.ones += step.iter().map(|word| word.count_ones()).sum::<u32>();
        }
        bitmap.words = words;
        Some(bitmap)
    }

    /// The words, the least significant bit first; the last is not zero.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many UIDs are there.
    pub(super) const fn ones(&self) -> u32 {
        self.ones
    }

    /// The largest offset that is there.
    pub(super) fn last(&self) -> u32 {
        let high = self.words.last().map_or(63, |word| word.leading_zeros());
        (self.words.len() as u32 * 64).saturating_sub(high + 1)
    }

    /// How many come before this one, if it is there.
    pub(super) fn rank(&self, offset: u32) -> Option<u32> {
        let at = offset as usize / 64;
        let word = *self.words.get(at)?;
        let bit = 1_u64 << (offset % 64);
        if word & bit == 0 {
            return None;
        }
        let step = at / STEP;
        let before = self.words[step * STEP..at].iter().map(|word| word.count_ones()).sum::<u32>();
        Some(u32::from(self.ranks[step]) + before + (word & (bit - 1)).count_ones())
    }

    /// The offset of the one before which there are `rank`.
    pub(super) fn select(&self, rank: u32) -> Option<u32> {
        self.select_flipped(rank, 0)
    }

    /// The offset of the one that is not there and below which there are `rank` others that are not
    /// there.
    pub(super) fn select_zero(&self, rank: u32) -> Option<u32> {
        self.select_flipped(rank, u64::MAX)
    }

    /// As [`Self::select`], after the words are XORed with `flip`.
    #[inline]
    fn select_flipped(&self, rank: u32, flip: u64) -> Option<u32> {
        let step = self.step_of(rank, flip)?;
        let left = rank - self.before(step, flip);
        let at = step * STEP;
        // All words are counted, without an early end: a branch that nobody can predict costs more.
        let ones = self.step(at).map(|word| (word ^ flip).count_ones());
        let (mut skip, mut passed, mut total) = (0, 0, 0);
        for count in ones {
            total += count;
            let before = total <= left;
            skip += usize::from(before);
            passed = if before { total } else { passed };
        }
        let word = self.words.get(at + skip)? ^ flip;
        Some((at + skip) as u32 * 64 + nth_one(word, left - passed))
    }

    /// The last step before which there are at most `rank`.
    #[inline]
    fn step_of(&self, rank: u32, flip: u64) -> Option<usize> {
        // UIDs are mostly spread evenly: a guess is right or next to right.
        let all = if flip == 0 { self.ones } else { self.words.len() as u32 * 64 - self.ones };
        let guess = u64::from(rank) * self.ranks.len() as u64 / u64::from(all.max(1));
        let low = (guess as usize).saturating_sub(1);
        let reached = |step: usize| self.before(step, flip) <= rank;
        if low + 4 <= self.ranks.len() && reached(low) && !reached(low + 3) {
            return Some(low + usize::from(reached(low + 1)) + usize::from(reached(low + 2)));
        }
        let (mut from, mut to) = (0, self.ranks.len());
        while from < to {
            let middle = from.midpoint(to);
            if reached(middle) { from = middle + 1 } else { to = middle }
        }
        from.checked_sub(1)
    }

    /// How many there are before a step.
    fn before(&self, step: usize, flip: u64) -> u32 {
        let ones = u32::from(self.ranks[step]);
        if flip == 0 { ones } else { (step * STEP * 64) as u32 - ones }
    }

    /// The words of a step, those beyond the end zero.
    fn step(&self, at: usize) -> [u64; STEP] {
        let rest = &self.words[at..];
        rest.first_chunk().copied().unwrap_or_else(|| {
            let mut words = [0; STEP];
            words[..rest.len()].copy_from_slice(rest);
            words
        })
    }

    /// The first run that ends at or after an offset, cut to begin there.
    pub(super) fn run_from(&self, offset: u32) -> Option<(u32, u32)> {
        let from = self.one_from(offset)?;
        Some((from, self.zero_from(from) - 1))
    }

    /// The first that is there, from an offset on.
    pub(super) fn one_from(&self, offset: u32) -> Option<u32> {
        self.find(offset, 0)
    }

    /// The first that is not there, from an offset on.
    pub(super) fn zero_from(&self, offset: u32) -> u32 {
        self.find(offset, u64::MAX).unwrap_or(self.words.len() as u32 * 64)
    }

    /// The first offset from here on whose bit is set after the words are XORed with `flip`.
    fn find(&self, offset: u32, flip: u64) -> Option<u32> {
        let start = offset as usize / 64;
        let word = (self.words.get(start)? ^ flip) & (u64::MAX << (offset % 64));
        if word != 0 {
            return Some(start as u32 * 64 + word.trailing_zeros());
        }
        let skipped = self.words[start + 1..].iter().position(|word| word ^ flip != 0)?;
        let at = start + 1 + skipped;
        Some(at as u32 * 64 + (self.words[at] ^ flip).trailing_zeros())
    }

    /// Adds a run above all that is there.
    pub(super) fn append(&mut self, from: u32, to: u32) {
        let words = to as usize / 64 + 1;
        // A bitmap grows a few times at most: exact room, no slack.
        self.words.reserve_exact(words.saturating_sub(self.words.len()));
        self.words.resize(words.max(self.words.len()), 0);
        for_each_word(from, to, |at, mask| self.words[at] |= mask);
        while self.ranks.len() * STEP < self.words.len() {
            let start = (self.ranks.len() * STEP * 64) as u32;
            self.ranks.push((self.ones + start.saturating_sub(from)) as u16);
        }
        self.ones += to - from + 1;
    }

    /// Begins to clear runs, in ascending order.
    pub(super) const fn clearing(&mut self) -> Clearing<'_> {
        Clearing { bitmap: self, removed: 0, step: 0 }
    }

    /// Would a bitmap that starts later take less room, or another form, which takes so many bits
    /// for so many runs, UIDs, and UIDs of the span? Looks only after so many bits were cleared that
    /// the look costs nothing by comparison.
    pub(super) fn is_wasteful(&mut self, otherwise: impl Fn(usize, u32, u32) -> u64) -> bool {
        if (self.cleared as usize) < self.words.len().max(STEP) {
            return false;
        }
        self.cleared = 0;
        let unused = self.words.iter().take_while(|word| **word == 0).count();
        let span = self.words.len() as u32 * 64;
        unused * 2 > self.words.len()
            || otherwise(self.runs(), self.ones, span) * 4 <= u64::from(span) * 3
    }

    fn runs(&self) -> usize {
        let mut below = 0;
        let starts = self.words.iter().map(|&word| {
            let start = word & !(word << 1 | below);
            below = word >> 63;
            start.count_ones() as usize
        });
        starts.sum()
    }

    /// Bytes on the heap.
    pub(super) const fn heap(&self) -> usize {
        self.words.capacity() * 8 + self.ranks.capacity() * 2
    }
}

/// Clears runs of a bitmap, keeping the ranks right at the cost of one pass over them in all.
pub(super) struct Clearing<'a> {
    bitmap: &'a mut Bitmap,
    removed: u32,
    /// The first rank not yet lowered.
    step: usize,
}

impl Clearing<'_> {
    /// Clears a run up to the last offset at most; it lies above those cleared before.
    pub(super) fn clear(&mut self, from: u32, to: u32) {
        for_each_word(from, to, |at, mask| self.clear_in(at, mask));
    }

    fn clear_in(&mut self, at: usize, mask: u64) {
        if self.step * STEP <= at {
            self.lower(at / STEP + 1);
        }
        let word = &mut self.bitmap.words[at];
        self.removed += (*word & mask).count_ones();
        *word &= !mask;
    }

    /// Brings the remaining ranks and the count up to date.
    pub(super) fn finish(mut self) {
        self.lower(self.bitmap.ranks.len());
        let bitmap = self.bitmap;
        bitmap.ones -= self.removed;
        bitmap.cleared += self.removed;
        let used = bitmap.words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        bitmap.words.truncate(used);
        bitmap.ranks.truncate(used.div_ceil(STEP));
    }

    fn lower(&mut self, end: usize) {
        for rank in &mut self.bitmap.ranks[self.step..end] {
            *rank -= self.removed as u16;
        }
        self.step = end;
    }
}

/// The words a run touches, each with the bits of the run in it.
#[inline]
fn for_each_word(from: u32, to: u32, mut each: impl FnMut(usize, u64)) {
    let (first, last) = (from as usize / 64, to as usize / 64);
    let (low, high) = (u64::MAX << (from % 64), u64::MAX >> (63 - to % 64));
    if first == last {
        return each(first, low & high);
    }
    each(first, low);
    (first + 1..last).for_each(|at| each(at, u64::MAX));
    each(last, high);
}

/// The place of the set bit below which there are `n` others; there must be one.
fn nth_one(word: u64, n: u32) -> u32 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Bits per byte, then (by the multiplication) bits up to and with each byte.
    let pairs = word - (word >> 1 & 0x5555_5555_5555_5555);
    let nibbles = (pairs & 0x3333_3333_3333_3333) + (pairs >> 2 & 0x3333_3333_3333_3333);
    let upto = ((nibbles + (nibbles >> 4)) & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(EACH);
    // The high bit stays set in the bytes with more than `n` bits up to them.
    let over = ((upto | HIGH) - EACH * (n as u64 + 1)) & HIGH;
    let shift = over.trailing_zeros() & 0x38;
    let left = n as usize - (upto << 8 >> shift & 0xff) as usize;
    shift + NTH_IN_BYTE[left & 7][(word >> shift & 0xff) as usize] as u32
}

/// The place of the n-th set bit of each byte.
static NTH_IN_BYTE: [[u8; 256]; 8] = nth_in_byte();

const fn nth_in_byte() -> [[u8; 256]; 8] {
    let mut table = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let (mut place, mut n) = (0, 0);
        while place < 8 {
            if byte >> place & 1 == 1 {
                table[n][byte] = place as u8;
                n += 1;
            }
            place += 1;
        }
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nth_one_in_words() {
        for word in [1, 1 << 63, u64::MAX, 0x8000_0000_0000_0001, 0x00f0_1234_5678_9abc] {
            let places: Vec<u32> = (0..64).filter(|at| word >> at & 1 == 1).collect();
            for (n, at) in places.iter().enumerate() {
                assert_eq!(nth_one(word, n as u32), *at, "{word:x}");
            }
        }
    }

    #[test]
    fn a_full_bitmap_has_exact_ranks() {
        let mut bitmap = Bitmap::default();
        bitmap.append(0, SPAN - 1);
        assert_eq!((bitmap.ones(), bitmap.last()), (SPAN, SPAN - 1));
        for offset in [0, 1, 511, 512, 65_023, 65_024, SPAN - 1] {
            assert_eq!(bitmap.rank(offset), Some(offset));
            assert_eq!(bitmap.select(offset), Some(offset));
        }
        assert_eq!(bitmap.run_from(700), Some((700, SPAN - 1)));
        assert_eq!(bitmap.rank(SPAN), None);
        assert_eq!(bitmap.select(SPAN), None);
    }

    #[test]
    fn zeros_are_counted_too() {
        let mut bitmap = Bitmap::default();
        (0..5000).step_by(3).for_each(|offset| bitmap.append(offset, offset));
        let zeros: Vec<u32> = (0..5056).filter(|at| at % 3 != 0 || *at >= 5000).collect();
        for (rank, zero) in zeros.iter().enumerate() {
            assert_eq!(bitmap.select_zero(rank as u32), Some(*zero));
        }
        assert_eq!(bitmap.select_zero(zeros.len() as u32), None);
        assert_eq!((bitmap.zero_from(3), bitmap.zero_from(4998)), (4, 4999));
    }

    #[test]
    fn clearing_lowers_the_ranks_behind_it() {
        let mut bitmap = Bitmap::default();
        bitmap.append(0, 4095);
        let mut clearing = bitmap.clearing();
        clearing.clear(10, 10);
        clearing.clear(500, 1600);
        clearing.clear(4000, 4095);
        clearing.finish();
        assert_eq!(bitmap.ones(), 4096 - 1 - 1101 - 96);
        assert_eq!(bitmap.last(), 3999);
        assert_eq!(bitmap.rank(1601), Some(499));
        assert_eq!(bitmap.select(499), Some(1601));
        assert_eq!(bitmap.run_from(11), Some((11, 499)));
        assert_eq!(bitmap.run_from(500), Some((1601, 3999)));
        assert_eq!(bitmap.run_from(4000), None);
    }
}
