//! A message: the small row that changes and the large content that does not.

mod uidl;

use std::sync::Arc;

use bytes::Bytes;

use crate::blob::BlobRef;
use crate::flags::Flags;
use crate::id::{EmailId, ThreadId};
use crate::mime::{Derived, MimeTree};
use crate::time::{InternalDate, Timestamp};
use crate::uid::{ModSeq, Uid};

pub use uidl::Uidl;

/// A message's membership in a mailbox. All that FETCH FLAGS needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its UID there.
    pub uid: Uid,
    /// Its content.
    pub email: EmailId,
    /// The last commit that touched it.
    pub modseq: ModSeq,
    /// Its flags.
    pub flags: Flags,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
    /// When it came into this mailbox (RFC 8514 SAVEDATE).
    pub saved: Timestamp,
    /// Its conversation.
    pub thread: ThreadId,
    /// RFC822.SIZE, in bytes.
    pub size: u64,
    /// What POP3 calls it.
    pub uidl: Uidl,
}

/// A message's content. Immutable; COPY and MOVE share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// Its id in the account.
    pub id: EmailId,
    /// Its bytes, as a tree; big parts stand elsewhere.
    pub tree: MimeTree,
    /// What is shown or searched often, computed from the bytes.
    pub derived: Derived,
}

/// A content to be stored, with those of its blobs that the ledger itself keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEmail {
    /// The content.
    pub email: Email,
    /// The bytes of each blob whose place is [`Place::Ledger`](crate::blob::Place::Ledger).
    pub kept: Vec<(BlobRef, Bytes)>,
}

/// Is the message still in the mailbox?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Yes.
    Live,
    /// It was expunged; sessions that have not been told can still read it.
    Expunged,
}

/// How much of each message to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// The row.
    Row,
    /// The row and what was derived from the content.
    Derived,
    /// The row and the tree.
    Tree,
    /// All of it.
    Email,
}

impl Want {
    /// What covers both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, Self::Row) | (Self::Row, one) => one,
            (one, other) if one == other => one,
            _ => Self::Email,
        }
    }

    /// Are the derived values wanted?
    pub fn has_derived(self) -> bool {
        matches!(self, Self::Derived | Self::Email)
    }

    /// Is the tree wanted?
    pub fn has_tree(self) -> bool {
        matches!(self, Self::Tree | Self::Email)
    }
}

/// One message, as far as it was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The row.
    pub row: Row,
    /// Is it still there?
    pub presence: Presence,
    /// ENVELOPE and the like, with [`Want::Derived`] or [`Want::Email`].
    pub derived: Option<Arc<Derived>>,
    /// The tree, with [`Want::Tree`] or [`Want::Email`].
    pub tree: Option<Arc<MimeTree>>,
}

impl Fetched {
    /// Bytes of memory that it takes, about.
    pub fn memory(&self) -> usize {
        let flags: usize = self.row.flags.keywords().iter().map(|word| word.as_str().len()).sum();
        let derived = self.derived.as_ref().map_or(0, |derived| derived.memory());
        let tree = self.tree.as_ref().map_or(0, |tree| tree.memory());
        size_of::<Self>() + flags + derived + tree
    }
}
