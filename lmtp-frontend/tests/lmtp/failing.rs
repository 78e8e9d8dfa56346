//! A ledger that can be made to fail.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use mailstore::blob::{BlobRef, Digest, ObjectName, Place};
use mailstore::change::{Change, Committed};
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::journal::Replay;
use mailstore::mailbox::Mailboxes;
use mailstore::message::Want;
use mailstore::property::{PropertyPage, WantedProperties};
use mailstore::store::{
    BlobState, Claim, CommitError, Held, LeaseAsk, Ledger, Opened, Page, Purge, Purged, StoreError,
};
use mailstore::uid::{ModSeq, UidSet};

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;

/// A ledger whose commits can be made to fail, or to hang.
#[derive(Debug)]
pub(crate) struct Failing {
    ledger: Arc<dyn Ledger>,
    mood: AtomicU8,
}

impl Failing {
    pub(crate) fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger, mood: AtomicU8::new(WORKS) }
    }

    pub(crate) fn fail(&self) {
        self.mood.store(FAILS, Ordering::SeqCst);
    }

    pub(crate) fn hang(&self) {
        self.mood.store(HANGS, Ordering::SeqCst);
    }

    pub(crate) fn recover(&self) {
        self.mood.store(WORKS, Ordering::SeqCst);
    }
}

#[async_trait]
impl Ledger for Failing {
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>> {
        let away = || Err(StoreError::unavailable("commit", "the disk is full").into());
        match self.mood.load(Ordering::SeqCst) {
            WORKS => self.ledger.commit(group).await,
            FAILS => group.iter().map(|_| away()).collect(),
            _ => std::future::pending().await,
        }
    }

    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError> {
        self.ledger.mailboxes(account).await
    }

    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError> {
        self.ledger.open(at).await
    }

    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError> {
        self.ledger.fetch(at, uids, want).await
    }

    async fn journal(
        &self,
        account: AccountId,
        since: ModSeq,
        mailbox: Option<MailboxId>,
        limit: usize,
    ) -> Result<Replay, StoreError> {
        self.ledger.journal(account, since, mailbox, limit).await
    }

    async fn properties(
        &self,
        account: AccountId,
        wanted: &WantedProperties,
    ) -> Result<PropertyPage, StoreError> {
        self.ledger.properties(account, wanted).await
    }

    async fn mailboxes_with(&self, key: &str, limit: usize) -> Result<Vec<MailboxKey>, StoreError> {
        self.ledger.mailboxes_with(key, limit).await
    }

    async fn kept(&self, digest: Digest, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.ledger.kept(digest, range).await
    }

    fn keeps_up_to(&self) -> u64 {
        self.ledger.keeps_up_to()
    }

    async fn claim(&self, claim: &Claim) -> Result<BlobState, StoreError> {
        self.ledger.claim(claim).await
    }

    async fn settle(&self, blob: &BlobRef, name: &ObjectName) -> Result<Place, StoreError> {
        self.ledger.settle(blob, name).await
    }

    async fn lease(&self, ask: &LeaseAsk) -> Result<Option<Held>, StoreError> {
        self.ledger.lease(ask).await
    }

    async fn purge(&self, purge: &Purge) -> Result<Purged, StoreError> {
        self.ledger.purge(purge).await
    }

    async fn is_live(&self, name: &ObjectName) -> Result<bool, StoreError> {
        self.ledger.is_live(name).await
    }

    async fn sharing(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.ledger.sharing(digest, account, limit).await
    }

    async fn forget(&self, account: AccountId) -> Result<bool, StoreError> {
        self.ledger.forget(account).await
    }
}
