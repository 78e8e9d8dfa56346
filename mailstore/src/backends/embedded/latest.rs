//! The last commit of each account, so that a session that has seen it need not ask the database
//! whether there is news; and how often anything else than mail has changed. Only the committer
//! writes here; nobody else writes to the database.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::bounded::{Bounded, Room};
use crate::id::AccountId;
use crate::uid::ModSeq;

/// Accounts remembered at most; beyond it all are forgotten.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Latest {
    modseqs: Bounded<AccountId, ModSeq, MOST>,
    changes: AtomicU64,
}

impl Latest {
    /// The last commit of an account, if it is known.
    pub(super) fn of(&self, account: AccountId) -> Option<ModSeq> {
        self.modseqs.lock().get(&account).copied()
    }

    /// A commit is durable.
    pub(super) fn committed(&self, account: AccountId, modseq: ModSeq) {
        let (mut all, room) = self.modseqs.with_room(&account);
        // Of those that were forgotten nobody knows any more whether there was a commit.
        if room == Room::Made {
            self.changed();
        }
        let latest = all.entry(account).or_insert(modseq);
        *latest = modseq.max(*latest);
    }

    /// How often users, addresses or properties have changed, or rows have been purged, or may have
    /// been. What was read while it was the same is still true.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// The last commit of an account, if there was one, and the count of other changes. What was
    /// read of its messages while both were the same is still true.
    pub(super) fn mail_of(&self, account: AccountId) -> (Option<ModSeq>, u64) {
        (self.of(account), self.changes())
    }

    /// Some of that may have happened, durably.
    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// An account is being removed.
    pub(super) fn forget(&self, account: AccountId) {
        self.modseqs.lock().remove(&account);
        self.changed();
    }

    /// Forgets everything: what became of a transaction is not known.
    pub(super) fn clear(&self) {
        self.modseqs.lock().clear();
        self.changed();
    }
}
