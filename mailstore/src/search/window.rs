//! A part of a result, by position (RFC 9394 3.1, RFC 5267 4.4).

use std::num::NonZeroU32;
use std::ops::Range;

use crate::uid::UidSet;

/// From which end positions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `1:500`: 1 is the first.
    First,
    /// `-1:-100`: -1 is the last.
    Last,
}

/// A part of a list, by positions from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Which end.
    pub end: End,
    near: NonZeroU32,
    far: NonZeroU32,
}

impl Window {
    /// Between two positions, both included, in any order.
    pub fn new(end: End, one: NonZeroU32, other: NonZeroU32) -> Self {
        Self { end, near: one.min(other), far: one.max(other) }
    }

    /// The position nearer to the end from which it counts, and the other.
    pub fn bounds(&self) -> (u32, u32) {
        (self.near.get(), self.far.get())
    }

    /// Where it is in a list of so many, counted from 0; as much of it as there is.
    pub fn within(&self, len: u64) -> Range<u64> {
        let skipped = (u64::from(self.near.get()) - 1).min(len);
        let reached = u64::from(self.far.get()).min(len);
        match self.end {
            End::First => skipped..reached,
            End::Last => len - reached..len - skipped,
        }
    }

    /// What it shows of a set.
    pub fn of(&self, set: &UidSet) -> UidSet {
        let range = self.within(set.len());
        let (_, rest) = set.split_at(range.start);
        rest.split_at(range.end - range.start).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uid::Uid;

    #[test]
    fn windows() {
        let set: UidSet = [2, 3, 5, 8, 9].into_iter().filter_map(Uid::new).collect();
        let nz = |number| NonZeroU32::new(number).unwrap();
        let shown = |end, one, other| Window::new(end, nz(one), nz(other)).of(&set).to_string();
        let table = [
            (End::First, 1, 1, "2"),
            (End::First, 2, 4, "3,5,8"),
            (End::First, 4, 2, "3,5,8"),
            (End::First, 4, 9, "8:9"),
            (End::First, 6, 9, ""),
            (End::Last, 1, 1, "9"),
            (End::Last, 1, 3, "5,8:9"),
            (End::Last, 3, 2, "5,8"),
            (End::Last, 4, u32::MAX, "2:3"),
            (End::Last, 6, 7, ""),
        ];
        for (end, one, other, wanted) in table {
            assert_eq!(shown(end, one, other), wanted, "{end:?} {one}:{other}");
        }
    }
}
