//! What a transaction has read of an account, and what it has made of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use super::row::StoredMailbox;
use crate::change::{Delta, ReadMailboxes, Reads, RowChange, Snapshot};
use crate::id::MailboxId;
use crate::journal::Record;
use crate::mailbox::{AccountHead, MailboxState};
use crate::message::{NewEmail, Presence, Row};
use crate::time::Timestamp;
use crate::uid::{Uid, UidSet};

pub(super) type Key = (MailboxId, Uid);

/// How a row was changed by this transaction.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) row: Row,
    /// When it was expunged.
    pub(super) gone: Option<Timestamp>,
    /// Was it there before the transaction?
    pub(super) origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    New,
    Stored,
}

/// An account within a transaction.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) head: AccountHead,
    pub(super) mailboxes: BTreeMap<MailboxId, StoredMailbox>,
    pub(super) subscriptions: BTreeSet<String>,
    /// What has been changed, and is to be written.
    pub(super) rows: BTreeMap<Key, Changed>,
    pub(super) touched: BTreeSet<MailboxId>,
    pub(super) emails: Vec<Arc<NewEmail>>,
    pub(super) records: Vec<Record>,
    pub(super) subscribed: bool,
    /// Properties as they are to be; `None`: gone.
    pub(super) properties: BTreeMap<(Option<MailboxId>, String), Option<Bytes>>,
}

/// What was stored, before the transaction, of what a change reads.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) rows: Vec<(Row, Presence)>,
    pub(super) properties: BTreeMap<(Option<MailboxId>, String), Bytes>,
}

impl State {
    /// What a change is decided on.
    pub(super) fn snapshot(&self, reads: &Reads<'_>, stored: Stored) -> Snapshot {
        let (mailboxes, subscriptions) = match &reads.mailboxes {
            ReadMailboxes::All => {
                let live = self
                    .mailboxes
                    .values()
                    .filter(|stored| stored.mailbox.state != MailboxState::Deleted);
                (live.map(|stored| stored.mailbox.clone()).collect(), self.subscriptions.clone())
            }
            ReadMailboxes::These(ids) => {
                let found = ids.iter().filter_map(|id| self.mailboxes.get(id));
                (found.map(|stored| stored.mailbox.clone()).collect(), BTreeSet::new())
            }
        };
        let rows = reads.rows.as_ref().map_or_else(Vec::new, |wanted| {
            let mut rows: BTreeMap<Uid, (Row, Presence)> =
                stored.rows.into_iter().map(|found| (found.0.uid, found)).collect();
            self.overlay(wanted.mailbox, wanted.uids, &mut rows);
            let down_to = wanted.down_to;
            let is_wanted = |presence| presence == Presence::Live || down_to == presence;
            rows.into_values().filter(|(_, presence)| is_wanted(*presence)).collect()
        });
        let properties = self.properties(reads, stored.properties);
        Snapshot { head: self.head.clone(), mailboxes, rows, subscriptions, properties }
    }

    /// Properties as this transaction has left them stand above those that were stored.
    fn properties(
        &self,
        reads: &Reads<'_>,
        mut stored: BTreeMap<(Option<MailboxId>, String), Bytes>,
    ) -> BTreeMap<(Option<MailboxId>, String), Bytes> {
        let asked = |(at, key): &(Option<MailboxId>, String)| {
            reads.properties.iter().any(|wanted| wanted.has(*at, key))
        };
        for (key, value) in self.properties.iter().filter(|(key, _)| asked(key)) {
            match value {
                Some(value) => stored.insert(key.clone(), value.clone()),
                None => stored.remove(key),
            };
        }
        stored
    }

    /// Rows as this transaction has left them stand above those that were stored.
    fn overlay(
        &self,
        mailbox: MailboxId,
        uids: &UidSet,
        rows: &mut BTreeMap<Uid, (Row, Presence)>,
    ) {
        for range in uids.ranges() {
            let keys = (mailbox, *range.start())..=(mailbox, *range.end());
            for ((_, uid), changed) in self.rows.range(keys) {
                let presence = match changed.gone {
                    Some(_) => Presence::Expunged,
                    None => Presence::Live,
                };
                rows.insert(*uid, (changed.row.clone(), presence));
            }
        }
    }

    /// Takes over a delta.
    pub(super) fn apply(&mut self, delta: &Delta, at: Timestamp) {
        self.head = delta.head.clone();
        for mailbox in &delta.mailboxes {
            let known = self.mailboxes.get(&mailbox.id);
            let (gone, taken) = known.map_or((None, None), |known| (known.gone, known.taken));
            let gone = gone.or((mailbox.state == MailboxState::Deleted).then_some(at));
            let written = self.head.modseq;
            let stored = StoredMailbox { mailbox: mailbox.clone(), written, gone, taken };
            self.mailboxes.insert(mailbox.id, stored);
            self.touched.insert(mailbox.id);
        }
        for change in &delta.properties {
            let key = (change.mailbox, change.key.clone());
            self.properties.insert(key, change.value.clone());
        }
        self.emails.extend(delta.emails.iter().cloned());
        for (mailbox, change) in &delta.rows {
            self.apply_row(*mailbox, change, at);
        }
        if let Some(subscriptions) = &delta.subscriptions {
            self.subscriptions.clone_from(subscriptions);
            self.subscribed = true;
        }
        self.records.extend(delta.record.clone());
    }

    fn apply_row(&mut self, mailbox: MailboxId, change: &RowChange, at: Timestamp) {
        let (row, gone) = match change {
            RowChange::Insert(row) | RowChange::Update(row) => (row, None),
            RowChange::Expunge(row) => (row, Some(at)),
        };
        let key = (mailbox, row.uid);
        let new = matches!(change, RowChange::Insert(_));
        let origin = match self.rows.get(&key) {
            Some(changed) => changed.origin,
            None if new => Origin::New,
            None => Origin::Stored,
        };
        self.rows.insert(key, Changed { row: row.clone(), gone, origin });
    }

    /// Is there anything to write?
    pub(super) fn is_changed(&self) -> bool {
        !self.records.is_empty() || !self.touched.is_empty()
    }

    /// UIDVALIDITY and the like of mailboxes, by their ids.
    pub(super) fn keep(&mut self, found: Vec<StoredMailbox>) {
        let found: HashMap<_, _> = found.into_iter().map(|m| (m.mailbox.id, m)).collect();
        self.mailboxes.extend(found);
    }
}
