//! The journal: what happened to an account, one record a commit.
//!
//! It says *that* flags changed, not to what: values are read from the rows at replay, so that the
//! journal stays small and the last state wins.

pub mod codec;

use std::ops::RangeInclusive;

use crate::change::Outcome;
use crate::id::{ChangeId, MailboxId, SessionId};
use crate::time::Timestamp;
use crate::uid::{ModSeq, Uid, UidSet};

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the account's line.
    pub modseq: ModSeq,
    /// The change it applied.
    pub change: ChangeId,
    /// The session that asked for it.
    pub by: SessionId,
    /// When.
    pub at: Timestamp,
    /// What it did, at most one entry for each mailbox and kind.
    pub entries: Vec<Entry>,
    /// What the caller was told, so that the same change, tried again, is answered the same.
    pub outcome: Outcome,
}

/// What one commit did to one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// What happened to it.
    pub event: Event,
}

/// What happened to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Messages arrived, under all UIDs of the range.
    Arrived(RangeInclusive<Uid>),
    /// The flags of these messages changed.
    Flags(UidSet),
    /// These messages went away.
    Expunged(UidSet),
    /// The mailbox itself changed.
    Mailbox(MailboxEvent),
    /// A property of it changed.
    Property,
}

/// What happened to a mailbox itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MailboxEvent {
    /// It was created.
    Created = 1,
    /// It, or a mailbox above it, was renamed.
    Renamed = 2,
    /// It was deleted.
    Deleted = 3,
    /// A subscription changed.
    Subscribed = 4,
}

/// What `Ledger::journal` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// All records after the one asked for, oldest first, up to a limit.
    Records {
        /// The records; where one mailbox was asked for, only those that touch it, with all their
        /// entries.
        records: Vec<Record>,
        /// The journal has been read up to here: where to go on.
        upto: ModSeq,
        /// Is there more beyond `upto`?
        more: bool,
    },
    /// That far back the journal is gone, and the mailbox has changed since.
    Trimmed,
}
