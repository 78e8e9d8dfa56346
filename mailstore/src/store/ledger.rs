//! The account's truth: heads, rows, journal.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{CommitError, Held, LeaseAsk, StoreError};
use crate::blob::{BlobRef, Digest, ObjectName, Place};
use crate::change::{Change, Committed};
use crate::id::{AccountId, EmailId, MailboxId, MailboxKey};
use crate::journal::Replay;
use crate::mailbox::{Mailbox, Mailboxes};
use crate::message::{Fetched, Presence, Row, Want};
use crate::property::{PropertyPage, WantedProperties};
use crate::time::Timestamp;
use crate::uid::{ModSeq, UidArray, UidSet};

/// Most rows of one page: what a page costs by itself is little beside so many, and they are not
/// much to hold while a client is slow.
pub const PAGE_ROWS: usize = 1024;
/// Most properties of one page.
pub const PAGE_PROPERTIES: usize = 4_096;
/// A page ends with the row, or the property, that brings its bytes to this.
pub const PAGE_BYTES: usize = 4 << 20;

/// Serialises all commits of one account.
///
/// - A commit is all or nothing, and durable when it is reported.
/// - It becomes readable only after every earlier MODSEQ of the account is readable: no reader
///   ever sees a gap.
/// - A change is applied once, however often it is committed under the same id.
/// - Reads show committed state only, each call one snapshot. Nothing is held between calls.
#[async_trait]
pub trait Ledger: Debug + Send + Sync + 'static {
    /// Commits changes of one account, each decided on the state left by the one before, with a
    /// result for each. A refusal touches only its own change.
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>>;

    /// All mailboxes of an account; empty for one that has never been changed.
    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError>;

    /// How many mailboxes were ever made in an account: at least as many as there are.
    async fn created(&self, account: AccountId) -> Result<u32, StoreError>;

    /// A mailbox with its UIDs; `None` if there is none that can be selected.
    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError>;

    /// The same of the mailbox of that full name.
    async fn open_named(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Opened>, StoreError> {
        let all = self.mailboxes(account).await?;
        match all.find(name).map(|mailbox| mailbox.id) {
            Some(mailbox) => self.open(MailboxKey { account, mailbox }).await,
            None => Ok(None),
        }
    }

    /// Messages by UID, ascending, live or expunged, as far as one page goes. UIDs that are
    /// neither are passed over.
    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError>;

    /// Messages whose rows were read just now, with what else is wanted of them; otherwise as
    /// [`Ledger::fetch`].
    async fn contents(
        &self,
        at: MailboxKey,
        rows: Vec<(Row, Presence)>,
        want: Want,
    ) -> Result<Page, StoreError> {
        let uids = rows.iter().map(|(row, _)| row.uid).collect();
        self.fetch(at, &uids, want).await
    }

    /// At most `limit` records after `since`; where a mailbox is given, only those that touch it.
    /// `Trimmed` if some of those may be gone: `since` is before the horizon and the mailbox (or
    /// the account) changed after `since` or is no more; or `since` is ahead of the account, which
    /// must have been forgotten since.
    async fn journal(
        &self,
        account: AccountId,
        since: ModSeq,
        mailbox: Option<MailboxId>,
        limit: usize,
    ) -> Result<Replay, StoreError>;

    /// Properties, in the order of [`Property`](crate::property::Property), as far as one page
    /// goes.
    async fn properties(
        &self,
        account: AccountId,
        wanted: &WantedProperties,
    ) -> Result<PropertyPage, StoreError>;

    /// At most `limit` mailboxes, of any account, that have a property of exactly this key, in
    /// order: who shares something with whom is found by it.
    async fn mailboxes_with(&self, key: &str, limit: usize) -> Result<Vec<MailboxKey>, StoreError>;

    /// The bytes of a blob that the ledger itself keeps ([`Place::Ledger`]).
    async fn kept(&self, digest: Digest, range: Range<u64>) -> Result<Bytes, StoreError>;

    /// Blobs up to this many bytes travel in the change and are kept by the ledger.
    fn keeps_up_to(&self) -> u64;

    /// Makes a claim durable, then reads the blob's row.
    async fn claim(&self, claim: &Claim) -> Result<BlobState, StoreError>;

    /// The claimant has put the bytes under `name`: makes the blob live there, unless it is live
    /// elsewhere already. Returns where it is live.
    async fn settle(&self, blob: &BlobRef, name: &ObjectName) -> Result<Place, StoreError>;

    /// Asks for a lease, decided by [`LeaseAsk::decide`] in one step. Returns who has it then.
    async fn lease(&self, ask: &LeaseAsk) -> Result<Option<Held>, StoreError>;

    /// Removes a bounded amount of what is no longer needed, and tells which objects may be
    /// deleted from the blob store. Called again while there is `more`.
    async fn purge(&self, purge: &Purge) -> Result<Purged, StoreError>;

    /// Is this the name of a live blob? Objects for which it is not, older than a claim can live,
    /// are orphans.
    async fn is_live(&self, name: &ObjectName) -> Result<bool, StoreError>;

    /// How many contents refer to a blob, of one account or of all; counts no further than
    /// `limit`. Contents whose messages were expunged count until they are purged.
    async fn sharing(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<usize, StoreError>;

    /// Removes a bounded amount of an account and all that it holds; true while there is more.
    /// Its claims and leases go too; its blobs go with the next sweep.
    async fn forget(&self, account: AccountId) -> Result<bool, StoreError>;

    /// How often commits of this process were in others' way; `None` where nobody else commits.
    fn contention(&self) -> Option<Contention> {
        None
    }
}

/// How often commits were in each other's way, since the ledger was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contention {
    /// Transactions that were made.
    pub commits: u64,
    /// Tries before that which failed, because another was in the way or a server was.
    pub retries: u64,
}

/// A mailbox and its UIDs, from one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Its UIDs.
    pub uids: UidArray,
    /// The account's MODSEQ then: replay goes on exactly here.
    pub cursor: ModSeq,
}

/// Some messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The messages, ascending.
    pub messages: Vec<Fetched>,
    /// The UIDs that are still to be asked for.
    pub rest: UidSet,
}

/// A writer's word that it is about to refer to a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The blob.
    pub digest: Digest,
    /// Who will refer to it.
    pub account: AccountId,
    /// In which email. Its time is the time of the claim.
    pub email: EmailId,
}

/// What a claimant finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobState {
    /// It is there: use it.
    Live(Place),
    /// It is not, or is about to go: put the bytes under a new name and settle.
    Vacant,
}

/// What may be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Expunged messages and deleted mailboxes from before this.
    pub expunged_before: Timestamp,
    /// Journal records from before this.
    pub journal_before: Timestamp,
    /// Claims from before this whose email does not exist.
    pub claims_before: Timestamp,
    /// Contents from before this may be packed smaller, at the price of slower reading.
    pub pack_before: Timestamp,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Messages whose last trace is gone.
    pub messages: u64,
    /// Blobs that nothing refers to any more and that the ledger itself kept.
    pub blobs: u64,
    /// Names of objects that nothing refers to any more: delete them from the blob store.
    pub objects: Vec<ObjectName>,
    /// Is there more to remove?
    pub more: bool,
}
