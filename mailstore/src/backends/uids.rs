//! What earlier calls found out: the UIDs of mailboxes that were opened, and how the journal brings
//! them up to date.

use crate::bounded::Bounded;
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::journal::{Event, Record};
use crate::uid::{ModSeq, UidArray};

/// A stored snapshot is worth its writing from this many messages on.
pub(super) const WORTH_STORING: u32 = 4_096;
/// Above this many commits since the snapshot the rows are read instead.
pub(super) const TAIL: u64 = 100_000;

/// Mailboxes remembered at most; beyond it all are forgotten.
const MOST: usize = 10_000;
/// How many commits a stored snapshot may lag behind before it is written again.
const LAG: u64 = 10_000;

/// The UIDs of a mailbox as they were after a commit.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// UIDVALIDITY of the mailbox: another has the same id once its account is forgotten.
    pub(super) uid_validity: u32,
    /// The commit.
    pub(super) modseq: ModSeq,
    /// The UIDs then.
    pub(super) uids: UidArray,
}

impl Known {
    /// Replays a later commit.
    pub(super) fn replay(&mut self, record: &Record, mailbox: MailboxId) {
        for entry in record.entries.iter().filter(|entry| entry.mailbox == mailbox) {
            match &entry.event {
                Event::Arrived(range) => self.uids.push_range(range.clone()),
                Event::Expunged(gone) => self.uids.remove(gone),
                Event::Flags(_) | Event::Mailbox(_) | Event::Property => {}
            }
        }
        self.modseq = record.modseq;
    }

    /// Can it be brought up to `now` by a journal that reaches back to `horizon`?
    pub(super) fn is_usable(&self, horizon: ModSeq, now: ModSeq) -> bool {
        (horizon..=now).contains(&self.modseq) && now.0 - self.modseq.0 <= TAIL
    }

    /// Is it worth storing, for a new process to start from?
    pub(super) fn is_worth_storing(&self) -> bool {
        self.uids.len() >= WORTH_STORING
    }
}

/// What is known of mailboxes, in this process.
#[derive(Debug, Default)]
pub(super) struct UidCache {
    known: Bounded<MailboxKey, Remembered, MOST>,
}

#[derive(Debug)]
struct Remembered {
    known: Known,
    /// The commit of the snapshot that is stored, as far as this process knows.
    stored: ModSeq,
}

impl UidCache {
    pub(super) fn find(&self, at: MailboxKey) -> Option<Known> {
        self.known.lock().get(&at).map(|remembered| remembered.known.clone())
    }

    /// Remembers; says whether the stored snapshot should be written anew.
    pub(super) fn remember(&self, at: MailboxKey, known: &Known) -> Staleness {
        let (mut all, _) = self.known.with_room(&at);
        let entry = all
            .entry(at)
            .or_insert_with(|| Remembered { known: known.clone(), stored: ModSeq::ZERO });
        if entry.known.modseq < known.modseq || entry.known.uid_validity != known.uid_validity {
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
        self.known.lock().retain(|at, _| at.account != account);
    }
}

/// Is the stored snapshot of a mailbox recent enough?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Staleness {
    Fresh,
    Stale,
}
