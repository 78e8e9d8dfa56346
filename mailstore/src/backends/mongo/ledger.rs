//! The ledger.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use mongodb::bson::{Document, doc};
use tokio::time::Instant;

use super::commit::{Committer, subscriptions_of};
use super::failure::Failure;
use super::retry::Retry;
use super::store::Store;
use super::{claims, fetch, journal, lease, open, property, purge, row, schema};
use crate::backends::uids::UidCache;
use crate::blob::{BlobRef, Digest, ObjectName, Place};
use crate::change::{Change, Committed};
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::journal::Replay;
use crate::mailbox::{Mailbox, Mailboxes};
use crate::message::Want;
use crate::property::{PropertyPage, WantedProperties};
use crate::store::{
    BlobState, Claim, CommitError, Contention, Held, LeaseAsk, Ledger, Opened, Page, Purge, Purged,
    StoreError,
};
use crate::uid::{ModSeq, UidSet};

/// Blobs up to this size stand in the ledger. It may become smaller in a later release, never
/// larger: what is an object today must not be looked for in the ledger tomorrow.
const KEEPS_UP_TO: u64 = 256 << 10;

/// A ledger in MongoDB.
#[derive(Debug)]
pub struct MongoLedger {
    store: Arc<Store>,
    committer: Committer,
    uids: UidCache,
}

impl MongoLedger {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store, committer: Committer::default(), uids: UidCache::default() }
    }

    /// Tries again where the server has ended the transaction: it only reads.
    async fn all(&self, account: AccountId) -> Result<Mailboxes, Failure> {
        let mut retry = Retry::until(Instant::now() + self.store.timeout);
        loop {
            match self.snapshot(account).await {
                Err(failure) if failure.may_be_retried() => {
                    if !retry.wait(&self.store, &failure).await {
                        return Err(failure);
                    }
                }
                result => return result,
            }
        }
    }

    /// All in one snapshot.
    async fn snapshot(&self, account: AccountId) -> Result<Mailboxes, Failure> {
        let mut session = self.store.begin().await?;
        let this = doc! { "_id": account.get() };
        let head = self.store.find_in(&mut session, schema::ACCOUNTS, this).await?.pop();
        let of_account = doc! { "account": account.get() };
        let list = self.store.find_in(&mut session, schema::MAILBOXES, of_account).await?;
        let filter = subscriptions_of(account);
        let names = self.store.find_in(&mut session, schema::PROPERTIES, filter).await?.pop();
        session.abort_transaction().await?;
        Ok(Mailboxes {
            head: head.map(row::head_from).transpose()?.unwrap_or_default(),
            list: listed(list)?,
            subscriptions: names.map(row::subscriptions_from).transpose()?.unwrap_or_default(),
        })
    }
}

/// The mailboxes that are not deleted.
fn listed(found: Vec<Document>) -> Result<Vec<Mailbox>, Failure> {
    let mut list = Vec::with_capacity(found.len());
    for document in found {
        let mailbox = row::mailbox_from(document)?.mailbox;
        if mailbox.is_listed() {
            list.push(mailbox);
        }
    }
    Ok(list)
}

#[async_trait]
impl Ledger for MongoLedger {
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>> {
        self.committer.commit(&self.store, &group).await
    }

    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError> {
        self.store.call("list mailboxes", self.all(account)).await
    }

    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError> {
        self.store.call("open a mailbox", open::open(&self.store, &self.uids, at)).await
    }

    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError> {
        self.store.call("fetch", fetch::page(&self.store, at, (uids, want))).await
    }

    async fn journal(
        &self,
        account: AccountId,
        since: ModSeq,
        mailbox: Option<MailboxId>,
        limit: usize,
    ) -> Result<Replay, StoreError> {
        let read = journal::replay(&self.store, account, (since, mailbox, limit));
        self.store.call("read the journal", read).await
    }

    async fn properties(
        &self,
        account: AccountId,
        wanted: &WantedProperties,
    ) -> Result<PropertyPage, StoreError> {
        let read = property::page(&self.store, account, wanted);
        self.store.call("read properties", read).await
    }

    async fn mailboxes_with(&self, key: &str, limit: usize) -> Result<Vec<MailboxKey>, StoreError> {
        let read = property::mailboxes_with(&self.store, key, limit);
        self.store.call("look for mailboxes", read).await
    }

    async fn kept(&self, digest: Digest, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.store.call("read a blob", claims::kept(&self.store, digest, range)).await
    }

    fn keeps_up_to(&self) -> u64 {
        KEEPS_UP_TO
    }

    async fn claim(&self, claim: &Claim) -> Result<BlobState, StoreError> {
        self.store.call("claim a blob", claims::claim(&self.store, claim)).await
    }

    async fn settle(&self, blob: &BlobRef, name: &ObjectName) -> Result<Place, StoreError> {
        self.store.call("settle a blob", claims::settle(&self.store, blob, name)).await
    }

    async fn lease(&self, ask: &LeaseAsk) -> Result<Option<Held>, StoreError> {
        self.store.call("ask for a lease", lease::ask(&self.store, ask)).await
    }

    async fn purge(&self, purge: &Purge) -> Result<Purged, StoreError> {
        self.store.call("purge", purge::step(&self.store, purge)).await
    }

    async fn is_live(&self, name: &ObjectName) -> Result<bool, StoreError> {
        self.store.call("look for a blob", claims::is_live(&self.store, name)).await
    }

    async fn sharing(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let counted = claims::sharing(&self.store, digest, (account, limit));
        self.store.call("count who shares a blob", counted).await
    }

    async fn forget(&self, account: AccountId) -> Result<bool, StoreError> {
        let work = async {
            let _turn = self.committer.turn(account).await;
            purge::forget(&self.store, account).await
        };
        let more = self.store.call("forget an account", work).await?;
        self.uids.forget(account);
        Ok(more)
    }

    fn contention(&self) -> Option<Contention> {
        Some(self.committer.contention())
    }
}
