//! The ledger.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::commit::Committer;
use super::remembered::Remembered;
use super::store::Store;
use super::{claims, fetch, journal, lease, mailboxes, open, property, purge};
use crate::blob::{BlobRef, Digest, ObjectName, Place};
use crate::change::{Change, Committed};
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::journal::Replay;
use crate::mailbox::Mailboxes;
use crate::message::{Presence, Row, Want};
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
    remembered: Remembered,
}

impl MongoLedger {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store, committer: Committer::default(), remembered: Remembered::default() }
    }
}

#[async_trait]
impl Ledger for MongoLedger {
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>> {
        self.committer.commit(&self.store, &self.remembered, &group).await
    }

    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError> {
        let read = async { mailboxes::read(&self.store, account).await?.into_mailboxes() };
        self.store.call("list mailboxes", read).await
    }

    async fn created(&self, account: AccountId) -> Result<u32, StoreError> {
        let head = self.store.call("count mailboxes", journal::head(&self.store, account)).await?;
        Ok(head.last_mailbox)
    }

    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError> {
        self.store.call("open a mailbox", open::open(&self.store, &self.remembered, at)).await
    }

    async fn open_named(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Opened>, StoreError> {
        let open = open::open_named(&self.store, &self.remembered, (account, name));
        self.store.call("open a mailbox", open).await
    }

    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError> {
        self.store.call("fetch", fetch::page(&self.store, at, (uids, want))).await
    }

    async fn contents(
        &self,
        at: MailboxKey,
        rows: Vec<(Row, Presence)>,
        want: Want,
    ) -> Result<Page, StoreError> {
        let read = fetch::page_of(&self.store, at.account, (rows, want));
        self.store.call("fetch", read).await
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
        self.remembered.forget(account);
        Ok(more)
    }

    fn contention(&self) -> Option<Contention> {
        Some(self.committer.contention())
    }
}
