//! What earlier calls found out: the UIDs of mailboxes that were opened.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::uids::Known;
use crate::id::{AccountId, MailboxKey};
use crate::uid::ModSeq;

/// Mailboxes remembered at most; beyond it all are forgotten.
const MOST: usize = 10_000;
/// How many commits a stored snapshot may lag behind before it is written again.
const LAG: u64 = 10_000;

#[derive(Debug, Default)]
pub(super) struct UidCache {
    known: Mutex<HashMap<MailboxKey, Remembered>>,
}

#[derive(Debug)]
struct Remembered {
    known: Known,
    /// The commit of the snapshot that is stored, as far as this process knows.
    stored: ModSeq,
}

impl UidCache {
    pub(super) fn find(&self, at: MailboxKey) -> Option<Known> {
        self.known().get(&at).map(|remembered| remembered.known.clone())
    }

    /// Remembers; says whether the stored snapshot should be written anew.
    pub(super) fn remember(&self, at: MailboxKey, known: &Known) -> Staleness {
        let mut all = self.known();
        if all.len() > MOST {
            all.clear();
        }
        let entry = all
            .entry(at)
            .or_insert_with(|| Remembered { known: known.clone(), stored: ModSeq::ZERO });
        if entry.known.modseq < known.modseq {
            entry.known = known.clone();
        }
        if entry.stored == ModSeq::ZERO || known.modseq.0.saturating_sub(entry.stored.0) > LAG {
            entry.stored = known.modseq;
            return Staleness::Stale;
        }
        Staleness::Fresh
    }

    /// Forgets what was known of an account.
    pub(super) fn forget(&self, account: AccountId) {
        self.known().retain(|at, _| at.account != account);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<MailboxKey, Remembered>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is the stored snapshot of a mailbox recent enough?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Staleness {
    Fresh,
    Stale,
}
