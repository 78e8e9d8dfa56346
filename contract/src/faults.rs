//! Ledgers that fail or dawdle on purpose, around one that does not.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mailstore::blob::{BlobRef, Digest, ObjectName, Place};
use mailstore::change::{Change, Committed, Refusal};
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::journal::Replay;
use mailstore::mailbox::Mailboxes;
use mailstore::message::Want;
use mailstore::property::{PropertyPage, WantedProperties};
use mailstore::store::{
    BlobState, Claim, CommitError, Fault, Held, LeaseAsk, Ledger, Opened, Page, Purge, Purged,
    StoreError,
};
use mailstore::uid::{ModSeq, UidSet};
use tokio::sync::Notify;

/// What happens before and after each call of a ledger.
#[async_trait]
pub trait Interference: Debug + Send + Sync + 'static {
    /// Before it: an error here, and the call is never made.
    async fn before(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// After it: an error here, and its answer is lost.
    async fn after(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Before a commit: an error here, and none of its changes is made.
    async fn before_commit(&self) -> Result<(), CommitError> {
        Ok(self.before().await?)
    }
}

/// A ledger whose calls are interfered with.
#[derive(Debug)]
pub struct Interfered<I> {
    ledger: Arc<dyn Ledger>,
    /// By what.
    pub by: I,
}

impl<I: Interference> Interfered<I> {
    /// That ledger, interfered with by this.
    pub fn new(ledger: Arc<dyn Ledger>, by: I) -> Arc<Self> {
        Arc::new(Self { ledger, by })
    }

    async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.by.before().await?;
        let result = call.await?;
        self.by.after().await?;
        Ok(result)
    }
}

/// What gets lost when a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The call: it has not been made.
    Call,
    /// The answer: it has been made, but nobody knows.
    Answer,
}

/// Fails one call as `Unavailable`.
#[derive(Debug)]
pub struct FailAfter {
    left: AtomicI64,
    lost: Lost,
}

impl FailAfter {
    /// Never fails, until it is told to.
    pub fn losing(lost: Lost) -> Self {
        Self { left: AtomicI64::new(-1), lost }
    }

    /// So many calls succeed; the one after them fails; those after that succeed.
    pub fn arm(&self, calls: u32) {
        self.left.store(i64::from(calls), Ordering::SeqCst);
    }

    /// Has it not failed yet?
    pub fn is_armed(&self) -> bool {
        self.left.load(Ordering::SeqCst) >= 0
    }

    fn count(&self, lost: Lost) -> Result<(), StoreError> {
        if lost == self.lost && self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            return Err(StoreError::unavailable("call", format!("the {lost:?} was lost")));
        }
        Ok(())
    }
}

#[async_trait]
impl Interference for FailAfter {
    async fn before(&self) -> Result<(), StoreError> {
        self.count(Lost::Call)
    }

    async fn after(&self) -> Result<(), StoreError> {
        self.count(Lost::Answer)
    }
}

/// What becomes of the calls of a ledger.
#[derive(Clone, Debug, Default)]
pub enum Mood {
    /// They are made.
    #[default]
    Works,
    /// All fail.
    Fails(Fault),
    /// None is ever answered.
    Hangs,
    /// Commits fail, others do not.
    CommitsFail(Fault),
    /// Commits are refused, others are made.
    Refuses(Refusal),
    /// Commits are never answered, others are.
    CommitsHang,
}

/// Is in the mood that it was last told to be in.
#[derive(Debug, Default)]
pub struct Moody {
    mood: Mutex<Mood>,
    failed: Notify,
}

impl Moody {
    /// From now on.
    pub fn is_in(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// Waits until a call has failed, of those that nobody has waited for.
    pub async fn failed(&self) {
        self.failed.notified().await;
    }

    fn mood(&self) -> Mood {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Interference for Moody {
    async fn before(&self) -> Result<(), StoreError> {
        match self.mood() {
            Mood::Fails(fault) => {
                self.failed.notify_one();
                Err(StoreError::new(fault, "call", "on purpose"))
            }
            Mood::Hangs => std::future::pending().await,
            _ => Ok(()),
        }
    }

    async fn before_commit(&self) -> Result<(), CommitError> {
        match self.mood() {
            Mood::CommitsFail(fault) => Err(StoreError::new(fault, "commit", "on purpose").into()),
            Mood::Refuses(refusal) => Err(refusal.into()),
            Mood::CommitsHang => std::future::pending().await,
            _ => Ok(self.before().await?),
        }
    }
}

/// Takes its time before each call and after it.
#[derive(Clone, Copy, Debug)]
pub struct Slow(pub Duration);

#[async_trait]
impl Interference for Slow {
    async fn before(&self) -> Result<(), StoreError> {
        tokio::time::sleep(self.0).await;
        Ok(())
    }

    async fn after(&self) -> Result<(), StoreError> {
        tokio::time::sleep(self.0).await;
        Ok(())
    }
}

#[async_trait]
impl<I: Interference> Ledger for Interfered<I> {
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>> {
        let count = group.len();
        if let Err(error) = self.by.before_commit().await {
            return each_fails(count, &error);
        }
        let results = self.ledger.commit(group).await;
        match self.by.after().await {
            Ok(()) => results,
            Err(error) => each_fails(count, &error.into()),
        }
    }

    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError> {
        self.call(self.ledger.mailboxes(account)).await
    }

    async fn created(&self, account: AccountId) -> Result<u32, StoreError> {
        self.call(self.ledger.created(account)).await
    }

    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError> {
        self.call(self.ledger.open(at)).await
    }

    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError> {
        self.call(self.ledger.fetch(at, uids, want)).await
    }

    async fn journal(
        &self,
        account: AccountId,
        since: ModSeq,
        mailbox: Option<MailboxId>,
        limit: usize,
    ) -> Result<Replay, StoreError> {
        self.call(self.ledger.journal(account, since, mailbox, limit)).await
    }

    async fn properties(
        &self,
        account: AccountId,
        wanted: &WantedProperties,
    ) -> Result<PropertyPage, StoreError> {
        self.call(self.ledger.properties(account, wanted)).await
    }

    async fn mailboxes_with(&self, key: &str, limit: usize) -> Result<Vec<MailboxKey>, StoreError> {
        self.call(self.ledger.mailboxes_with(key, limit)).await
    }

    async fn kept(&self, digest: Digest, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.call(self.ledger.kept(digest, range)).await
    }

    fn keeps_up_to(&self) -> u64 {
        self.ledger.keeps_up_to()
    }

    async fn claim(&self, claim: &Claim) -> Result<BlobState, StoreError> {
        self.call(self.ledger.claim(claim)).await
    }

    async fn settle(&self, blob: &BlobRef, name: &ObjectName) -> Result<Place, StoreError> {
        self.call(self.ledger.settle(blob, name)).await
    }

    async fn lease(&self, ask: &LeaseAsk) -> Result<Option<Held>, StoreError> {
        self.call(self.ledger.lease(ask)).await
    }

    async fn purge(&self, purge: &Purge) -> Result<Purged, StoreError> {
        self.call(self.ledger.purge(purge)).await
    }

    async fn is_live(&self, name: &ObjectName) -> Result<bool, StoreError> {
        self.call(self.ledger.is_live(name)).await
    }

    async fn sharing(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.call(self.ledger.sharing(digest, account, limit)).await
    }

    async fn forget(&self, account: AccountId) -> Result<bool, StoreError> {
        self.call(self.ledger.forget(account)).await
    }
}

fn each_fails(count: usize, error: &CommitError) -> Vec<Result<Committed, CommitError>> {
    (0..count).map(|_| Err(again(error))).collect()
}

fn again(error: &CommitError) -> CommitError {
    match error {
        CommitError::Refused(refusal) => refusal.clone().into(),
        CommitError::Store(error) => {
            StoreError::new(error.fault, error.op, error.source.to_string()).into()
        }
    }
}
