//! A mailbox and its UIDs, from reads that are no snapshot.
//!
//! The mailbox is read first: its document tells which commit wrote it last. What its UIDs were
//! after an earlier commit is known here or stored; the journal tells the rest. If the journal,
//! read later, holds a commit that wrote the mailbox again, it is read only up to before that one:
//! there the mailbox still was what was read. So what is returned was true at one moment, and
//! replay goes on exactly there.
//!
//! Where nothing is known, all rows are read. That takes a while, and commits go on: whatever the
//! journal holds from before it on is applied to what was found. A UID comes once and goes once, so
//! that is right however much of it the rows had shown already.
//!
//! One query reads the mailbox, then the head of its account, then the next records after those
//! that are known: often that is all. Where a name has led to is remembered; the same query reads
//! the mailboxes above it too, and so shows whether the name still leads there.

use std::borrow::Cow;
use std::sync::Arc;

use mongodb::bson::{Bson, Document, doc};

use super::failure::Failure;
use super::journal::{self, WINDOW};
use super::mailboxes::{self, in_account, joined, taken};
use super::remembered::{Remembered, Seen};
use super::row::{self, StoredMailbox};
use super::store::{BATCH, Store};
use super::{document, record, schema};
use crate::backends::uids::{Known, Staleness, TAIL, WORTH_STORING};
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::journal::{Event, MailboxEvent, Record};
use crate::mailbox::{AccountHead, MailboxState, Mailboxes, SEPARATOR};
use crate::store::Opened;
use crate::uid::{ModSeq, Uid, UidArray, UidSet};

/// How many records are asked for together with the mailbox.
const NEXT: u64 = 64;

/// Opens a mailbox.
pub(super) async fn open(
    store: &Arc<Store>,
    remembered: &Remembered,
    at: MailboxKey,
) -> Result<Option<Opened>, Failure> {
    open_found(store, remembered, at, None).await
}

/// Opens the mailbox of that full name.
pub(super) async fn open_named(
    store: &Arc<Store>,
    remembered: &Remembered,
    (account, name): (AccountId, &str),
) -> Result<Option<Opened>, Failure> {
    let at = |mailbox: MailboxId| MailboxKey { account, mailbox };
    if let Some(path) = remembered.path(account, name)
        && let Some(last) = path.last()
    {
        let found = read(store, remembered, (account, &path)).await?;
        if self::path(found.iter().map(|found| &found.stored), name).as_ref() == Some(&path) {
            let found = found.into_iter().find(|found| found.stored.mailbox.id == *last);
            return open_found(store, remembered, at(*last), found).await;
        }
    }
    let mailboxes::Stored { head, list, .. } = mailboxes::read(store, account).await?;
    let Some(path) = path(list.iter(), name) else { return Ok(None) };
    let Some(last) = path.last().copied() else { return Ok(None) };
    remembered.remember_path(account, name, path);
    let stored = list.into_iter().find(|stored| stored.mailbox.id == last);
    let known = remembered.uids.find(at(last));
    let found = stored.map(|stored| Found { known, stored, head, next: Vec::new() });
    open_found(store, remembered, at(last), found).await
}

/// The mailboxes that a full name leads to, from the top down.
fn path<'a>(list: impl Iterator<Item = &'a StoredMailbox>, name: &str) -> Option<Vec<MailboxId>> {
    let list = list.map(|stored| stored.mailbox.clone()).filter(|mailbox| mailbox.is_listed());
    let all = Mailboxes { list: list.collect(), ..Mailboxes::default() };
    let mut path: Vec<MailboxId> = Vec::new();
    for leaf in name.split(SEPARATOR) {
        path.push(all.child(path.last().copied(), leaf)?.id);
    }
    Some(path)
}

/// Opens a mailbox, which may have been read already.
async fn open_found(
    store: &Arc<Store>,
    remembered: &Remembered,
    at: MailboxKey,
    mut found: Option<Found>,
) -> Result<Option<Opened>, Failure> {
    loop {
        let read = match found.take() {
            Some(found) => Some(found),
            None => read(store, remembered, (at.account, &[at.mailbox])).await?.pop(),
        };
        let Some(read) = read else { return Ok(None) };
        if read.stored.mailbox.state != MailboxState::Live {
            return Ok(None);
        }
        let opening = Opening { store, remembered, at, found: &read };
        if let Some(known) = opening.known().await? {
            opening.remember(&known);
            let Known { modseq: cursor, uids, .. } = known;
            return Ok(Some(Opened { mailbox: read.stored.mailbox, uids, cursor }));
        }
        // It changed, or the journal was trimmed, while it was read.
    }
}

/// What one query has read.
struct Found {
    /// What was known before.
    known: Option<Known>,
    stored: StoredMailbox,
    /// Read after the mailbox.
    head: AccountHead,
    /// The records after those that are known, read after the head: as many of the first `NEXT` as
    /// are there.
    next: Vec<Record>,
}

/// A mailbox and the head of its account: one round trip.
pub(super) async fn look(store: &Store, at: MailboxKey) -> Result<Option<Seen>, Failure> {
    let found = read(store, &Remembered::default(), (at.account, &[at.mailbox])).await?.pop();
    Ok(found.map(|Found { stored, head, .. }| Seen { stored, head }))
}

/// The mailboxes of a path, the last of which is to be opened: one round trip.
async fn read(
    store: &Store,
    remembered: &Remembered,
    (account, path): (AccountId, &[MailboxId]),
) -> Result<Vec<Found>, Failure> {
    let ids: Vec<_> = path.iter().map(|id| i64::from(id.0)).collect();
    let mut pipeline = vec![
        doc! { "$match": { "account": account.get(), "id": { "$in": ids } } },
        joined(schema::ACCOUNTS, ("account", "_id"), "head"),
    ];
    let last = path.last().map(|mailbox| MailboxKey { account, mailbox: *mailbox });
    let known = last.and_then(|at| remembered.uids.find(at));
    if let (Some(at), Some(known)) = (last, &known) {
        pipeline.extend(with_next(at, known.modseq));
    }
    let mailboxes = store.collection(schema::MAILBOXES);
    let mut answer = mailboxes.aggregate(pipeline).batch_size(BATCH).await?;
    let mut all: Vec<Found> = Vec::with_capacity(path.len());
    while answer.advance().await? {
        let found = found_from(answer.deserialize_current()?)?;
        let id = found.stored.mailbox.id;
        match all.iter_mut().find(|known| known.stored.mailbox.id == id) {
            Some(known) => known.next.extend(found.next),
            None => all.push(found),
        }
    }
    let is_last = |found: &&mut Found| Some(&found.stored.mailbox.id) == path.last();
    if let Some(last) = all.iter_mut().find(is_last) {
        last.next.sort_by_key(|record| record.modseq);
        last.known = known;
    }
    Ok(all)
}

/// Stages that read the next records of the journal beside one of the mailboxes, which comes once
/// with each of them: all in one document could be more than a document holds.
fn with_next(at: MailboxKey, after: ModSeq) -> [Document; 4] {
    let id = |ahead: u64| document::id(at.account, &[&(after.0 + ahead).to_be_bytes()]);
    let ids: Vec<Bson> = (1..=NEXT).map(id).collect();
    let here = doc! { "$eq": ["$id", i64::from(at.mailbox.0)] };
    [
        doc! { "$set": { "ids": { "$cond": [here, ids, []] } } },
        in_account(schema::JOURNAL, ("ids", at.account), "next"),
        doc! { "$unwind": { "path": "$next", "preserveNullAndEmptyArrays": true } },
        doc! { "$unset": "ids" },
    ]
}

fn found_from(mut document: Document) -> Result<Found, Failure> {
    let head = taken(&mut document, "head").pop();
    let head = head.ok_or_else(|| Failure::corrupt("a mailbox whose account has no head"))?;
    let next = match document.remove("next") {
        Some(Bson::Document(next)) => vec![record::record_from(next)?],
        _ => Vec::new(),
    };
    let (stored, head) = (row::mailbox_from(document)?, row::head_from(head)?);
    Ok(Found { known: None, stored, head, next })
}

fn filter(at: MailboxKey) -> Document {
    doc! { "account": at.account.get(), "mailbox": i64::from(at.mailbox.0) }
}

struct Opening<'a> {
    store: &'a Arc<Store>,
    remembered: &'a Remembered,
    at: MailboxKey,
    found: &'a Found,
}

impl Opening<'_> {
    /// The UIDs. `None` if the mailbox changed, or the journal was trimmed, while they were read.
    async fn known(&self) -> Result<Option<Known>, Failure> {
        let known = match self.usable(self.found.known.clone()) {
            Some(known) => Some(known),
            None => self.stored().await?,
        };
        match known {
            Some(known) => self.catch_up(known).await,
            None => self.scan().await,
        }
    }

    /// Is it of this mailbox, and does the journal reach back to it?
    fn usable(&self, known: Option<Known>) -> Option<Known> {
        known
            .filter(|known| known.uid_validity == self.found.stored.mailbox.uid_validity)
            .filter(|known| known.is_usable(self.found.head.horizon, self.found.head.modseq))
    }

    /// What is stored, where that is worth looking for.
    async fn stored(&self) -> Result<Option<Known>, Failure> {
        if self.found.stored.mailbox.counts.messages < WORTH_STORING {
            return Ok(None);
        }
        let found = self.store.find_one(schema::UIDS, filter(self.at)).await?;
        Ok(self.usable(found.map(row::uids_from).transpose()?))
    }

    /// Replays what happened since, up to where the mailbox was written again.
    async fn catch_up(&self, mut known: Known) -> Result<Option<Known>, Failure> {
        while known.modseq < self.found.head.modseq {
            let Some(records) = self.after(known.modseq).await? else { return Ok(None) };
            for record in &*records {
                if self.is_torn_by(record) {
                    return Ok(Some(known));
                }
                known.replay(record, self.at.mailbox);
            }
        }
        Ok(Some(known))
    }

    /// Some of the records after that one and up to the head, none left out; `None` if they are
    /// gone.
    async fn after(&self, modseq: ModSeq) -> Result<Option<Cow<'_, [Record]>>, Failure> {
        let (next, last) = (&self.found.next, self.found.head.modseq);
        if next.first().is_some_and(|first| first.modseq == modseq.next()) {
            let count = usize::try_from(last.0 - modseq.0).unwrap_or(usize::MAX);
            return Ok(next.get(..count.min(next.len())).map(Cow::Borrowed));
        }
        let upto = ModSeq(last.0.min(modseq.0 + WINDOW.max(TAIL / 10)));
        let records = journal::records(self.store, self.at.account, (modseq, upto)).await?;
        let is_whole = records.len() as u64 == upto.0 - modseq.0;
        Ok(is_whole.then_some(Cow::Owned(records)))
    }

    /// Did this commit write the mailbox after it was read?
    fn is_torn_by(&self, record: &Record) -> bool {
        let writes = |event: &Event| match event {
            Event::Arrived(_) | Event::Flags(_) | Event::Expunged(_) => true,
            Event::Mailbox(event) => *event != MailboxEvent::Subscribed,
            Event::Property => false,
        };
        let touches = record
            .entries
            .iter()
            .any(|entry| entry.mailbox == self.at.mailbox && writes(&entry.event));
        touches && record.modseq > self.found.stored.written
    }

    /// Reads the rows. `None` if the mailbox was written again meanwhile: what was found is
    /// remembered, and the next try goes on from there.
    async fn scan(&self) -> Result<Option<Known>, Failure> {
        let before = self.found.head.modseq;
        let mut uids = scan(self.store, self.at).await?;
        let now = journal::head(self.store, self.at.account).await?.modseq;
        let records = if now > before {
            journal::records(self.store, self.at.account, (before, now)).await?
        } else {
            Vec::new()
        };
        if now < before || records.len() as u64 != now.0 - before.0 {
            return Ok(None);
        }
        for record in &records {
            apply(record, self.at.mailbox, &mut uids);
        }
        let uid_validity = self.found.stored.mailbox.uid_validity;
        let known = Known { uid_validity, modseq: now, uids: UidArray::from_set(&uids) };
        if records.iter().any(|record| self.is_torn_by(record)) {
            self.remembered.uids.remember(self.at, &known);
            return Ok(None);
        }
        Ok(Some(known))
    }

    /// Remembers what was found, so that the next to open it need not read it all. What is stored
    /// of it nobody waits for.
    fn remember(&self, known: &Known) {
        let Found { stored, head, .. } = self.found;
        if stored.mailbox.recent_from < stored.mailbox.uid_next {
            let seen = Seen { stored: stored.clone(), head: head.clone() };
            self.remembered.remember_recent(self.at, seen);
        }
        let staleness = self.remembered.uids.remember(self.at, known);
        if staleness == Staleness::Stale && known.is_worth_storing() {
            let (store, at, known) = (Arc::clone(self.store), self.at, known.clone());
            tokio::spawn(async move {
                if let Err(error) = store.call("store UIDs", put(&store, at, &known)).await {
                    tracing::warn!(%error, "a snapshot of UIDs was not stored");
                }
            });
        }
    }
}

/// Replays a commit on UIDs that may show it already.
fn apply(record: &Record, mailbox: MailboxId, uids: &mut UidSet) {
    for entry in record.entries.iter().filter(|entry| entry.mailbox == mailbox) {
        match &entry.event {
            Event::Arrived(range) => uids.insert_range(range.clone()),
            Event::Expunged(gone) => *uids = uids.difference(gone),
            Event::Flags(_) | Event::Mailbox(_) | Event::Property => {}
        }
    }
}

/// The UIDs of all rows that are not expunged.
async fn scan(store: &Store, at: MailboxKey) -> Result<UidSet, Failure> {
    let fields = doc! { "_id": 0, "uid": 1, "gone": 1 };
    let found = store.find_fields(schema::MESSAGES, (filter(at), fields)).await?;
    let live = found.iter().filter(|document| !document.contains_key("gone"));
    let uid = |document: &Document| {
        let uid = document.get_i64("uid").ok().and_then(|uid| u32::try_from(uid).ok());
        uid.and_then(Uid::new).ok_or_else(|| Failure::corrupt("a message without a UID"))
    };
    let mut uids: Vec<Uid> = live.map(uid).collect::<Result<_, _>>()?;
    uids.sort();
    Ok(uids.into_iter().collect())
}

async fn put(store: &Store, at: MailboxKey, known: &Known) -> Result<(), Failure> {
    let document = row::uids_to((at.account, at.mailbox), known)?;
    let uids = store.collection(schema::UIDS);
    uids.replace_one(filter(at), document).upsert(true).await?;
    Ok(())
}
