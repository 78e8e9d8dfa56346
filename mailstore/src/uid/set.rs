//! Sets of UIDs, and the sets of numbers that clients write.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::{Uid, UidArray};

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

    /// All UIDs from the first to the last.
    pub fn range(range: RangeInclusive<Uid>) -> Self {
        let mut set = Self::new();
        set.insert_range(range);
        set
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many UIDs are in it.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|&(from, to)| u64::from(to - from) + 1).sum()
    }

    /// Is this UID in it?
    pub fn contains(&self, uid: Uid) -> bool {
        let uid = uid.get();
        let after = self.ranges.partition_point(|&(from, _)| from <= uid);
        after > 0 && self.ranges[after - 1].1 >= uid
    }

    /// The ranges, ascending; there is a gap between any two.
    pub fn ranges(&self) -> impl DoubleEndedIterator<Item = RangeInclusive<Uid>> + '_ {
        let uid = |number| Uid::new(number).unwrap_or(Uid::MIN);
        self.ranges.iter().map(move |&(from, to)| uid(from)..=uid(to))
    }

    /// The UIDs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
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

    /// Adds a UID; cheap at the upper end.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_range(uid..=uid);
    }

    /// Adds a range; cheap at the upper end. A range that ends before it starts adds nothing.
    pub fn insert_range(&mut self, range: RangeInclusive<Uid>) {
        let (mut from, mut to) = (range.start().get(), range.end().get());
        if from > to {
            return;
        }
        let first = self.ranges.partition_point(|old| old.1 < from && from - old.1 > 1);
        let last =
            first + self.ranges[first..].partition_point(|old| old.0 <= to || old.0 - to == 1);
        if first < last {
            from = from.min(self.ranges[first].0);
            to = to.max(self.ranges[last - 1].1);
        }
        self.ranges.splice(first..last, [(from, to)]);
    }

    /// All that is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all: Vec<_> = self.ranges.iter().chain(&other.ranges).copied().collect();
        all.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match ranges.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => ranges.push((from, to)),
            }
        }
        Self { ranges }
    }

    /// All that is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        let mut ranges = Vec::new();
        while let (Some(&&x), Some(&&y)) = (a.peek(), b.peek()) {
            let (from, to) = (x.0.max(y.0), x.1.min(y.1));
            if from <= to {
                ranges.push((from, to));
            }
            if x.1 <= y.1 {
                a.next();
            } else {
                b.next();
            }
        }
        Self { ranges }
    }

    /// All that is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut cuts = other.ranges.iter().peekable();
        for &(mut from, to) in &self.ranges {
            while let Some(&&(cut_from, cut_to)) = cuts.peek() {
                if cut_from > to {
                    break;
                }
                if cut_from > from {
                    ranges.push((from, cut_from - 1));
                }
                from = from.max(cut_to.saturating_add(1));
                if cut_to >= to {
                    from = to.saturating_add(1);
                    break;
                }
                cuts.next();
            }
            if from <= to && !(to == u32::MAX && from == to && other.contains_number(to)) {
                ranges.push((from, to));
            }
        }
        Self { ranges }
    }

    fn contains_number(&self, number: u32) -> bool {
        Uid::new(number).is_some_and(|uid| self.contains(uid))
    }

    /// The first so many UIDs, and the rest.
    pub fn split_at(&self, count: u64) -> (Self, Self) {
        let (mut head, mut tail, mut left) = (Self::new(), Self::new(), count);
        for &(from, to) in &self.ranges {
            let size = u64::from(to - from) + 1;
            let take = size.min(left);
            left -= take;
            if take > 0 {
                head.ranges.push((from, from + (take - 1) as u32));
            }
            if take < size {
                tail.ranges.push((from + take as u32, to));
            }
        }
        (head, tail)
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut numbers: Vec<_> = uids.into_iter().map(|uid| (uid.get(), uid.get())).collect();
        if !numbers.is_sorted() {
            numbers.sort_unstable();
        }
        Self { ranges: numbers }.union(&Self::new())
    }
}

/// As IMAP writes it: `1:3,7`.
impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, &(from, to)) in self.ranges.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
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

/// One end of a range in a [`SequenceSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A sequence number or UID.
    Number(NonZeroU32),
    /// `*`: the largest there is.
    Star,
}

impl Bound {
    fn or_largest(self, largest: u32) -> u32 {
        match self {
            Self::Number(number) => number.get(),
            Self::Star => largest,
        }
    }
}

/// A `sequence-set` as the client wrote it (RFC 9051 9): ranges in any order, with `*`. What it
/// means depends on the view it is resolved against.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SequenceSet(pub Vec<(Bound, Bound)>);

impl SequenceSet {
    /// The UIDs in `view` that it names as UIDs. Those not in the view are left out; `*` is the
    /// last UID of the view.
    pub fn resolve_uids(&self, view: &UidArray) -> UidSet {
        let largest = view.last().map_or(0, Uid::get);
        let named = self.numbers(largest);
        view.intersection(&named)
    }

    /// The UIDs in `view` that it names by sequence number. Fails with the number if one is larger
    /// than the view (RFC 9051 9: "seq-number ... must be less than or equal to the number of
    /// messages").
    pub fn resolve_seqs(&self, view: &UidArray) -> Result<UidSet, u32> {
        let largest = view.len();
        let numbers = self.numbers(largest);
        match numbers.last() {
            Some(last) if last.get() > largest => Err(last.get()),
            // `*` in an empty mailbox names nothing that exists.
            _ if largest == 0 => Err(0),
            _ => Ok(view.uids_at(&numbers)),
        }
    }

    /// The numbers it names, `*` taken to be `largest`.
    fn numbers(&self, largest: u32) -> UidSet {
        let mut set = UidSet::new();
        let mut pending: Vec<(u32, u32)> = Vec::with_capacity(self.0.len());
        for &(a, b) in &self.0 {
            let (a, b) = (a.or_largest(largest), b.or_largest(largest));
            pending.push((a.min(b).max(1), a.max(b)));
        }
        pending.sort_unstable();
        for (from, to) in pending {
            if let (Some(from), Some(to)) = (Uid::new(from), Uid::new(to)) {
                set.insert_range(from..=to);
            }
        }
        set
    }
}
