//! A maildrop: INBOX as it was at the login, and what the client wants to become of it.

use mailstore::message::{Fetched, Row, Want};
use mailstore::mime::MimeTree;
use mailstore::uid::{Seq, Uid, UidSet};
use mailstore::{Access, Actor, Error, Mailstore, Selected};
use std::sync::Arc;

use crate::codec::reply::{Code, No};
use crate::refusal::Failed;

/// A maildrop, frozen: its numbers mean the same messages until the end, whatever happens to INBOX
/// meanwhile.
#[derive(Debug)]
pub(crate) struct Maildrop {
    inbox: Selected,
    /// Bytes in all.
    bytes: u64,
    deleted: UidSet,
    /// Bytes of those.
    deleted_bytes: u64,
    /// What was sent from the first byte to the last.
    retrieved: UidSet,
}

impl Maildrop {
    /// Opens a maildrop. Reads no row: counts and sizes stand in the mailbox.
    pub(crate) async fn open(store: &Mailstore, by: Actor) -> Result<Self, Error> {
        let inbox = mailstore::id::MailboxId::INBOX;
        let opened = store.select_with_head(by, inbox, Access::ReadOnly).await?;
        let (inbox, mailbox) = opened.ok_or(mailstore::change::Refusal::NoSuchMailbox)?;
        Ok(Self {
            inbox,
            bytes: mailbox.counts.bytes,
            deleted: UidSet::new(),
            deleted_bytes: 0,
            retrieved: UidSet::new(),
        })
    }

    /// How many messages there are, those deleted left out, and their bytes.
    pub(crate) fn count(&self) -> (u64, u64) {
        let messages = u64::from(self.inbox.uids().len()) - self.deleted.len();
        (messages, self.bytes.saturating_sub(self.deleted_bytes))
    }

    /// The message of that number, unless it is deleted.
    pub(crate) fn uid(&self, number: Seq) -> Result<Uid, Failed> {
        let found = self.inbox.uids().uid(number);
        let found = found.filter(|uid| !self.deleted.contains(*uid));
        found.ok_or_else(|| Failed::No(No::plain("no such message")))
    }

    /// The number of a message.
    pub(crate) fn number(&self, uid: Uid) -> Option<Seq> {
        self.inbox.uids().seq(uid)
    }

    /// All messages that are not deleted.
    pub(crate) fn listed(&self) -> UidSet {
        self.inbox.uids().to_set().difference(&self.deleted)
    }

    /// Some rows, and what is still to be read.
    pub(crate) async fn rows(&self, uids: &UidSet) -> Result<(Vec<Row>, UidSet), Failed> {
        let page = self.inbox.fetch(uids, Want::Row).await?;
        Ok((page.messages.into_iter().map(|found| found.row).collect(), page.rest))
    }

    /// One row.
    pub(crate) async fn row(&self, uid: Uid) -> Result<Row, Failed> {
        Ok(self.one(uid, Want::Row).await?.row)
    }

    /// One message.
    pub(crate) async fn message(&self, uid: Uid) -> Result<Arc<MimeTree>, Failed> {
        self.one(uid, Want::Tree).await?.tree.ok_or_else(gone)
    }

    async fn one(&self, uid: Uid, want: Want) -> Result<Fetched, Failed> {
        let page = self.inbox.fetch(&UidSet::single(uid), want).await?;
        page.messages.into_iter().next().ok_or_else(gone)
    }

    /// Marks a message of that size as deleted.
    pub(crate) fn delete(&mut self, uid: Uid, bytes: u64) {
        self.deleted.insert(uid);
        self.deleted_bytes = self.deleted_bytes.saturating_add(bytes);
    }

    /// Takes back all deletions.
    pub(crate) fn reset(&mut self) {
        self.deleted = UidSet::new();
        self.deleted_bytes = 0;
    }

    /// Notes that a message was sent.
    pub(crate) fn note_retrieved(&mut self, uid: Uid) {
        self.retrieved.insert(uid);
    }

    /// What is to be removed at the end.
    pub(crate) fn deleted(&self) -> &UidSet {
        &self.deleted
    }

    /// What was sent.
    pub(crate) fn retrieved(&self) -> &UidSet {
        &self.retrieved
    }
}

/// A message of the frozen list that the store no longer has, not even as an expunged one.
fn gone() -> Failed {
    Failed::no(Code::SysPerm, "the message has been removed")
}
