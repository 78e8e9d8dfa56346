//! What messages are sorted and threaded by, kept by mailbox as long as there is room.
//!
//! A message is what it is as long as its UID lasts, so nothing here is ever out of date. When
//! room is needed, the mailbox goes whole that was used least recently.

use std::collections::HashMap;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::id::{AccountId, MailboxKey};
use crate::search::sort::Sortable;
use crate::uid::UidSet;

/// A mailbox with its UIDVALIDITY: an account may be forgotten and come again.
type Whose = (MailboxKey, u32);

/// Messages of one mailbox, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) uids: UidSet,
    pub(super) messages: Arc<Vec<Sortable>>,
}

impl Known {
    pub(super) fn of(messages: Vec<Sortable>) -> Self {
        let uids = messages.iter().map(|message| message.uid).collect();
        Self { uids, messages: Arc::new(messages) }
    }

    fn memory(&self) -> usize {
        let each = |message: &Sortable| size_of::<Sortable>() + message.summary.memory() + 16;
        self.messages.iter().map(each).sum()
    }
}

/// Sortable messages, up to a number of bytes in all.
#[derive(Debug)]
pub(crate) struct SummaryCache {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    mailboxes: HashMap<Whose, Entry>,
    bytes: usize,
    /// Counts uses.
    now: u64,
}

#[derive(Debug)]
struct Entry {
    known: Known,
    bytes: usize,
    used: u64,
}

impl SummaryCache {
    pub(crate) fn new(bytes: u64) -> Self {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX);
        Self { most, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a mailbox.
    pub(super) fn take(&self, whose: Whose) -> Known {
        let mut kept = self.kept();
        kept.now += 1;
        let now = kept.now;
        let Some(entry) = kept.mailboxes.get_mut(&whose) else { return Known::default() };
        entry.used = now;
        entry.known.clone()
    }

    /// Keeps this in place of what was known of the mailbox.
    pub(super) fn put(&self, whose: Whose, known: &Known) {
        let bytes = known.memory();
        let mut kept = self.kept();
        kept.remove(whose);
        if bytes > self.most {
            return;
        }
        while kept.bytes + bytes > self.most
            && let Some(oldest) = kept.oldest()
        {
            kept.remove(oldest);
        }
        kept.now += 1;
        kept.bytes += bytes;
        let entry = Entry { known: known.clone(), bytes, used: kept.now };
        kept.mailboxes.insert(whose, entry);
    }

    /// Forgets what an account holds.
    pub(crate) fn forget(&self, account: AccountId) {
        let mut kept = self.kept();
        let its: Vec<Whose> =
            kept.mailboxes.keys().filter(|(at, _)| at.account == account).copied().collect();
        its.into_iter().for_each(|whose| kept.remove(whose));
    }
}

impl Kept {
    fn oldest(&self) -> Option<Whose> {
        self.mailboxes.iter().min_by_key(|(_, entry)| entry.used).map(|(whose, _)| *whose)
    }

    fn remove(&mut self, whose: Whose) {
        if let Some(entry) = self.mailboxes.remove(&whose) {
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MailboxId;
    use crate::uid::Uid;

    fn whose(mailbox: u32) -> Whose {
        let account = AccountId::new(1).unwrap();
        (MailboxKey { account, mailbox: MailboxId(mailbox) }, 1)
    }

    fn known(count: u32) -> Known {
        let message = |uid| Sortable {
            uid: Uid::new(uid).unwrap(),
            arrival: 0,
            sent: 0,
            size: 0,
            relevancy: 100,
            summary: Arc::default(),
        };
        Known::of((1..=count).map(message).collect())
    }

    #[test]
    fn the_least_recently_used_goes() {
        let one = known(100).memory();
        let cache = SummaryCache::new(3 * one as u64);
        for mailbox in 1..=3 {
            cache.put(whose(mailbox), &known(100));
        }
        cache.take(whose(1));
        cache.put(whose(4), &known(100));
        let there: Vec<_> = (1..=4).map(|n| !cache.take(whose(n)).uids.is_empty()).collect();
        assert_eq!(there, [true, false, true, true]);
        cache.put(whose(4), &known(50));
        assert_eq!(cache.kept().bytes, 2 * one + known(50).memory());
        cache.put(whose(1), &known(400));
        assert!(cache.take(whose(1)).uids.is_empty());
        assert_eq!(cache.kept().bytes, one + known(50).memory());
    }
}
