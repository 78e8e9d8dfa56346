//! Why a connection ends.

use std::io;

/// Why a connection ends. A front-end lets it rise to where the session began, says goodbye there
/// if [`can_be_told`](Ended::can_be_told), and closes.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The peer closed it.
    #[error("closed by the peer")]
    Closed,
    /// The peer was silent for too long.
    #[error("timed out")]
    TimedOut,
    /// The peer did not take what was sent to it for [`Timeouts::slow_write`](crate::Timeouts).
    #[error("the peer does not take what is sent")]
    Stuck,
    /// The server is shutting down.
    #[error("shutting down")]
    ShuttingDown,
    /// Too many failed logins ([`AuthPolicy::attempts`](crate::AuthPolicy)).
    #[error("too many failed logins")]
    TooManyLogins,
    /// Clear text followed the command that starts TLS.
    #[error("clear text after the command that starts TLS")]
    Injected,
    /// STARTTLS where no TLS is configured or where it has been started already.
    #[error("TLS cannot be started")]
    NoTls,
    /// The TLS handshake failed.
    #[error("TLS handshake failed: {0}")]
    Handshake(#[source] io::Error),
    /// The connection broke.
    #[error("connection lost: {0}")]
    Lost(#[source] io::Error),
}

impl Ended {
    /// Whether the peer may still be listening, so that a last line to it makes sense.
    pub fn can_be_told(&self) -> bool {
        matches!(self, Self::TimedOut | Self::ShuttingDown | Self::TooManyLogins)
    }

    /// What an error of the socket or of the TLS session means.
    pub(crate) fn from_io(error: io::Error) -> Self {
        match error.kind() {
            // A peer that closes TLS without close_notify; every protocol here has its own framing.
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => Self::Closed,
            _ => Self::Lost(error),
        }
    }
}
