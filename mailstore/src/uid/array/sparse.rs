//! UIDs far from each other: the lowest bits of each offset as they are, the others counted by a
//! bitmap (Elias and Fano). One UID in `n` takes about `2 + log2(n)` bits, half a bit more than no
//! code can do without.

use std::ops::Range;

use super::bitmap::{Bitmap, SPAN};
use super::packed::Packed;

/// The most UIDs in one: removing any copies all others.
pub(super) const MOST: u32 = 4096;
/// With fewer it pays to make a larger one of several.
const FEW: u32 = MOST / 8;

/// Offsets, ascending.
#[derive(Clone, Debug)]
pub(super) struct Sparse {
    /// How many bits of each offset are low.
    width: u32,
    /// The low bits, one offset after the other.
    lows: Packed,
    /// A one for each offset, after as many zeros as its high bits say.
    highs: Bitmap,
}

impl Sparse {
    /// For about so many UIDs among `span`; none yet.
    pub(super) fn for_density(count: u32, span: u32) -> Self {
        Self { width: width(count, span), lows: Packed::default(), highs: Bitmap::default() }
    }

    /// How many bits so many UIDs among `span` take.
    pub(super) fn bits(count: u32, span: u32) -> u64 {
        bits(width(count, span), count, span)
    }

    /// How many more bits it would take with so many more UIDs up to an offset, if it can.
    pub(super) fn growth(&self, count: u32, last: u32) -> Option<u64> {
        let fits = self.len() + count <= MOST && (last >> self.width) + MOST < SPAN;
        fits.then(|| bits(self.width, count, last - self.last()))
    }

    /// How many UIDs are there.
    pub(super) const fn len(&self) -> u32 {
        self.highs.ones()
    }

    /// The largest offset that is there.
    pub(super) fn last(&self) -> u32 {
        let rank = self.len().saturating_sub(1);
        self.offset(rank, self.highs.last())
    }

    /// How many come before this one, if it is there.
    pub(super) fn rank(&self, offset: u32) -> Option<u32> {
        let alike = self.alike(offset)?;
        let rank = self.at_or_above(offset, &alike);
        (rank < alike.end && self.low(rank) == self.low_of(offset)).then_some(rank)
    }

    /// The offset of the one before which there are `rank`.
    pub(super) fn select(&self, rank: u32) -> Option<u32> {
        self.highs.select(rank).map(|place| self.offset(rank, place))
    }

    /// The offsets from one on, ascending.
    pub(super) fn iter_from(&self, offset: u32) -> Offsets<'_> {
        let rank = self.rank_from(offset);
        let place = self.highs.select(rank).unwrap_or(u32::MAX);
        Offsets { sparse: self, rank, place }
    }

    /// Adds an offset above all that are there.
    pub(super) fn push(&mut self, offset: u32) {
        let rank = self.len();
        if rank.is_multiple_of(64) {
            self.lows.reserve(64 * self.width as usize);
        }
        self.lows.push(self.low_of(offset).into(), self.width as usize);
        let place = (offset >> self.width) + rank;
        self.highs.append(place, place);
    }

    /// Removes those in ranges, which are ascending. None are left, or too few for their room, if
    /// that gives none.
    pub(super) fn without(&self, gone: impl Iterator<Item = (u32, u32)>) -> Option<Self> {
        let (mut lows, mut highs) = (Packed::default(), Packed::default());
        lows.reserve(self.lows.words().len() * 64);
        highs.reserve(self.highs.words().len() * 64);
        let mut keep = |ranks: Range<u32>, places: Range<u32>| {
            let bits = |rank: u32| rank as usize * self.width as usize;
            lows.copy(self.lows.words(), bits(ranks.start)..bits(ranks.end));
            highs.copy(self.highs.words(), places.start as usize..places.end as usize);
        };
        let (mut rank, mut place) = (0, 0);
        for gone in gone.flat_map(|(from, to)| self.rank_from(from)..self.rank_from(to + 1)) {
            let at = self.highs.select(gone)?;
            keep(rank..gone, place..at);
            (rank, place) = (gone + 1, at + 1);
        }
        keep(rank..self.len(), place..self.highs.last() + 1);
        let highs = Bitmap::from_words(highs.into_words())?;
        let is_fit = highs.ones() >= FEW && highs.last() < 6 * highs.ones();
        is_fit.then_some(Self { width: self.width, lows, highs })
    }

    /// Bytes on the heap.
    pub(super) const fn heap(&self) -> usize {
        self.lows.heap() + self.highs.heap()
    }

    /// How many come before an offset.
    fn rank_from(&self, offset: u32) -> u32 {
        self.alike(offset).map_or(self.len(), |alike| self.at_or_above(offset, &alike))
    }

    /// The ranks of those whose high bits are those of an offset; none if none has so high ones.
    fn alike(&self, offset: u32) -> Option<Range<u32>> {
        let high = offset >> self.width;
        let start = match high {
            0 => 0,
            _ => self.highs.select_zero(high - 1)? + 1,
        };
        Some(start - high..self.highs.zero_from(start) - high)
    }

    /// The first rank whose offset is not below this one, among those alike and the one after.
    fn at_or_above(&self, offset: u32, alike: &Range<u32>) -> u32 {
        let (mut from, mut to) = (alike.start, alike.end);
        while from < to {
            let middle = from.midpoint(to);
            match self.low(middle) < self.low_of(offset) {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }

    /// The offset at a rank, whose one stands at a place.
    fn offset(&self, rank: u32, place: u32) -> u32 {
        (place - rank) << self.width | self.low(rank)
    }

    const fn low_of(&self, offset: u32) -> u32 {
        offset & ((1 << self.width) - 1)
    }

    fn low(&self, rank: u32) -> u32 {
        self.low_of(self.lows.from(rank as usize * self.width as usize) as u32)
    }
}

/// The width with which so many UIDs among `span` take the least.
fn width(count: u32, span: u32) -> u32 {
    (span / count.max(1)).checked_ilog2().unwrap_or(0)
}

fn bits(width: u32, count: u32, span: u32) -> u64 {
    u64::from(count) * u64::from(1 + width) + u64::from(span >> width)
}

/// The offsets of a [`Sparse`], ascending.
#[derive(Clone, Debug)]
pub(super) struct Offsets<'a> {
    sparse: &'a Sparse,
    rank: u32,
    /// Where the one of this rank stands at the earliest.
    place: u32,
}

impl Iterator for Offsets<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let place = self.sparse.highs.one_from(self.place)?;
        let offset = self.sparse.offset(self.rank, place);
        (self.rank, self.place) = (self.rank + 1, place + 1);
        Some(offset)
    }
}
