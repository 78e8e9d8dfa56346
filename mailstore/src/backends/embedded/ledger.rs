//! The ledger: reads on the caller's thread, writes on the committer's.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use super::answers::Answers;
use super::committer::Committer;
use super::connection::{Failure, Readers};
use super::directory::{Lock, OpenError};
use super::latest::Latest;
use super::pages::Pages;
use super::purge::Cursor;
use super::row::MailboxNo;
use super::{fetch, heads, kept, property, purge, uids};
use crate::backends::leases::Leases;
use crate::backends::uids::{Known, Staleness, UidCache};
use crate::blob::{BlobRef, Digest, ObjectName, Place};
use crate::change::{Change, Committed};
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::journal::{Replay, codec};
use crate::mailbox::{Mailbox, MailboxState, Mailboxes};
use crate::message::Want;
use crate::property::{Property, PropertyPage, Scope, WantedProperties};
use crate::store::{
    BlobState, Claim, CommitError, Held, LeaseAsk, Ledger, Opened, Page, Purge, Purged, StoreError,
};
use crate::uid::{ModSeq, UidSet};

/// Blobs up to this size stand in the database.
const KEEPS_UP_TO: u64 = 256 << 10;
/// Properties that take more memory than this, in bytes, are read anew each time.
const SMALL: usize = 2048;
/// So are those asked for by a longer prefix.
const SHORT: usize = 32;

/// A ledger in one SQLite database.
#[derive(Debug)]
pub struct EmbeddedLedger {
    readers: Readers,
    committer: Committer,
    latest: Arc<Latest>,
    /// A mailbox keeps its number for as long as there is a row of it.
    numbers: Answers<MailboxKey, Option<MailboxNo>>,
    /// Properties of accounts as such.
    properties: Answers<(AccountId, WantedProperties), PropertyPage>,
    pages: Pages,
    uids: UidCache,
    /// In memory: one process has the directory, and its sessions end with it.
    leases: Leases,
    purged_to: Mutex<Cursor>,
}

impl EmbeddedLedger {
    pub(super) fn new(writer: Connection, readers: Readers, lock: Lock) -> Result<Self, OpenError> {
        let latest = Arc::new(Latest::default());
        Ok(Self {
            readers,
            committer: Committer::start(writer, lock, Arc::clone(&latest))?,
            latest,
            numbers: Answers::new(Option::is_some),
            properties: Answers::new(is_small),
            pages: Pages::default(),
            uids: UidCache::default(),
            leases: Leases::default(),
            purged_to: Mutex::default(),
        })
    }

    /// Reads of other tables than the mail's, in one snapshot.
    #[cfg(feature = "accounts")]
    pub(super) fn read<T>(
        &self,
        op: &'static str,
        read: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.readers.read(op, read)
    }

    /// Writes to other tables than the mail's, in a transaction of their own.
    #[cfg(feature = "accounts")]
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        op: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.committer.transact(op, move |transaction| work(transaction.db)).await
    }

    /// What has changed last.
    #[cfg(feature = "accounts")]
    pub(super) fn latest(&self) -> &Latest {
        &self.latest
    }

    fn snapshot(&self, at: MailboxKey) -> Result<Option<(Opened, MailboxNo)>, StoreError> {
        self.readers.read("open a mailbox", |db| {
            let head = heads::read_head(db, at.account)?.unwrap_or_default();
            let found = heads::read_mailbox(db, at.account, at.mailbox)?;
            let Some((no, mailbox)) = found.filter(|m| m.1.state == MailboxState::Live) else {
                return Ok(None);
            };
            let known = self.uids.find(at);
            let ids = (at.account, &mailbox, no);
            let uids = uids::read(db, ids, (known, head.horizon, head.modseq))?;
            Ok(Some((Opened { mailbox, uids, cursor: head.modseq }, no)))
        })
    }

    /// Remembers what a mailbox holds, so that the next to open it need not read it all.
    async fn remember(&self, at: MailboxKey, opened: &Opened, no: MailboxNo) {
        let uid_validity = opened.mailbox.uid_validity;
        let known = Known { uid_validity, modseq: opened.cursor, uids: opened.uids.clone() };
        let stale = self.uids.remember(at, &known) == Staleness::Stale;
        if stale && known.is_worth_storing() {
            let store = move |t: &mut super::write::Transaction<'_>| uids::store(t.db, no, &known);
            if let Err(error) = self.committer.transact("store UIDs", store).await {
                tracing::warn!(%error, "a snapshot of UIDs was not stored");
            }
        }
    }
}

#[async_trait]
impl Ledger for EmbeddedLedger {
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>> {
        self.committer.commit(group).await
    }

    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError> {
        self.readers.read("list mailboxes", |db| {
            Ok(Mailboxes {
                head: heads::read_head(db, account)?.unwrap_or_default(),
                list: heads::read_mailboxes(db, account)?.into_iter().map(|m| m.1).collect(),
                subscriptions: heads::read_subscriptions(db, account)?,
            })
        })
    }

    async fn created(&self, account: AccountId) -> Result<u32, StoreError> {
        self.readers.read("count mailboxes", |db| {
            Ok(heads::read_head(db, account)?.map_or(0, |head| head.last_mailbox))
        })
    }

    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError> {
        let Some((opened, no)) = self.snapshot(at)? else { return Ok(None) };
        self.remember(at, &opened, no).await;
        Ok(Some(opened))
    }

    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError> {
        let read = || {
            self.readers.read("fetch", |db| {
                match self.numbers.of(at, &self.latest, || number(db, at))? {
                    Some(no) => fetch::page(db, no, uids, want),
                    None => Ok(Page::default()),
                }
            })
        };
        if want != Want::Row {
            return read();
        }
        let before = self.latest.mail_of(at.account);
        self.pages.of((at, uids), before, read)
    }

    async fn journal(
        &self,
        account: AccountId,
        since: ModSeq,
        mailbox: Option<MailboxId>,
        limit: usize,
    ) -> Result<Replay, StoreError> {
        if self.latest.of(account) == Some(since) {
            return Ok(Replay::Records { records: Vec::new(), upto: since, more: false });
        }
        self.readers.read("read the journal", |db| replay(db, account, since, (mailbox, limit)))
    }

    async fn properties(
        &self,
        account: AccountId,
        wanted: &WantedProperties,
    ) -> Result<PropertyPage, StoreError> {
        let ask = || self.readers.read("read properties", |db| property::page(db, account, wanted));
        match wanted {
            WantedProperties { scope: Scope::Account, prefix, after: None }
                if prefix.len() <= SHORT =>
            {
                self.properties.of((account, wanted.clone()), &self.latest, ask)
            }
            _ => ask(),
        }
    }

    async fn mailboxes_with(&self, key: &str, limit: usize) -> Result<Vec<MailboxKey>, StoreError> {
        self.readers.read("look for mailboxes", |db| property::mailboxes_with(db, key, limit))
    }

    async fn kept(&self, digest: Digest, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.readers.read("read a blob", |db| kept::read(db, digest, range))
    }

    fn keeps_up_to(&self) -> u64 {
        KEEPS_UP_TO
    }

    async fn claim(&self, claim: &Claim) -> Result<BlobState, StoreError> {
        let Claim { digest, account, email } = claim.clone();
        self.committer
            .transact("claim a blob", move |t| {
                t.db.prepare_cached(
                    "INSERT OR IGNORE INTO pending (digest, account, email) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![digest.0, account.get(), email.to_bytes()])?;
                Ok(place_of(t.db, digest)?.map_or(BlobState::Vacant, BlobState::Live))
            })
            .await
    }

    async fn settle(&self, blob: &BlobRef, name: &ObjectName) -> Result<Place, StoreError> {
        let (digest, name) = (blob.digest, name.clone());
        self.committer
            .transact("settle a blob", move |t| {
                t.db.prepare_cached("INSERT OR IGNORE INTO blob (digest, object) VALUES (?1, ?2)")?
                    .execute(params![digest.0, name.0])?;
                let place = place_of(t.db, digest)?;
                place.ok_or_else(|| Failure::Missing(format!("blob {digest}")))
            })
            .await
    }

    async fn lease(&self, ask: &LeaseAsk) -> Result<Option<Held>, StoreError> {
        Ok(self.leases.ask(ask))
    }

    async fn purge(&self, purge: &Purge) -> Result<Purged, StoreError> {
        let purge = *purge;
        let from = *self.purged_to.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (purged, to) =
            self.committer.transact("purge", move |t| purge::step(t, &purge, from)).await?;
        *self.purged_to.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = to;
        Ok(purged)
    }

    async fn is_live(&self, name: &ObjectName) -> Result<bool, StoreError> {
        self.readers.read("look for a blob", |db| {
            let digest = name.digest();
            let found = digest.map(|digest| place_of(db, digest)).transpose()?.flatten();
            Ok(found == Some(Place::Object(name.clone())))
        })
    }

    async fn sharing(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.readers.read("count who shares a blob", |db| sharing(db, digest, (account, limit)))
    }

    async fn forget(&self, account: AccountId) -> Result<bool, StoreError> {
        let latest = Arc::clone(&self.latest);
        let step = move |t: &mut super::write::Transaction<'_>| {
            latest.forget(account);
            purge::forget(t, account)
        };
        let more = self.committer.transact("forget an account", step).await?;
        self.uids.forget(account);
        self.pages.forget(account);
        self.leases.forget(account);
        Ok(more)
    }
}

/// Is it worth keeping?
fn is_small(page: &PropertyPage) -> bool {
    !page.more && page.list.iter().map(Property::size).sum::<usize>() <= SMALL
}

fn number(db: &Connection, at: MailboxKey) -> Result<Option<MailboxNo>, Failure> {
    let mut statement =
        db.prepare_cached("SELECT no FROM mailbox WHERE account = ?1 AND id = ?2")?;
    let ids = params![at.account.get(), at.mailbox.0];
    Ok(statement.query_row(ids, |row| row.get(0)).optional()?)
}

/// Where a blob is, if it is anywhere.
fn place_of(db: &Connection, digest: Digest) -> Result<Option<Place>, Failure> {
    let mut statement = db.prepare_cached("SELECT object FROM blob WHERE digest = ?1")?;
    let object: Option<Option<String>> =
        statement.query_row([digest.0], |row| row.get(0)).optional()?;
    Ok(object.map(|object| match object {
        Some(name) => Place::Object(ObjectName(name)),
        None => Place::Ledger,
    }))
}

fn sharing(
    db: &Connection,
    digest: Digest,
    (account, limit): (Option<AccountId>, usize),
) -> Result<usize, Failure> {
    let (first, last) = account.map_or((0, i64::MAX), |account| (account.get(), account.get()));
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM claim
         WHERE digest = ?1 AND account BETWEEN ?2 AND ?3 LIMIT ?4)",
    )?;
    let asked = params![digest.0, first, last, limit as i64];
    let count: i64 = statement.query_row(asked, |row| row.get(0))?;
    Ok(count as usize)
}

/// Has the mailbox, or the account, changed? A mailbox that is gone has.
fn changed(
    db: &Connection,
    account: AccountId,
    (mailbox, since): (Option<MailboxId>, ModSeq),
) -> Result<bool, Failure> {
    let Some(id) = mailbox else { return Ok(true) };
    let found = heads::read_mailbox(db, account, id)?;
    let gone = |mailbox: &Mailbox| mailbox.state == MailboxState::Deleted;
    Ok(found.is_none_or(|(_, mailbox)| gone(&mailbox) || mailbox.modseq > since))
}

fn replay(
    db: &Connection,
    account: AccountId,
    since: ModSeq,
    (mailbox, limit): (Option<MailboxId>, usize),
) -> Result<Replay, Failure> {
    let head = heads::read_head(db, account)?.unwrap_or_default();
    if since == head.modseq {
        return Ok(Replay::Records { records: Vec::new(), upto: since, more: false });
    }
    // A reader ahead of the account has known an earlier one of its number.
    if since > head.modseq || since < head.horizon && changed(db, account, (mailbox, since))? {
        return Ok(Replay::Trimmed);
    }
    let mut statement = db.prepare_cached(
        "SELECT v FROM journal WHERE account = ?1 AND modseq > ?2 ORDER BY modseq",
    )?;
    let mut rows = statement.query(params![account.get(), since.0 as i64])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let record = codec::decode(row.get_ref(0)?.as_blob().unwrap_or(&[]))?;
        let touches = record.entries.iter().any(|entry| mailbox == Some(entry.mailbox));
        if mailbox.is_some() && !touches {
            continue;
        }
        if records.len() == limit {
            let upto = records.last().map_or(since, |last: &crate::journal::Record| last.modseq);
            return Ok(Replay::Records { records, upto, more: true });
        }
        records.push(record);
    }
    Ok(Replay::Records { records, upto: head.modseq, more: false })
}
