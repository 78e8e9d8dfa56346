//! One account: its rows, and how a delta is written to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use crate::change::{Change, Committed, Delta, ReadMailboxes, Refusal, RowChange, Snapshot};
use crate::id::{EmailId, MailboxId};
use crate::journal::{Record, Replay};
use crate::mailbox::{AccountHead, Mailbox, MailboxState};
use crate::message::{Fetched, Presence, Row, Want};
use crate::mime::{Derived, MimeTree};
use crate::property::{Property, PropertyPage, WantedProperties};
use crate::store::{PAGE_BYTES, PAGE_PROPERTIES, PAGE_ROWS, Page, Purge, Purged};
use crate::time::Timestamp;
use crate::uid::{ModSeq, Uid, UidSet};

pub(super) type Key = (MailboxId, Uid);

/// A message whose content is shared by its copies.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) tree: Arc<MimeTree>,
    pub(super) derived: Arc<Derived>,
}

#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) head: AccountHead,
    pub(super) mailboxes: BTreeMap<MailboxId, Mailbox>,
    pub(super) subscriptions: BTreeSet<String>,
    pub(super) properties: BTreeMap<(Option<MailboxId>, String), Bytes>,
    pub(super) rows: BTreeMap<Key, Row>,
    /// With the moment of their going.
    pub(super) expunged: BTreeMap<Key, (Row, Timestamp)>,
    /// With the moment of their going.
    pub(super) deleted: BTreeMap<MailboxId, Timestamp>,
    pub(super) emails: HashMap<EmailId, Content>,
    pub(super) journal: VecDeque<Record>,
}

impl Account {
    /// Commits a change; the delta tells what else must be stored.
    pub(super) fn commit(
        &mut self,
        change: &Change,
    ) -> Result<(Committed, Option<Delta>), Refusal> {
        if let Some(record) = self.journal.iter().rev().find(|record| record.change == change.id) {
            let (modseq, outcome) = (record.modseq, record.outcome.clone());
            return Ok((Committed { modseq, outcome }, None));
        }
        let delta = change.decide(&self.snapshot(change))?;
        let committed = Committed { modseq: delta.head.modseq, outcome: delta.outcome.clone() };
        self.write(&delta, change.at);
        Ok((committed, Some(delta)))
    }

    fn snapshot(&self, change: &Change) -> Snapshot {
        let reads = change.reads();
        let (mailboxes, subscriptions) = match &reads.mailboxes {
            ReadMailboxes::All => (self.listed().cloned().collect(), self.subscriptions.clone()),
            ReadMailboxes::These(ids) => {
                let found = ids.iter().filter_map(|id| self.mailboxes.get(id)).cloned();
                (found.collect(), BTreeSet::new())
            }
        };
        let rows = reads.rows.map_or_else(Vec::new, |rows| {
            self.find(rows.mailbox, rows.uids)
                .filter(|(_, presence)| *presence == Presence::Live || rows.down_to == *presence)
                .map(|(row, presence)| (row.clone(), presence))
                .collect()
        });
        let asked = |key: &(Option<MailboxId>, String)| {
            reads.properties.iter().any(|wanted| wanted.has(key.0, &key.1))
        };
        let properties = self.properties.iter().filter(|(key, _)| asked(key));
        let properties = properties.map(|(key, value)| (key.clone(), value.clone())).collect();
        Snapshot { head: self.head.clone(), mailboxes, rows, subscriptions, properties }
    }

    /// The mailboxes that are not deleted.
    pub(super) fn listed(&self) -> impl Iterator<Item = &Mailbox> {
        self.mailboxes.values().filter(|mailbox| mailbox.state != MailboxState::Deleted)
    }

    /// The rows of these UIDs, live or expunged, ascending.
    fn find<'a>(
        &'a self,
        mailbox: MailboxId,
        uids: &'a UidSet,
    ) -> impl Iterator<Item = (&'a Row, Presence)> {
        uids.ranges().flat_map(move |range| {
            let keys = (mailbox, *range.start())..=(mailbox, *range.end());
            let live = self.rows.range(keys.clone()).map(|(_, row)| (row, Presence::Live));
            let gone = self.expunged.range(keys).map(|(_, (row, _))| (row, Presence::Expunged));
            let mut found: Vec<_> = live.chain(gone).collect();
            found.sort_by_key(|(row, _)| row.uid);
            found
        })
    }

    fn write(&mut self, delta: &Delta, at: Timestamp) {
        self.head = delta.head.clone();
        for mailbox in &delta.mailboxes {
            self.mailboxes.insert(mailbox.id, mailbox.clone());
            if mailbox.state == MailboxState::Deleted {
                self.deleted.entry(mailbox.id).or_insert(at);
                self.properties.retain(|key, _| key.0 != Some(mailbox.id));
            }
        }
        for change in &delta.properties {
            let key = (change.mailbox, change.key.clone());
            match &change.value {
                Some(value) => self.properties.insert(key, value.clone()),
                None => self.properties.remove(&key),
            };
        }
        for new in &delta.emails {
            let content = Content {
                tree: Arc::new(new.email.tree.clone()),
                derived: Arc::new(new.email.derived.clone()),
            };
            self.emails.insert(new.email.id, content);
        }
        for (mailbox, change) in &delta.rows {
            match change {
                RowChange::Insert(row) | RowChange::Update(row) => {
                    self.rows.insert((*mailbox, row.uid), row.clone());
                }
                RowChange::Expunge(row) => {
                    let key = (*mailbox, row.uid);
                    self.rows.remove(&key);
                    self.expunged.insert(key, (row.clone(), at));
                }
            }
        }
        if let Some(subscriptions) = &delta.subscriptions {
            self.subscriptions.clone_from(subscriptions);
        }
        self.journal.extend(delta.record.clone());
    }

    pub(super) fn fetch(&self, mailbox: MailboxId, uids: &UidSet, want: Want) -> Page {
        let mut page = Page::default();
        let mut bytes = 0;
        for (row, presence) in self.find(mailbox, uids) {
            if page.messages.len() >= PAGE_ROWS || bytes >= PAGE_BYTES {
                let done = Uid::MIN..=page.messages.last().map_or(Uid::MIN, |m| m.row.uid);
                page.rest = uids.difference(&UidSet::range(done));
                break;
            }
            let content = self.emails.get(&row.email);
            let fetched = Fetched {
                row: row.clone(),
                presence,
                derived: content.filter(|_| want.has_derived()).map(|c| c.derived.clone()),
                tree: content.filter(|_| want.has_tree()).map(|c| c.tree.clone()),
            };
            bytes += fetched.tree.as_ref().map_or(0, |tree| tree.size() as usize);
            page.messages.push(fetched);
        }
        page
    }

    pub(super) fn properties(&self, wanted: &WantedProperties) -> PropertyPage {
        let mut page = PropertyPage::default();
        let mut bytes = 0;
        for ((mailbox, key), value) in &self.properties {
            if !wanted.has(*mailbox, key) {
                continue;
            }
            if page.list.len() >= PAGE_PROPERTIES || bytes >= PAGE_BYTES {
                page.more = true;
                break;
            }
            let property = Property { mailbox: *mailbox, key: key.clone(), value: value.clone() };
            bytes += property.size();
            page.list.push(property);
        }
        page
    }

    pub(super) fn replay(&self, since: ModSeq, mailbox: Option<MailboxId>, limit: usize) -> Replay {
        // A reader ahead of the account has known an earlier one of its number.
        if since > self.head.modseq || since < self.head.horizon && self.changed(mailbox, since) {
            return Replay::Trimmed;
        }
        let after = self.journal.partition_point(|record| record.modseq <= since);
        let touches = |record: &&Record| {
            mailbox.is_none_or(|id| record.entries.iter().any(|entry| entry.mailbox == id))
        };
        let mut found = self.journal.iter().skip(after).filter(touches);
        let records: Vec<_> = found.by_ref().take(limit).cloned().collect();
        let more = found.next().is_some();
        let upto = match records.last() {
            Some(last) if more => last.modseq,
            _ => self.head.modseq,
        };
        Replay::Records { records, upto, more }
    }

    /// Has the mailbox, or the account, changed? A mailbox that is gone has.
    fn changed(&self, mailbox: Option<MailboxId>, since: ModSeq) -> bool {
        let listed = |id| self.listed().find(|mailbox| mailbox.id == id);
        mailbox.is_none_or(|id| listed(id).is_none_or(|mailbox| mailbox.modseq > since))
    }
}

impl Account {
    /// Drops what is no longer needed; returns the emails that nothing refers to any more.
    pub(super) fn purge(&mut self, purge: &Purge, purged: &mut Purged) -> Vec<EmailId> {
        let before = self.rows.len() + self.expunged.len();
        self.expunged.retain(|_, (_, at)| *at >= purge.expunged_before);
        let doomed: Vec<_> = self
            .deleted
            .iter()
            .filter(|(_, at)| **at < purge.expunged_before)
            .map(|(id, _)| *id)
            .collect();
        for id in doomed {
            self.deleted.remove(&id);
            self.mailboxes.remove(&id);
            self.rows.retain(|key, _| key.0 != id);
            self.expunged.retain(|key, _| key.0 != id);
        }
        purged.messages += (before - self.rows.len() - self.expunged.len()) as u64;
        while let Some(first) = self.journal.front()
            && first.at < purge.journal_before
        {
            self.head.horizon = first.modseq;
            self.journal.pop_front();
        }
        let used: BTreeSet<_> = self
            .rows
            .values()
            .chain(self.expunged.values().map(|(row, _)| row))
            .map(|row| row.email)
            .collect();
        let unused: Vec<_> =
            self.emails.keys().filter(|email| !used.contains(email)).copied().collect();
        unused.iter().for_each(|email| drop(self.emails.remove(email)));
        unused
    }
}
