//! Why a command was not understood.

use super::Tag;

/// A command that does not follow the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at byte {at}")]
pub struct SyntaxError {
    /// Where: bytes from the start of the command, literals included.
    pub at: usize,
    /// What should have been there.
    pub expected: &'static str,
}

/// Why a command was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It breaks the grammar: BAD.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// There is no such command: BAD.
    #[error("unknown command at byte {at}")]
    Unknown {
        /// Where its name is.
        at: usize,
    },
    /// A SEARCH in a charset that nobody knows: NO `[BADCHARSET (US-ASCII UTF-8 ...)]`.
    #[error("unknown charset at byte {at}")]
    Charset {
        /// Where its name is.
        at: usize,
        /// It was to be saved for `$`, which is empty now (RFC 5182 2.1).
        saves: bool,
    },
    /// A filter in a SEARCH whose charset is another than UTF-8 (RFC 5466 3.1): BAD `[BADCHARSET
    /// (US-ASCII UTF-8 ...)]`.
    #[error("filters are for searches in UTF-8, at byte {at}")]
    NotUtf8 {
        /// Where its name is.
        at: usize,
    },
    /// More keys in one SEARCH, or nested deeper, than this server looks for: NO `[LIMIT]`.
    #[error("too many search keys at byte {at}")]
    TooManyKeys {
        /// Where the first is that is too much.
        at: usize,
        /// As of a charset.
        saves: bool,
    },
    /// A mailbox name that is neither modified UTF-7 nor UTF-8: NO `[CANNOT]`.
    #[error("mailbox name at byte {at} is not modified UTF-7")]
    MailboxName {
        /// Where it is.
        at: usize,
    },
}

/// A command that was not understood, with the tag to say so under, if it had one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The tag; without one the answer is untagged.
    pub tag: Option<Tag>,
    /// Why.
    pub error: CommandError,
}
