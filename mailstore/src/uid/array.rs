//! The UIDs of a view, in order: sequence number to UID and back.

use super::{Seq, Uid, UidSet};

/// The UIDs of a mailbox as a session sees it, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidArray {
    uids: Vec<Uid>,
}

impl UidArray {
    /// The empty array.
    pub const fn new() -> Self {
        Self { uids: Vec::new() }
    }
    /// How many UIDs it holds.
    pub fn len(&self) -> u32 {
        self.uids.len() as u32
    }
    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }
    /// The largest UID.
    pub fn last(&self) -> Option<Uid> {
        self.uids.last().copied()
    }
    /// The sequence number of a UID.
    pub fn seq(&self, uid: Uid) -> Option<Seq> {
        self.uids.binary_search(&uid).ok().and_then(|at| Seq::new(at as u32 + 1))
    }
    /// The UID at a sequence number.
    pub fn uid(&self, seq: Seq) -> Option<Uid> {
        self.uids.get(seq.get() as usize - 1).copied()
    }
    /// Is this UID in it?
    pub fn contains(&self, uid: Uid) -> bool {
        self.seq(uid).is_some()
    }
    /// Appends a run of UIDs. Those not above the last are ignored.
    pub fn push_range(&mut self, range: std::ops::RangeInclusive<Uid>) {
        let from = self.last().map_or(1, |last| last.get().saturating_add(1));
        self.uids.extend((range.start().get().max(from)..=range.end().get()).filter_map(Uid::new));
    }
    /// Removes UIDs; those that are not there are ignored.
    pub fn remove(&mut self, gone: &UidSet) {
        self.uids.retain(|uid| !gone.contains(*uid));
    }
    /// The UIDs in both.
    pub fn intersection(&self, set: &UidSet) -> UidSet {
        self.uids.iter().copied().filter(|uid| set.contains(*uid)).collect()
    }
    /// The UIDs whose sequence numbers are `seqs` (a set of numbers, written as UIDs).
    pub fn uids_at(&self, seqs: &UidSet) -> UidSet {
        seqs.iter().filter_map(|n| self.uids.get(n.get() as usize - 1).copied()).collect()
    }
    /// All UIDs, as a set.
    pub fn to_set(&self) -> UidSet {
        self.uids.iter().copied().collect()
    }
    /// From a set.
    pub fn from_set(set: &UidSet) -> Self {
        Self { uids: set.iter().collect() }
    }
    /// All UIDs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.uids.iter().copied()
    }
}
