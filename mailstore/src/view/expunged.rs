//! Messages that went away, and the numbers under which that is told.

use crate::uid::{Seq, Uid, UidArray, UidSet};

/// Messages that went away: however many, they are one thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expunged {
    before: UidArray,
    uids: UidSet,
}

impl Expunged {
    pub(super) fn new(before: UidArray, uids: UidSet) -> Self {
        Self { before, uids }
    }

    /// Their UIDs.
    pub fn uids(&self) -> &UidSet {
        &self.uids
    }

    /// The messages that there were, with them.
    pub fn before(&self) -> &UidArray {
        &self.before
    }

    /// Each with its number, in the order in which they are to be told: from the highest down, so
    /// that each number is right when it is told.
    pub fn numbered(&self) -> impl Iterator<Item = (Seq, Uid)> + '_ {
        let numbers = |uids: std::ops::RangeInclusive<Uid>| uids.start().get()..=uids.end().get();
        let descending = self.uids.ranges().rev().flat_map(move |uids| numbers(uids).rev());
        descending.filter_map(Uid::new).filter_map(|uid| Some((self.before.seq(uid)?, uid)))
    }
}
