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

use std::sync::Arc;

use mongodb::bson::{Document, doc};

use super::failure::Failure;
use super::journal::{self, WINDOW};
use super::row::{self, StoredMailbox};
use super::schema;
use super::store::Store;
use crate::backends::uids::{Known, Staleness, TAIL, UidCache, WORTH_STORING};
use crate::id::{MailboxId, MailboxKey};
use crate::journal::{Event, MailboxEvent, Record};
use crate::mailbox::{AccountHead, MailboxState};
use crate::store::Opened;
use crate::uid::{ModSeq, Uid, UidArray, UidSet};

/// Opens a mailbox.
pub(super) async fn open(
    store: &Arc<Store>,
    cache: &UidCache,
    at: MailboxKey,
) -> Result<Option<Opened>, Failure> {
    loop {
        let Some((stored, head)) = mailbox(store, at).await? else { return Ok(None) };
        if stored.mailbox.state != MailboxState::Live {
            return Ok(None);
        }
        let opening = Opening { store, cache, at, stored: &stored, head: &head };
        let known = match opening.usable(cache.find(at)) {
            Some(known) => Some(known),
            None => opening.stored().await?,
        };
        let found = match known {
            Some(known) => opening.catch_up(known).await?,
            None => opening.scan().await?,
        };
        if let Some(known) = found {
            remember(store, cache, (at, &known));
            let Known { modseq: cursor, uids, .. } = known;
            return Ok(Some(Opened { mailbox: stored.mailbox, uids, cursor }));
        }
        // It changed, or the journal was trimmed, while it was read.
    }
}

/// The mailbox, and the head of its account as it was then or later: one round trip.
async fn mailbox(
    store: &Store,
    at: MailboxKey,
) -> Result<Option<(StoredMailbox, AccountHead)>, Failure> {
    let pipeline = [
        doc! { "$match": filter(at, "id") },
        doc! { "$lookup": {
            "from": schema::ACCOUNTS,
            "localField": "account",
            "foreignField": "_id",
            "as": "head",
        } },
    ];
    let mut found = store.collection(schema::MAILBOXES).aggregate(pipeline).await?;
    if !found.advance().await? {
        return Ok(None);
    }
    let mut document: Document = found.deserialize_current()?;
    let head = match document.remove("head") {
        Some(mongodb::bson::Bson::Array(mut heads)) => heads.pop(),
        _ => None,
    };
    let head = head.and_then(|head| head.as_document().cloned());
    let head = head.ok_or_else(|| Failure::corrupt("a mailbox whose account has no head"))?;
    Ok(Some((row::mailbox_from(document)?, row::head_from(head)?)))
}

fn filter(at: MailboxKey, mailbox: &str) -> Document {
    doc! { "account": at.account.get(), mailbox: i64::from(at.mailbox.0) }
}

struct Opening<'a> {
    store: &'a Store,
    cache: &'a UidCache,
    at: MailboxKey,
    stored: &'a StoredMailbox,
    /// Read after the mailbox.
    head: &'a AccountHead,
}

impl Opening<'_> {
    /// Is it of this mailbox, and does the journal reach back to it?
    fn usable(&self, known: Option<Known>) -> Option<Known> {
        known
            .filter(|known| known.uid_validity == self.stored.mailbox.uid_validity)
            .filter(|known| known.is_usable(self.head.horizon, self.head.modseq))
    }

    /// What is stored, where that is worth looking for.
    async fn stored(&self) -> Result<Option<Known>, Failure> {
        if self.stored.mailbox.counts.messages < WORTH_STORING {
            return Ok(None);
        }
        let found = self.store.find_one(schema::UIDS, filter(self.at, "mailbox")).await?;
        Ok(self.usable(found.map(row::uids_from).transpose()?))
    }

    /// Replays what happened since, up to where the mailbox was written again.
    async fn catch_up(&self, mut known: Known) -> Result<Option<Known>, Failure> {
        while known.modseq < self.head.modseq {
            let upto = ModSeq(self.head.modseq.0.min(known.modseq.0 + WINDOW.max(TAIL / 10)));
            let range = (known.modseq, upto);
            let records = journal::records(self.store, self.at.account, range).await?;
            if records.len() as u64 != upto.0 - known.modseq.0 {
                return Ok(None);
            }
            for record in &records {
                if self.is_torn_by(record) {
                    return Ok(Some(known));
                }
                known.replay(record, self.at.mailbox);
            }
        }
        Ok(Some(known))
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
        touches && record.modseq > self.stored.written
    }

    /// Reads the rows. `None` if the mailbox was written again meanwhile: what was found is
    /// remembered, and the next try goes on from there.
    async fn scan(&self) -> Result<Option<Known>, Failure> {
        let before = self.head.modseq;
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
        let uid_validity = self.stored.mailbox.uid_validity;
        let known = Known { uid_validity, modseq: now, uids: UidArray::from_set(&uids) };
        if records.iter().any(|record| self.is_torn_by(record)) {
            self.cache.remember(self.at, &known);
            return Ok(None);
        }
        Ok(Some(known))
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
    let found = store.find_fields(schema::MESSAGES, (filter(at, "mailbox"), fields)).await?;
    let live = found.iter().filter(|document| !document.contains_key("gone"));
    let uid = |document: &Document| {
        let uid = document.get_i64("uid").ok().and_then(|uid| u32::try_from(uid).ok());
        uid.and_then(Uid::new).ok_or_else(|| Failure::corrupt("a message without a UID"))
    };
    let mut uids: Vec<Uid> = live.map(uid).collect::<Result<_, _>>()?;
    uids.sort();
    Ok(uids.into_iter().collect())
}

/// Remembers what a mailbox holds, so that the next to open it need not read it all. Nobody waits
/// for that.
fn remember(store: &Arc<Store>, cache: &UidCache, (at, known): (MailboxKey, &Known)) {
    if cache.remember(at, known) == Staleness::Stale && known.is_worth_storing() {
        let (store, known) = (Arc::clone(store), known.clone());
        tokio::spawn(async move {
            if let Err(error) = store.call("store UIDs", put(&store, at, &known)).await {
                tracing::warn!(%error, "a snapshot of UIDs was not stored");
            }
        });
    }
}

async fn put(store: &Store, at: MailboxKey, known: &Known) -> Result<(), Failure> {
    let document = row::uids_to((at.account, at.mailbox), known)?;
    let uids = store.collection(schema::UIDS);
    uids.replace_one(filter(at, "mailbox"), document).upsert(true).await?;
    Ok(())
}
