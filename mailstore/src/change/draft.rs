//! A delta in the making: what all decisions share.

use super::allowed;
use super::{Change, Delta, Outcome, Refusal, RowChange, Snapshot};
use crate::flags::{Keyword, SystemFlag};
use crate::id::MailboxId;
use crate::journal::{Entry, Event, Record};
use crate::mailbox::{AccountHead, Mailbox, MailboxState};
use crate::message::Row;
use crate::property::PropertyChange;
use crate::rights::{ACL, Rights};
use crate::time::Timestamp;
use crate::uid::{ModSeq, Uid, UidSet};

/// The last MODSEQ (RFC 7162 3.1: 63 bits).
const LAST_MODSEQ: ModSeq = ModSeq(i64::MAX as u64);

pub(super) struct Draft<'a> {
    change: &'a Change,
    seen: &'a Snapshot,
    delta: Delta,
    entries: Vec<Entry>,
    /// The MODSEQ that this commit will have.
    pub(super) modseq: ModSeq,
}

impl<'a> Draft<'a> {
    pub(super) fn new(change: &'a Change, seen: &'a Snapshot) -> Result<Self, Refusal> {
        if seen.head.modseq >= LAST_MODSEQ {
            return Err(Refusal::ModSeqsExhausted(seen.head.modseq));
        }
        let delta = Self::nothing(seen, Outcome::Done);
        let modseq = seen.head.modseq.next();
        Ok(Self { change, seen, delta, entries: Vec::new(), modseq })
    }

    pub(super) fn time(&self) -> Timestamp {
        self.change.at
    }

    /// What who asks may do with a mailbox.
    pub(super) fn rights(&self, at: MailboxId) -> Rights {
        allowed::rights(self.change, self.seen, at)
    }

    pub(super) fn head(&mut self) -> &mut AccountHead {
        &mut self.delta.head
    }

    pub(super) fn delta(&mut self) -> &mut Delta {
        &mut self.delta
    }

    /// A mailbox as this draft leaves it.
    pub(super) fn mailbox(&mut self, id: MailboxId) -> Result<&mut Mailbox, Refusal> {
        let at = match self.delta.mailboxes.iter().position(|mailbox| mailbox.id == id) {
            Some(at) => at,
            None => {
                let seen = self.seen.mailboxes.iter().find(|mailbox| mailbox.id == id);
                self.delta.mailboxes.push(seen.ok_or(Refusal::NoSuchMailbox)?.clone());
                self.delta.mailboxes.len() - 1
            }
        };
        self.delta.mailboxes.get_mut(at).ok_or(Refusal::NoSuchMailbox)
    }

    /// A mailbox that can hold messages.
    pub(super) fn live(&mut self, id: MailboxId) -> Result<&mut Mailbox, Refusal> {
        let mailbox = self.mailbox(id)?;
        match mailbox.state {
            MailboxState::Live => Ok(mailbox),
            MailboxState::Placeholder | MailboxState::Deleted => Err(Refusal::NoSuchMailbox),
        }
    }

    /// Refuses what would go beyond the quota.
    pub(super) fn charge(&mut self, messages: u64, bytes: u64) -> Result<(), Refusal> {
        let head = self.head();
        head.usage.messages += messages;
        head.usage.bytes = head.usage.bytes.saturating_add(bytes);
        let over = |used: u64, limit: Option<u64>| limit.is_some_and(|limit| used > limit);
        let (usage, quota) = (head.usage, head.quota);
        if over(usage.bytes, quota.bytes) || over(usage.messages, quota.messages) {
            return Err(Refusal::OverQuota);
        }
        Ok(())
    }

    /// Gives out that many UIDs of a mailbox, in a row.
    pub(super) fn allocate(&mut self, at: MailboxId, count: u64) -> Result<u32, Refusal> {
        let mailbox = self.live(at)?;
        let first = mailbox.uid_next;
        if first + count > u64::from(u32::MAX) + 1 {
            return Err(Refusal::UidsExhausted);
        }
        mailbox.uid_next += count;
        u32::try_from(first).map_err(|_| Refusal::UidsExhausted)
    }

    pub(super) fn insert(&mut self, at: MailboxId, row: Row) -> Result<(), Refusal> {
        let mailbox = self.mailbox(at)?;
        know(mailbox, row.flags.keywords())?;
        count(mailbox, &row, Counting::Up);
        self.delta.rows.push((at, RowChange::Insert(row)));
        Ok(())
    }

    pub(super) fn update(&mut self, at: MailboxId, old: &Row, new: Row) -> Result<(), Refusal> {
        let mailbox = self.mailbox(at)?;
        know(mailbox, new.flags.keywords())?;
        count(mailbox, old, Counting::Down);
        count(mailbox, &new, Counting::Up);
        self.delta.rows.push((at, RowChange::Update(new)));
        Ok(())
    }

    pub(super) fn expunge(&mut self, at: MailboxId, row: &Row) -> Result<(), Refusal> {
        let modseq = self.modseq;
        count(self.mailbox(at)?, row, Counting::Down);
        let usage = &mut self.head().usage;
        usage.messages = usage.messages.saturating_sub(1);
        usage.bytes = usage.bytes.saturating_sub(row.size);
        self.delta.rows.push((at, RowChange::Expunge(Row { modseq, ..row.clone() })));
        Ok(())
    }

    /// Gives a new mailbox the access list of the one above it (RFC 4314 4, CREATE).
    pub(super) fn inherit(&mut self, parent: Option<MailboxId>, to: MailboxId) {
        if parent.is_none() {
            return;
        }
        let stored = self.seen.properties_of(parent, ACL);
        let stored = stored.map(|(key, value)| (key.to_owned(), Some(value.clone())));
        // The one above may be as new.
        let drafted = self.delta.properties.iter().filter(|change| change.mailbox == parent);
        let drafted = drafted.map(|change| (change.key.clone(), change.value.clone()));
        let list: Vec<_> = stored.chain(drafted).collect();
        let inherited =
            list.into_iter().map(|(key, value)| PropertyChange { mailbox: Some(to), key, value });
        self.delta.properties.extend(inherited);
    }

    pub(super) fn log(&mut self, mailbox: MailboxId, event: Event) {
        self.entries.push(Entry { mailbox, event });
    }

    /// Logs the arrival of `count` messages from UID `first` on.
    pub(super) fn log_arrived(&mut self, mailbox: MailboxId, first: u32, count: u64) -> UidSet {
        let last = u32::try_from(u64::from(first) + count - 1).ok().and_then(Uid::new);
        match (Uid::new(first), last) {
            (Some(first), Some(last)) => {
                self.log(mailbox, Event::Arrived(first..=last));
                UidSet::range(first..=last)
            }
            _ => UidSet::new(),
        }
    }

    /// The delta, with a record of all that was logged. Without any log nothing is changed.
    pub(super) fn finish(mut self, outcome: Outcome) -> Delta {
        if !self.entries.is_empty() {
            self.delta.head.modseq = self.modseq;
            for mailbox in &mut self.delta.mailboxes {
                if self.entries.iter().any(|entry| is_of_messages(entry, mailbox.id)) {
                    mailbox.modseq = self.modseq;
                }
            }
            self.delta.record = Some(Record {
                modseq: self.modseq,
                change: self.change.id,
                by: self.change.by,
                at: self.change.at,
                entries: self.entries,
                outcome: outcome.clone(),
            });
        }
        self.delta.outcome = outcome;
        self.delta
    }

    /// Nothing is changed, and this is the answer.
    pub(super) fn nothing(seen: &Snapshot, outcome: Outcome) -> Delta {
        Delta {
            head: seen.head.clone(),
            mailboxes: Vec::new(),
            emails: Vec::new(),
            rows: Vec::new(),
            subscriptions: None,
            properties: Vec::new(),
            record: None,
            outcome,
        }
    }
}

fn is_of_messages(entry: &Entry, mailbox: MailboxId) -> bool {
    let of_messages =
        matches!(entry.event, Event::Arrived(_) | Event::Flags(_) | Event::Expunged(_));
    entry.mailbox == mailbox && of_messages
}

/// Adds keywords to those the mailbox knows.
fn know(mailbox: &mut Mailbox, keywords: &[Keyword]) -> Result<(), Refusal> {
    for keyword in keywords {
        if !mailbox.keywords.contains(keyword) {
            if mailbox.keywords.len() >= Mailbox::MAX_KEYWORDS {
                let limit = Mailbox::MAX_KEYWORDS as u64;
                return Err(Refusal::TooMany { what: "keywords in one mailbox", limit });
            }
            mailbox.keywords.push(keyword.clone());
        }
    }
    Ok(())
}

enum Counting {
    Up,
    Down,
}

fn count(mailbox: &mut Mailbox, row: &Row, counting: Counting) {
    let unseen = u32::from(!row.flags.has(SystemFlag::Seen));
    let deleted = u32::from(row.flags.has(SystemFlag::Deleted));
    let counts = &mut mailbox.counts;
    match counting {
        Counting::Up => {
            counts.messages += 1;
            counts.unseen += unseen;
            counts.deleted += deleted;
            counts.bytes += row.size;
        }
        Counting::Down => {
            counts.messages = counts.messages.saturating_sub(1);
            counts.unseen = counts.unseen.saturating_sub(unseen);
            counts.deleted = counts.deleted.saturating_sub(deleted);
            counts.bytes = counts.bytes.saturating_sub(row.size);
        }
    }
}
