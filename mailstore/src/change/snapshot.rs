//! What a decision looks at, and what comes out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use crate::id::MailboxId;
use crate::journal::Record;
use crate::mailbox::{AccountHead, Mailbox};
use crate::message::{NewEmail, Presence, Row};
use crate::property::{PropertyChange, Scope};
use crate::rights::ACL;
use crate::uid::{ModSeq, UidSet};

/// What must be loaded, beside the account's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads<'a> {
    /// Which mailboxes.
    pub mailboxes: ReadMailboxes,
    /// Which rows.
    pub rows: Option<ReadRows<'a>>,
    /// Which properties.
    pub properties: Vec<ReadProperties>,
}

/// Which properties must be loaded, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadProperties {
    /// Whose.
    pub scope: Scope,
    /// Those whose keys begin like this.
    pub prefix: &'static str,
}

impl ReadProperties {
    /// Access lists.
    pub(super) fn access(scope: Scope) -> Self {
        Self { scope, prefix: ACL }
    }

    /// Is that property among them?
    pub fn has(&self, mailbox: Option<MailboxId>, key: &str) -> bool {
        self.scope.holds(mailbox) && key.starts_with(self.prefix)
    }
}

/// Which mailboxes must be loaded. Deleted ones never are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadMailboxes {
    /// These, as far as they exist.
    These(Vec<MailboxId>),
    /// All of them, and the subscriptions.
    All,
}

/// Which rows must be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRows<'a> {
    /// Of which mailbox.
    pub mailbox: MailboxId,
    /// Which UIDs, as far as they exist.
    pub uids: &'a UidSet,
    /// [`Presence::Expunged`]: those expunged meanwhile too.
    pub down_to: Presence,
}

impl<'a> Reads<'a> {
    pub(super) fn mailboxes(ids: impl IntoIterator<Item = MailboxId>) -> Self {
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.dedup();
        Self { mailboxes: ReadMailboxes::These(ids), rows: None, properties: Vec::new() }
    }

    pub(super) fn all_mailboxes() -> Self {
        Self { mailboxes: ReadMailboxes::All, rows: None, properties: Vec::new() }
    }

    pub(super) fn live(self, mailbox: MailboxId, uids: &'a UidSet) -> Self {
        let rows = Some(ReadRows { mailbox, uids, down_to: Presence::Live });
        Self { rows, ..self }
    }

    pub(super) fn live_or_expunged(self, mailbox: MailboxId, uids: &'a UidSet) -> Self {
        let rows = Some(ReadRows { mailbox, uids, down_to: Presence::Expunged });
        Self { rows, ..self }
    }

    pub(super) fn properties(self, of: Option<MailboxId>) -> Self {
        let all = ReadProperties { scope: Scope::of(of), prefix: "" };
        Self { properties: vec![all], ..self }
    }
}

/// What was loaded.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The account; the default for one that has never been changed.
    pub head: AccountHead,
    /// The mailboxes asked for.
    pub mailboxes: Vec<Mailbox>,
    /// The rows asked for, in ascending order of their UIDs.
    pub rows: Vec<(Row, Presence)>,
    /// The subscriptions, where all mailboxes were asked for.
    pub subscriptions: BTreeSet<String>,
    /// The values of the properties asked for, by their mailboxes (`None`: the account as such)
    /// and keys.
    pub properties: BTreeMap<(Option<MailboxId>, String), Bytes>,
}

impl Snapshot {
    /// The properties of a mailbox, or of the account as such, whose keys begin with `prefix`, as
    /// far as they were asked for.
    pub(super) fn properties_of(
        &self,
        at: Option<MailboxId>,
        prefix: &str,
    ) -> impl Iterator<Item = (&str, &Bytes)> {
        let from = self.properties.range((at, prefix.to_owned())..);
        let of =
            from.take_while(move |((mailbox, key), _)| *mailbox == at && key.starts_with(prefix));
        of.map(|((_, key), value)| (key.as_str(), value))
    }
}

/// Every row as it must be afterwards. An empty one (no record, no row) changes nothing.
#[derive(Clone, Debug)]
pub struct Delta {
    /// The account's head.
    pub head: AccountHead,
    /// Mailboxes to insert or replace.
    pub mailboxes: Vec<Mailbox>,
    /// Contents to insert.
    pub emails: Vec<Arc<NewEmail>>,
    /// Rows to insert, replace or expunge.
    pub rows: Vec<(MailboxId, RowChange)>,
    /// The subscriptions, if they changed.
    pub subscriptions: Option<BTreeSet<String>>,
    /// Properties to insert, replace or remove. Those of a mailbox that becomes
    /// [`Deleted`](crate::mailbox::MailboxState::Deleted) go too, all of them.
    pub properties: Vec<PropertyChange>,
    /// The record for the journal; `None` if no session need know.
    pub record: Option<Record>,
    /// What the caller is told.
    pub outcome: Outcome,
}

impl Delta {
    /// Does it change anything at all?
    pub fn is_empty(&self) -> bool {
        self.record.is_none() && self.mailboxes.is_empty()
    }
}

/// What becomes of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChange {
    /// It is new.
    Insert(Row),
    /// It is there, with another modseq and flags.
    Update(Row),
    /// It goes to the expunged ones, with the MODSEQ of its going.
    Expunge(Row),
}

/// What the caller is told of a change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There is nothing to tell.
    Done,
    /// Messages were added (RFC 4315 APPENDUID).
    Appended {
        /// UIDVALIDITY of the mailbox.
        uid_validity: u32,
        /// Their UIDs, in the order of the messages.
        uids: UidSet,
    },
    /// Flags were changed.
    Flagged {
        /// Of these. Messages that had the flags already are not among them.
        changed: UidSet,
        /// Not of these: UNCHANGEDSINCE forbade it (RFC 7162 MODIFIED).
        stale: UidSet,
    },
    /// Messages were removed.
    Expunged {
        /// These.
        uids: UidSet,
    },
    /// Messages were copied or moved (RFC 4315 COPYUID): the lowest of `from` became the lowest
    /// of `to`, and so on.
    Transferred {
        /// UIDVALIDITY of the target.
        uid_validity: u32,
        /// Their UIDs at the source.
        from: UidSet,
        /// Their UIDs at the target.
        to: UidSet,
    },
    /// A mailbox was created or found.
    Mailbox {
        /// Its id.
        id: MailboxId,
    },
    /// `\Recent` was taken for UIDs from here to below UIDNEXT.
    Recent {
        /// The first UID, as a number.
        from: u64,
    },
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The account's MODSEQ: that of this commit, or, if it changed nothing, of the last one.
    pub modseq: ModSeq,
    /// What the caller is told.
    pub outcome: Outcome,
}
