//! What a client searches for.

use crate::flags::{Keyword, SystemFlag};
use crate::id::{EmailId, ThreadId};
use crate::uid::{ModSeq, SequenceSet, UidSet};

/// A day, without a time or a zone: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub i32);

/// Which date of a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateField {
    /// INTERNALDATE, in its own zone (BEFORE, ON, SINCE).
    Internal,
    /// When it came into the mailbox, in UTC (SAVEDBEFORE, SAVEDON, SAVEDSINCE; RFC 8514).
    Saved,
    /// The `Date:` header, without regard to its zone (SENTBEFORE, SENTON, SENTSINCE).
    Sent,
}

/// One search key; a search is `And` of its keys. Texts are Unicode, decoded from whatever charset
/// the client used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// ALL.
    All,
    /// Every one of these (keys in a row, or in parentheses).
    And(Vec<Key>),
    /// OR: one of the two, or both.
    Or(Box<Key>, Box<Key>),
    /// NOT.
    Not(Box<Key>),
    /// FUZZY: these texts, or what is near to them (RFC 6203). Keys without a text are exact.
    Fuzzy(Box<Key>),
    /// By sequence number. Numbers that no message has match nothing.
    Sequence(SequenceSet),
    /// UID: by UID.
    Uid(SequenceSet),
    /// Exactly these messages.
    These(UidSet),
    /// `$`: what the last SEARCH has saved (RFC 5182).
    Saved,
    /// ANSWERED, DELETED, DRAFT, FLAGGED, SEEN; their opposites are `Not` of these.
    Flag(SystemFlag),
    /// KEYWORD; UNKEYWORD is `Not` of it.
    Keyword(Keyword),
    /// RECENT; NEW is `And([Recent, Not(Seen)])`, OLD is `Not(Recent)`.
    Recent,
    /// BEFORE, SENTBEFORE: earlier than that day.
    Before(DateField, Day),
    /// ON, SENTON: within that day.
    On(DateField, Day),
    /// SINCE, SENTSINCE: within that day or later.
    Since(DateField, Day),
    /// OLDER: arrived (INTERNALDATE) so many seconds ago, or longer ago (RFC 5032).
    Older(u32),
    /// YOUNGER: arrived within so many seconds (RFC 5032).
    Younger(u32),
    /// LARGER: more bytes than this.
    Larger(u64),
    /// SMALLER: fewer bytes than this.
    Smaller(u64),
    /// HEADER, and BCC, CC, FROM, SUBJECT, TO: a header field of this name (in any case) whose
    /// decoded value contains the text; any such field if the text is empty.
    Header(String, String),
    /// BODY: the decoded text of the body contains it, the header fields of its parts and embedded
    /// messages left aside (RFC 9051 6.4.4).
    Body(String),
    /// TEXT: the header or the body, with all header fields in it, contains it.
    Text(String),
    /// EMAILID: of this content (RFC 8474 6).
    Email(EmailId),
    /// THREADID: of this conversation (RFC 8474 6).
    Thread(ThreadId),
    /// MODSEQ: changed at or after this (RFC 7162 3.1.5).
    ModSeq(ModSeq),
    /// FILTER: what is kept under this name (RFC 5466), which [`Key::filled`] puts in its place. As
    /// long as it is not, nothing matches.
    Filter(Box<str>),
}

impl Key {
    /// Is a message named by its sequence number anywhere in it, or may it be by a filter?
    pub fn names_numbers(&self) -> bool {
        match self {
            Self::Sequence(_) | Self::Filter(_) => true,
            Self::And(keys) => keys.iter().any(Self::names_numbers),
            Self::Or(a, b) => a.names_numbers() || b.names_numbers(),
            Self::Not(key) | Self::Fuzzy(key) => key.names_numbers(),
            _ => false,
        }
    }

    /// Is FUZZY in it?
    pub fn is_fuzzy(&self) -> bool {
        match self {
            Self::Fuzzy(_) => true,
            Self::Not(key) => key.is_fuzzy(),
            Self::Or(a, b) => a.is_fuzzy() || b.is_fuzzy(),
            Self::And(keys) => keys.iter().any(Self::is_fuzzy),
            _ => false,
        }
    }
}
