//! A well-formed no.

use crate::uid::ModSeq;

/// Why a change was not made. It left no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The account has no such mailbox, or it cannot hold messages.
    #[error("no such mailbox")]
    NoSuchMailbox,
    /// There is one of that name already.
    #[error("a mailbox of that name exists already")]
    MailboxExists,
    /// The name is empty, too long, too deep, or holds what a name must not.
    #[error("that is not a mailbox name: {0}")]
    BadName(&'static str),
    /// It may not be deleted or renamed like that.
    #[error("that cannot be done to this mailbox: {0}")]
    Cannot(&'static str),
    /// Only its name is left, for the mailboxes below it.
    #[error("there are mailboxes below it")]
    HasChildren,
    /// The message was expunged meanwhile.
    #[error("the message is gone")]
    MessageGone,
    /// Who asks has no right to do it (RFC 4314 4).
    #[error("you have no right to do that")]
    NoRight,
    /// The account would hold more than its quota allows.
    #[error("over quota")]
    OverQuota,
    /// The message is larger than this store takes.
    #[error("the message is larger than {limit} bytes")]
    TooLarge {
        /// The largest size taken, in bytes.
        limit: u64,
    },
    /// More at once than one change may touch.
    #[error("more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// The key of a property is too long, or not an area and a name.
    #[error("that is not the key of a property: {0}")]
    BadKey(&'static str),
    /// The value of a property is larger than this store takes.
    #[error("the value is larger than {limit} bytes")]
    ValueTooLarge {
        /// The largest size taken, in bytes.
        limit: u64,
    },
    /// A filter is not one: see [`crate::filter::FilterError`].
    #[error("filter number {number} is not a filter")]
    BadFilter {
        /// Counted from 0.
        number: usize,
    },
    /// The mailbox has given out all its UIDs.
    #[error("the mailbox has no UIDs left")]
    UidsExhausted,
    /// The account has reached the last MODSEQ, 2^63 - 1.
    #[error("the account has no MODSEQs left after {0}")]
    ModSeqsExhausted(ModSeq),
}
