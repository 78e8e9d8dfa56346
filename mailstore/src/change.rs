//! A change is a value, in mail words; what it does is decided here, by pure code.
//!
//! A backend loads [`Change::reads`], calls [`Change::decide`] and writes the [`Delta`]: so every
//! backend obeys the same rules, and a rule is tested without one.

mod allowed;
mod append;
mod draft;
mod expunge;
mod flag;
mod mailbox;
mod property;
mod refusal;
mod replace;
mod snapshot;
mod transfer;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

pub use refusal::Refusal;
pub use snapshot::{
    Committed, Delta, Outcome, ReadMailboxes, ReadProperties, ReadRows, Reads, RowChange, Snapshot,
};

use crate::flags::{FlagUpdate, Flags};
use crate::id::{AccountId, ChangeId, MailboxId, SessionId, ThreadId};
use crate::mailbox::{Quota, SpecialUse};
use crate::message::{NewEmail, Uidl};
use crate::property::Scope;
use crate::time::{InternalDate, Timestamp};
use crate::uid::{ModSeq, UidSet};

/// Most messages that one commit flags, expunges or moves; longer changes are split.
pub const SPLIT: u64 = 256;
/// Most messages that one commit appends.
pub const MAX_APPEND: usize = 1_000;
/// Most messages that one commit copies.
pub const MAX_COPY: u64 = 50_000;
/// Most mailboxes of an account.
pub const MAX_MAILBOXES: usize = 20_000;

/// What is asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its id, under which it is applied at most once.
    pub id: ChangeId,
    /// The account.
    pub account: AccountId,
    /// Who asks: the account itself, or another, which may do what the access lists give it.
    pub actor: AccountId,
    /// The session that asks.
    pub by: SessionId,
    /// When it was asked.
    pub at: Timestamp,
    /// What to do.
    pub op: Op,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Op {
    /// Creates INBOX and the mailboxes named, unless the account has an INBOX already.
    Provision {
        /// Names and uses of the mailboxes beside INBOX.
        mailboxes: Vec<(String, Option<SpecialUse>)>,
    },
    /// Adds messages: all or none.
    Append {
        /// Where to.
        to: MailboxId,
        /// The messages, in the order of their UIDs.
        messages: Vec<NewMessage>,
    },
    /// Changes flags.
    Flag {
        /// Where.
        at: MailboxId,
        /// Of which messages; those that are gone are passed over.
        uids: UidSet,
        /// How.
        update: FlagUpdate,
        /// Only messages whose MODSEQ is not above this (RFC 7162 3.1.3).
        unchanged_since: Option<ModSeq>,
    },
    /// Removes messages.
    Expunge {
        /// From where.
        at: MailboxId,
        /// Which; those that are gone are passed over.
        uids: UidSet,
        /// Only some of them?
        guard: ExpungeGuard,
    },
    /// Copies or moves messages within the account.
    Transfer {
        /// From where.
        from: MailboxId,
        /// Where to.
        to: MailboxId,
        /// Which.
        uids: UidSet,
        /// Copy or move.
        mode: Transfer,
    },
    /// Puts a message in the place of another: adds it and removes the other, both or neither
    /// (RFC 8508).
    Replace {
        /// From where the old one goes.
        from: MailboxId,
        /// The old one: exactly one UID.
        old: UidSet,
        /// Where the new one comes to.
        to: MailboxId,
        /// The new one.
        new: Box<NewMessage>,
    },
    /// Changes the hierarchy of mailboxes.
    Mailbox(MailboxOp),
    /// Takes what is `\Recent` in a mailbox, for the session that has selected it.
    TakeRecent {
        /// The mailbox.
        at: MailboxId,
        /// Only UIDs below this, as a number: what the session knows of.
        below: u64,
    },
    /// Sets and removes properties of a mailbox or of the account as such: all or none.
    Property {
        /// Of which mailbox; `None`: of the account as such.
        at: Option<MailboxId>,
        /// The values by their keys; `None` removes one.
        set: BTreeMap<String, Option<Bytes>>,
    },
    /// Sets what the account may hold.
    Quota(Quota),
}

/// Which messages of a set an EXPUNGE removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpungeGuard {
    /// Those that have `\Deleted` when it is decided.
    Deleted,
    /// All of them.
    All,
}

/// COPY or MOVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// The originals stay. Messages expunged meanwhile are copied too (RFC 2180 4.4).
    Copy,
    /// The originals go, in the same commit.
    Move,
}

/// A change to the hierarchy. Names are full names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailboxOp {
    /// CREATE, with what is missing above it.
    Create {
        /// Its name.
        name: String,
        /// What it is for.
        special_use: Option<SpecialUse>,
    },
    /// RENAME, with all that is below it. INBOX is not renamed this way (see
    /// [`Mailstore::rename`](crate::Mailstore::rename)).
    Rename {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// DELETE.
    Delete {
        /// Its name.
        name: String,
    },
    /// Says what a mailbox is for from now on. Another that was for that is for nothing then
    /// (RFC 6154 4).
    Use {
        /// Its name.
        name: String,
        /// What it is for.
        special_use: Option<SpecialUse>,
    },
    /// SUBSCRIBE, whether it exists or not (RFC 9051 6.3.7).
    Subscribe {
        /// The name.
        name: String,
    },
    /// UNSUBSCRIBE.
    Unsubscribe {
        /// The name.
        name: String,
    },
}

/// A message to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Its content.
    pub content: Arc<NewEmail>,
    /// Its flags.
    pub flags: Flags,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
    /// Its conversation.
    pub thread: ThreadId,
    /// What POP3 calls it.
    pub uidl: Uidl,
}

impl Change {
    /// The rows that must be loaded before it is decided: exactly these.
    pub fn reads(&self) -> Reads<'_> {
        let mut reads = self.reads_of_op();
        reads.properties.extend(self.reads_of_rights());
        reads
    }

    fn reads_of_op(&self) -> Reads<'_> {
        match &self.op {
            Op::Append { to, .. } => Reads::mailboxes([*to]),
            Op::TakeRecent { at, .. } => Reads::mailboxes([*at]),
            Op::Flag { at, uids, .. } | Op::Expunge { at, uids, .. } => {
                Reads::mailboxes([*at]).live(*at, uids)
            }
            Op::Transfer { from, to, uids, mode } => {
                let reads = Reads::mailboxes([*from, *to]);
                match mode {
                    Transfer::Copy => reads.live_or_expunged(*from, uids),
                    Transfer::Move => reads.live(*from, uids),
                }
            }
            Op::Replace { from, old, to, .. } => Reads::mailboxes([*from, *to]).live(*from, old),
            Op::Provision { .. } | Op::Mailbox(_) => Reads::all_mailboxes(),
            Op::Property { at, .. } => Reads::mailboxes(*at).properties(*at),
            Op::Quota(_) => Reads::mailboxes([]),
        }
    }

    /// The access lists that decide whether it may be done; those of the whole hierarchy also
    /// where new mailboxes inherit them.
    fn reads_of_rights(&self) -> Vec<ReadProperties> {
        let list = |at: &MailboxId| ReadProperties::access(Scope::Mailbox(*at));
        match &self.op {
            Op::Mailbox(MailboxOp::Subscribe { .. } | MailboxOp::Unsubscribe { .. }) => Vec::new(),
            Op::Mailbox(_) => vec![ReadProperties::access(Scope::Mailboxes)],
            _ if self.actor == self.account => Vec::new(),
            Op::Append { to: at, .. }
            | Op::TakeRecent { at, .. }
            | Op::Flag { at, .. }
            | Op::Expunge { at, .. } => vec![list(at)],
            Op::Transfer { from, to, .. } | Op::Replace { from, to, .. } => {
                vec![list(from), list(to)]
            }
            Op::Property { .. } | Op::Provision { .. } | Op::Quota(_) => Vec::new(),
        }
    }

    /// Decides it on what was loaded. The same input gives the same result.
    pub fn decide(&self, seen: &Snapshot) -> Result<Delta, Refusal> {
        allowed::check(self, seen)?;
        match &self.op {
            Op::Provision { mailboxes } => mailbox::provision(self, seen, mailboxes),
            Op::Append { to, messages } => append::decide(self, seen, *to, messages),
            Op::Flag { at, update, unchanged_since, .. } => {
                flag::decide(self, seen, *at, (update, *unchanged_since))
            }
            Op::Expunge { at, guard, .. } => expunge::decide(self, seen, *at, *guard),
            Op::Transfer { from, to, uids, mode: Transfer::Copy } => {
                transfer::copy(self, seen, (*from, *to), uids)
            }
            Op::Transfer { from, to, mode: Transfer::Move, .. } => {
                transfer::r#move(self, seen, (*from, *to))
            }
            Op::Replace { from, to, new, .. } => replace::decide(self, seen, (*from, *to), new),
            Op::Mailbox(op) => mailbox::decide(self, seen, op),
            Op::TakeRecent { at, below } => mailbox::take_recent(self, seen, *at, *below),
            Op::Property { at, set } => property::decide(self, seen, *at, set),
            Op::Quota(quota) => mailbox::quota(self, seen, *quota),
        }
    }
}

/// Pieces of at most [`SPLIT`] messages, small enough that other changes pass between them; one piece
/// at least, be it empty.
pub fn split(mut uids: UidSet) -> Vec<UidSet> {
    let mut steps = Vec::new();
    while uids.len() > SPLIT {
        let (head, tail) = uids.split_at(SPLIT);
        steps.push(head);
        uids = tail;
    }
    steps.push(uids);
    steps
}
