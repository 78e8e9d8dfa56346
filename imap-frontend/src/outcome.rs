//! How a command ends.

use std::borrow::Cow;

use mailstore::uid::UidSet;
use wire::Ended;

use crate::codec::reply::Code;

/// What a command gives.
pub(crate) type Outcome = Result<Done, Failed>;

/// It was done: what the tagged OK says.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) note: Note,
    pub(crate) text: &'static str,
}

impl Done {
    pub(crate) fn new(text: &'static str) -> Self {
        Self { note: Note::Plain(None), text }
    }

    pub(crate) fn with(code: Code<'static>, text: &'static str) -> Self {
        Self { note: Note::Plain(Some(code)), text }
    }

    pub(crate) fn noting(note: Note, text: &'static str) -> Self {
        Self { note, text }
    }
}

/// A response code that outlives its command.
#[derive(Debug)]
pub(crate) enum Note {
    /// One without sets in it, or none.
    Plain(Option<Code<'static>>),
    /// The capabilities, after a login.
    Capability(Vec<Cow<'static, str>>),
    /// APPENDUID.
    Appended { validity: u32, uids: UidSet },
    /// COPYUID.
    Copied { validity: u32, from: UidSet, to: UidSet },
    /// MODIFIED: numbers or UIDs.
    Modified(UidSet),
}

impl Note {
    pub(crate) fn code(&self) -> Option<Code<'_>> {
        match self {
            Self::Plain(code) => *code,
            Self::Capability(names) => Some(Code::Capability(names)),
            Self::Appended { validity, uids } => {
                Some(Code::AppendUid { validity: *validity, uids })
            }
            Self::Copied { validity, from, to } => {
                Some(Code::CopyUid { validity: *validity, from, to })
            }
            Self::Modified(uids) => Some(Code::Modified(uids)),
        }
    }
}

/// It was not done.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Understood, and refused or failed.
    No(Option<Code<'static>>, Cow<'static, str>),
    /// A URL leads to nothing (RFC 4469 4.1).
    BadUrl(Vec<u8>),
    /// There is no filter of that name (RFC 5466 3.1).
    UndefinedFilter(Box<str>),
    /// It makes no sense, or not now.
    Bad(Cow<'static, str>),
    /// It counts on sequence numbers, and the client has none (RFC 9586 3.2).
    UidRequired,
    /// The session cannot go on, and says so.
    Bye(Option<Code<'static>>, &'static str),
    /// The connection cannot go on.
    Ended(Ended),
}

impl Failed {
    pub(crate) fn no(code: Code<'static>, text: impl Into<Cow<'static, str>>) -> Self {
        Self::No(Some(code), text.into())
    }

    /// Is the answer NO?
    pub(crate) fn is_no(&self) -> bool {
        matches!(self, Self::No(..) | Self::BadUrl(_) | Self::UndefinedFilter(_))
    }

    /// News could not be read. Nothing was told, so that they can be looked for again.
    pub(crate) fn unread(error: &mailstore::Error) -> Self {
        tracing::warn!(%error, "a session could not be brought up to date");
        Self::Bye(Some(Code::Unavailable), "The mailbox could not be read; try again")
    }

    pub(crate) fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Bad(text.into())
    }
}

impl From<Ended> for Failed {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}
