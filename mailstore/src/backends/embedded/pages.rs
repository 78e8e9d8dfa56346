//! Pages of rows that were read, kept as long as there is room and nothing has changed: a client
//! asks for the flags of all messages whenever it opens a mailbox, a POP3 client lists them each
//! time it polls, and of a single message the structure, the parts and the flags are asked for one
//! after the other.

use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::id::{AccountId, MailboxKey};
use crate::lot::Lot;
use crate::message::Fetched;
use crate::store::Page;
use crate::uid::{ModSeq, Uid, UidSet};

/// The most bytes that are kept: about 200,000 rows.
const MOST: usize = 32 << 20;
/// What an entry takes beside its rows and UIDs, about.
const OVERHEAD: usize = 256;

/// What was the latest of an account ([`Latest::mail_of`](super::latest::Latest::mail_of)).
type State = (Option<ModSeq>, u64);
/// The mailbox, and the first and last UID that were asked for.
type Key = (MailboxKey, Uid, Uid);

/// Pages without contents, by what was asked for.
#[derive(Debug)]
pub(super) struct Pages(Mutex<Lot<Key, Kept>>);

#[derive(Debug)]
struct Kept {
    state: State,
    asked: UidSet,
    page: Arc<Page>,
}

impl Default for Pages {
    fn default() -> Self {
        Self(Mutex::new(Lot::new(MOST)))
    }
}

impl Pages {
    /// The page that is kept, or else the one that `read` gets. What is the latest `now` must have
    /// been found out before: a change in the midst of reading makes the page one of before.
    pub(super) fn of<E>(
        &self,
        (at, asked): (MailboxKey, &UidSet),
        now: State,
        read: impl FnOnce() -> Result<Page, E>,
    ) -> Result<Page, E> {
        let (Some(first), Some(last)) = (asked.first(), asked.last()) else { return read() };
        let key = (at, first, last);
        let known = |kept: &&Kept| kept.state == now && kept.asked == *asked;
        let kept = self.lock().get(&key).filter(known).map(|kept| Arc::clone(&kept.page));
        if let Some(page) = kept {
            return Ok(Page::clone(&page));
        }
        let page = read()?;
        let kept = Kept { state: now, asked: asked.clone(), page: Arc::new(page.clone()) };
        let cost = kept.memory();
        self.lock().put(key, kept, cost);
        Ok(page)
    }

    /// Forgets what an account holds.
    pub(super) fn forget(&self, account: AccountId) {
        self.lock().forget(|(at, ..)| at.account == account);
    }

    fn lock(&self) -> MutexGuard<'_, Lot<Key, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Bytes that it takes, about.
    fn memory(&self) -> usize {
        let ranges = self.asked.ranges().count() + self.page.rest.ranges().count();
        let rows: usize = self.page.messages.iter().map(Fetched::memory).sum();
        OVERHEAD + rows + ranges * 2 * size_of::<Uid>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MailboxId;

    const STATE: State = (Some(ModSeq(5)), 1);

    fn uid(uid: u32) -> Uid {
        Uid::new(uid).expect("not 0")
    }

    fn set(from: u32, to: u32) -> UidSet {
        UidSet::range(uid(from)..=uid(to))
    }

    fn mailbox(account: i64) -> MailboxKey {
        MailboxKey { account: AccountId::new(account).expect("an account"), mailbox: MailboxId(1) }
    }

    /// Asks for a page, and tells by its rest whether it was read now.
    fn ask(pages: &Pages, asked: &UidSet, state: State, now: u32) -> UidSet {
        let read = || Ok::<_, ()>(Page { messages: Vec::new(), rest: set(now, now) });
        pages.of((mailbox(1), asked), state, read).expect("a page").rest
    }

    #[test]
    fn a_page_is_kept_until_something_has_changed() {
        let pages = Pages::default();
        let asked = set(1, 9);
        assert_eq!([1, 2].map(|now| ask(&pages, &asked, STATE, now)), [set(1, 1), set(1, 1)]);
        let committed = (Some(ModSeq(6)), STATE.1);
        assert_eq!(ask(&pages, &asked, committed, 3), set(3, 3));
        let changed = (committed.0, 2);
        assert_eq!([4, 5].map(|now| ask(&pages, &asked, changed, now)), [set(4, 4), set(4, 4)]);
    }

    #[test]
    fn others_between_the_same_ends_are_another_page() {
        let pages = Pages::default();
        let with_gap = set(1, 3).union(&set(7, 9));
        assert_eq!(ask(&pages, &set(1, 9), STATE, 1), set(1, 1));
        assert_eq!(ask(&pages, &with_gap, STATE, 2), set(2, 2));
        assert_eq!(ask(&pages, &with_gap, STATE, 3), set(2, 2));
    }

    #[test]
    fn what_failed_is_not_kept_nor_what_was_forgotten() {
        let pages = Pages::default();
        let asked = set(1, 9);
        let failed = pages.of((mailbox(1), &asked), STATE, || Err("no"));
        assert_eq!(failed, Err("no"));
        assert_eq!(ask(&pages, &asked, STATE, 1), set(1, 1));
        pages.forget(mailbox(2).account);
        assert_eq!(ask(&pages, &asked, STATE, 2), set(1, 1));
        pages.forget(mailbox(1).account);
        assert_eq!(ask(&pages, &asked, STATE, 3), set(3, 3));
    }
}
