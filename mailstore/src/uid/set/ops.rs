//! Union, intersection, difference: each linear in the ranges of both sets.

use super::{UidSet, size};

impl UidSet {
    /// All that is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_pairs(self.ranges.iter().chain(&other.ranges).copied())
    }

    /// All that is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.ranges.as_slice(), other.ranges.as_slice());
        let mut ranges = Vec::new();
        while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
            let (from, to) = (a.0.max(b.0), a.1.min(b.1));
            if from <= to {
                ranges.push((from, to));
            }
            if a.1 <= b.1 {
                left = left_rest;
            } else {
                right = right_rest;
            }
        }
        Self { ranges }
    }

    /// All that is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut cuts = other.ranges.as_slice();
        for &range in &self.ranges {
            let passed = cuts.iter().take_while(|cut| cut.1 < range.0).count();
            cuts = &cuts[passed..];
            push_without(&mut ranges, range, cuts);
        }
        Self { ranges }
    }

    /// Is all of it in the other?
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// The first so many UIDs, and the rest.
    pub fn split_at(&self, count: u64) -> (Self, Self) {
        let (mut head, mut tail, mut left) = (Self::new(), Self::new(), count);
        for &(from, to) in &self.ranges {
            let take = size((from, to)).min(left);
            left -= take;
            let split = u64::from(from) + take;
            if take > 0 {
                head.ranges.push((from, (split - 1) as u32));
            }
            if split <= u64::from(to) {
                tail.ranges.push((split as u32, to));
            }
        }
        (head, tail)
    }
}

/// Adds a range without some cuts, none of which ends before it.
fn push_without(ranges: &mut Vec<(u32, u32)>, (mut from, to): (u32, u32), cuts: &[(u32, u32)]) {
    for &(cut_from, cut_to) in cuts.iter().take_while(|cut| cut.0 <= to) {
        if cut_from > from {
            ranges.push((from, cut_from - 1));
        }
        if cut_to >= to {
            return;
        }
        from = cut_to + 1;
    }
    ranges.push((from, to));
}
