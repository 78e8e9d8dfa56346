//! What earlier calls of this process have found out. None of it is believed before the query that
//! it spares another one has shown that it still holds.

use super::row::StoredMailbox;
use crate::backends::uids::UidCache;
use crate::bounded::Bounded;
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::mailbox::AccountHead;

/// Names remembered at most; beyond it all are forgotten.
const MOST_NAMES: usize = 20_000;
/// Longer ones, in bytes, are not remembered.
const LONGEST_NAME: usize = 1_024;
/// Mailboxes with something recent remembered at most; beyond it all are forgotten.
const MOST_RECENT: usize = 1_000;

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// The UIDs of mailboxes.
    pub(super) uids: UidCache,
    paths: Bounded<(AccountId, String), Vec<MailboxId>, MOST_NAMES>,
    recent: Bounded<MailboxKey, Seen, MOST_RECENT>,
}

/// A mailbox as it was read, and the head of its account then.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) stored: StoredMailbox,
    pub(super) head: AccountHead,
}

impl Remembered {
    /// Where a full name led: the mailboxes from the top down.
    pub(super) fn path(&self, account: AccountId, name: &str) -> Option<Vec<MailboxId>> {
        self.paths.lock().get(&(account, name.to_owned())).cloned()
    }

    pub(super) fn remember_path(&self, account: AccountId, name: &str, path: Vec<MailboxId>) {
        if name.len() <= LONGEST_NAME {
            self.paths.insert((account, name.to_owned()), path);
        }
    }

    /// A mailbox in which something is recent, so that it can be taken without another look.
    pub(super) fn remember_recent(&self, at: MailboxKey, seen: Seen) {
        self.recent.insert(at, seen);
    }

    /// Gives it out once: who takes what is recent changes it.
    pub(super) fn take_recent(&self, at: MailboxKey) -> Option<Seen> {
        self.recent.lock().remove(&at)
    }

    /// Forgets what was known of an account.
    pub(super) fn forget(&self, account: AccountId) {
        self.uids.forget(account);
        self.paths.lock().retain(|(of, _), _| *of != account);
        self.recent.lock().retain(|at, _| at.account != account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_names_are_remembered_and_no_long_ones() {
        let (account, other) = (AccountId::new(1).unwrap(), AccountId::new(2).unwrap());
        let (remembered, path) = (Remembered::default(), vec![MailboxId(7)]);
        for number in 0..=MOST_NAMES {
            remembered.remember_path(account, &number.to_string(), path.clone());
        }
        assert_eq!(remembered.paths.lock().len(), 1);
        assert_eq!(remembered.path(account, &MOST_NAMES.to_string()), Some(path.clone()));
        assert_eq!(remembered.path(other, &MOST_NAMES.to_string()), None);
        let long = "x".repeat(LONGEST_NAME + 1);
        remembered.remember_path(account, &long, path);
        assert_eq!(remembered.path(account, &long), None);
        remembered.forget(account);
        assert_eq!(remembered.path(account, &MOST_NAMES.to_string()), None);
    }
}
