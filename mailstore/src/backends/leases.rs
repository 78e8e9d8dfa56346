//! Leases for a backend that is one process's own: they are exact, and all gone with it, as are
//! those who held them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::id::AccountId;
use crate::store::{Held, LeaseAsk};

/// Who holds what, in memory.
#[derive(Debug, Default)]
pub(super) struct Leases {
    held: Mutex<HashMap<(AccountId, String), Held>>,
}

impl Leases {
    /// Decides what is asked; returns who holds the lease then.
    pub(super) fn ask(&self, ask: &LeaseAsk) -> Option<Held> {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (ask.account, ask.name.clone());
        let decided = ask.decide(all.get(&key).copied());
        match decided {
            Some(held) => all.insert(key, held),
            None => all.remove(&key),
        };
        decided
    }

    /// Ends all leases of an account.
    pub(super) fn forget(&self, account: AccountId) {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(holder, _), _| *holder != account);
    }
}
