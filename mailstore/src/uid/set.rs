//! Sets of UIDs.

mod codec;
mod ops;

use std::fmt;
use std::ops::RangeInclusive;

use super::Uid;

/// A set of UIDs: ascending ranges that neither touch nor overlap.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct UidSet {
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// One UID.
    pub fn single(uid: Uid) -> Self {
        Self::range(uid..=uid)
    }

    /// All UIDs from the first to the last; none if the last comes before the first.
    pub fn range(range: RangeInclusive<Uid>) -> Self {
        Self::from_ranges([range])
    }

    /// All UIDs of some ranges, in any order, overlapping or not. Takes O(n log n) time, and linear
    /// time and room for no more than the result if the ranges come in ascending order. A range
    /// that ends before it starts adds nothing.
    pub fn from_ranges(ranges: impl IntoIterator<Item = RangeInclusive<Uid>>) -> Self {
        let pairs = ranges.into_iter().map(|range| (range.start().get(), range.end().get()));
        Self::from_pairs(pairs.filter(|(from, to)| from <= to))
    }

    /// Is it empty?
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many UIDs are in it.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|&range| size(range)).sum()
    }

    /// Is this UID in it?
    pub fn contains(&self, uid: Uid) -> bool {
        let after = self.ranges.partition_point(|range| range.0 <= uid.get());
        self.ranges[..after].last().is_some_and(|range| range.1 >= uid.get())
    }

    /// The ranges, ascending; there is a gap between any two.
    pub fn ranges(&self) -> impl DoubleEndedIterator<Item = RangeInclusive<Uid>> + '_ {
        self.ranges.iter().filter_map(|&(from, to)| Some(Uid::new(from)?..=Uid::new(to)?))
    }

    /// The UIDs, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Uid> + '_ {
        self.ranges.iter().flat_map(|&(from, to)| (from..=to).filter_map(Uid::new))
    }

    /// The smallest UID.
    pub fn first(&self) -> Option<Uid> {
        self.ranges.first().and_then(|range| Uid::new(range.0))
    }

    /// The largest UID.
    pub fn last(&self) -> Option<Uid> {
        self.ranges.last().and_then(|range| Uid::new(range.1))
    }

    /// Adds a UID; cheap at the upper end, else linear in the ranges.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_range(uid..=uid);
    }

    /// Adds a range; cheap at the upper end, else linear in the ranges: to add many in any order
    /// use [`Self::from_ranges`] and [`Self::union`]. A range that ends before it starts adds
    /// nothing.
    pub fn insert_range(&mut self, range: RangeInclusive<Uid>) {
        let (mut from, mut to) = (range.start().get(), range.end().get());
        if from > to {
            return;
        }
        let first = self.ranges.partition_point(|old| old.1 < from && from - old.1 > 1);
        let touched = self.ranges[first..].partition_point(|old| old.0 <= to || old.0 - to == 1);
        if let Some((lowest, highest)) = ends(&self.ranges[first..first + touched]) {
            (from, to) = (from.min(lowest), to.max(highest));
        }
        self.ranges.splice(first..first + touched, [(from, to)]);
    }

    /// The ranges as numbers.
    pub(super) fn as_pairs(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// From ranges that are ascending and do not touch.
    pub(super) fn from_sorted(ranges: impl Iterator<Item = (u32, u32)>) -> Self {
        Self { ranges: ranges.collect() }
    }

    /// From ranges in any order, none of which is empty or starts at 0.
    pub(super) fn from_pairs(pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut ranges = Vec::new();
        let mut ascending = true;
        for pair in pairs {
            ascending &= ranges.last().is_none_or(|last: &(u32, u32)| last.0 <= pair.0);
            append(&mut ranges, pair);
        }
        if !ascending {
            // Stable, since that sort takes linear time where sorted stretches follow each other.
            ranges.sort();
            let sorted = std::mem::take(&mut ranges);
            sorted.into_iter().for_each(|pair| append(&mut ranges, pair));
        }
        Self { ranges }
    }
}

/// Adds a range to others, widening the last if it starts within or right behind that.
fn append(ranges: &mut Vec<(u32, u32)>, (from, to): (u32, u32)) {
    match ranges.last_mut() {
        Some(last) if last.0 <= from && from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
        _ => ranges.push((from, to)),
    }
}

/// Where ascending ranges begin and end.
fn ends(ranges: &[(u32, u32)]) -> Option<(u32, u32)> {
    Some((ranges.first()?.0, ranges.last()?.1))
}

fn size((from, to): (u32, u32)) -> u64 {
    u64::from(to - from) + 1
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        Self::from_pairs(uids.into_iter().map(|uid| (uid.get(), uid.get())))
    }
}

/// As IMAP writes it: `1:3,7`.
impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, &(from, to)) in self.ranges.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{from}")?;
            if from != to {
                write!(f, ":{to}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}
