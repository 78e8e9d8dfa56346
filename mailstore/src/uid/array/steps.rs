//! UIDs at a constant distance.

/// Every `step`-th UID, from offset 0 on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    step: u32,
    len: u32,
}

impl Steps {
    /// None yet.
    pub(super) const fn new(step: u32) -> Self {
        Self { step, len: 0 }
    }

    /// So many.
    pub(super) const fn of(step: u32, len: u32) -> Self {
        Self { step, len }
    }

    /// The distance.
    pub(super) const fn step(self) -> u32 {
        self.step
    }

    /// How many UIDs are there.
    pub(super) const fn len(self) -> u32 {
        self.len
    }

    /// The largest offset that is there.
    pub(super) const fn last(self) -> u32 {
        self.len.saturating_sub(1) * self.step
    }

    /// How many come before this one, if it is there.
    pub(super) fn rank(self, offset: u32) -> Option<u32> {
        let is_there = offset.is_multiple_of(self.step) && offset <= self.last() && self.len > 0;
        is_there.then_some(offset / self.step)
    }

    /// The offset of the one before which there are `rank`.
    pub(super) fn select(self, rank: u32) -> Option<u32> {
        (rank < self.len).then_some(rank * self.step)
    }

    /// The first at or above an offset.
    pub(super) fn at_or_above(self, offset: u32) -> Option<u32> {
        self.select(offset.div_ceil(self.step))
    }

    /// Adds so many more.
    pub(super) const fn append(&mut self, count: u32) {
        self.len += count;
    }
}
