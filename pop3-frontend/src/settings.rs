//! What can be set on a POP3 server, with the defaults and their reasons. Listeners, TLS, limits of
//! connections and timeouts are set in [`wire`]; RFC 1939 3 asks for an idle time of at least 10
//! minutes.

use std::time::Duration;

use mailstore::change::MAX_COPY;

use crate::codec::stuffing::LineEnds;

/// Settings of a [`Pop3`](crate::Pop3) server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What becomes of messages that a client has deleted. Default: they are expunged. A user's own
    /// choice is the property `pop3/dele` of the account: `expunge` or `trash`.
    pub dele: Dele,
    /// Whether a message that was downloaded has been read. Default: it has. A user's own choice is
    /// `pop3/retr`: `seen` or `unchanged`.
    pub retr: Retr,
    /// What a dot is looked for behind. Default: CRLF, as RFC 1939 has it.
    pub line_ends: LineEnds,
    /// The time that must pass between two logins of a user (LOGIN-DELAY, RFC 2449 6.5). Default:
    /// none.
    pub login_delay: Duration,
    /// How long a session has its maildrop without renewing the lease: so long a maildrop stays
    /// locked when its host has crashed. It is renewed three times as often. Default 60 s.
    pub lease: Duration,
    /// Lines that are no commands or out of order, after which the connection ends. Default 20.
    pub errors: u32,
    /// Commands before the login, after which the connection ends. Default 64.
    pub commands_before_login: u32,
    /// Messages that one session may delete; at most, and by default, as many as one commit
    /// deletes: 50,000.
    pub deletions: u64,
}

/// What becomes of messages that a client has deleted, at QUIT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dele {
    /// They are expunged.
    #[default]
    Expunge,
    /// They are moved to the mailbox whose use is `\Trash`, which is made if there is none.
    Trash,
}

/// Whether RETR sets `\Seen`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retr {
    /// It does, when the session ends.
    #[default]
    Seen,
    /// It does not.
    Unchanged,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dele: Dele::default(),
            retr: Retr::default(),
            line_ends: LineEnds::default(),
            login_delay: Duration::ZERO,
            lease: Duration::from_secs(60),
            errors: 20,
            commands_before_login: 64,
            deletions: MAX_COPY,
        }
    }
}
