//! What can be set on an IMAP server, with the defaults and their reasons. Timeouts and limits of
//! connections are those of [`wire::Settings`].

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// Settings of an [`Imap`](crate::Imap) server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Sessions of one account at a time, over all hosts; one more is told `NO [LIMIT]` when it logs in.
    /// Default 64: a phone, a desktop and a web client open some five each.
    pub sessions_per_account: u32,
    /// Commands before the login, after which the connection ends. Default 64.
    pub commands_before_login: u32,
    /// Bad commands in a row, after which the connection ends. Default 32.
    pub bad_commands: u32,
    /// How long APPEND waits for memory before it answers `NO [LIMIT]`. Default 30 s.
    pub memory_wait: Duration,
    /// The server's entry `/shared/admin` (RFC 5464 6.2.1): a URI of whoever runs it, such as
    /// `mailto:postmaster@example.org`. Default none.
    pub admin: Option<String>,
    /// The server's entry `/shared/comment` (RFC 5464 6.2.1). Default none.
    pub comment: Option<String>,
    /// Searches that every user may name (RFC 5466): the server's entries
    /// `/shared/filters/values/NAME`. A user's own filter of the same name goes first. Default none.
    pub filters: BTreeMap<String, String>,
    /// How often IDLE looks for news that no beacon has told. Default 60 s.
    pub idle_poll: Duration,
    /// How many messages SELECT looks at, at either end of the mailbox, to find the first that is
    /// unseen; if it finds it not, it does not tell it (RFC 9051 has dropped it). Default 512.
    pub unseen_search: u32,
    /// Which literals a client may send without waiting. Default LITERAL+.
    pub literals: Literals,
    /// The most messages that one command works on (RFC 9738). Default none: old clients do not know
    /// it, and take what was done in part for the whole.
    pub message_limit: MessageLimit,
    /// How often a client whose command takes long is told that it is still at work (RFC 9585).
    /// Default 10 s.
    pub progress: Duration,
}

/// Which literals a client may send without waiting for the server (RFC 7888).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Literals {
    /// LITERAL+: all of them.
    #[default]
    Plus,
    /// LITERAL-: those of up to 4,096 bytes.
    Minus,
}

/// The most messages that one command works on (RFC 9738). It should not be less than 1,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageLimit {
    /// There is none.
    #[default]
    None,
    /// MESSAGELIMIT: FETCH, STORE, MOVE, SEARCH and UID EXPUNGE work on so many, those with the
    /// highest UIDs; COPY, APPEND, SORT and THREAD of more are refused.
    Commands(NonZeroU32),
    /// SAVELIMIT: COPY and APPEND of more are refused; all else has no limit.
    Saves(NonZeroU32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sessions_per_account: 64,
            commands_before_login: 64,
            bad_commands: 32,
            memory_wait: Duration::from_secs(30),
            admin: None,
            comment: None,
            filters: BTreeMap::new(),
            idle_poll: Duration::from_secs(60),
            unseen_search: 512,
            literals: Literals::Plus,
            message_limit: MessageLimit::None,
            progress: Duration::from_secs(10),
        }
    }
}
