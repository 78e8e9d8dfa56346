//! The last commit of each account, so that a session that has seen it need not ask the database
//! whether there is news. Only the committer writes here; nobody else writes to the database.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::AccountId;
use crate::uid::ModSeq;

/// Accounts remembered at most; beyond it all are forgotten.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Latest {
    modseqs: Mutex<HashMap<AccountId, ModSeq>>,
}

impl Latest {
    /// The last commit of an account, if it is known.
    pub(super) fn of(&self, account: AccountId) -> Option<ModSeq> {
        self.modseqs().get(&account).copied()
    }

    /// A commit is durable.
    pub(super) fn committed(&self, account: AccountId, modseq: ModSeq) {
        let mut all = self.modseqs();
        if all.len() >= MOST {
            all.clear();
        }
        let latest = all.entry(account).or_insert(modseq);
        *latest = modseq.max(*latest);
    }

    /// An account is being removed.
    pub(super) fn forget(&self, account: AccountId) {
        self.modseqs().remove(&account);
    }

    /// Forgets everything: what became of a transaction is not known.
    pub(super) fn clear(&self) {
        self.modseqs().clear();
    }

    fn modseqs(&self) -> MutexGuard<'_, HashMap<AccountId, ModSeq>> {
        self.modseqs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
