//! When one may log in, and how often one may try.

use std::time::Duration;

/// When one may log in, and how often one may try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthPolicy {
    /// Logging in without TLS (RFC 8314 section 4.1).
    pub clear: ClearLogin,
    /// After so many failed logins the connection ends. Default 5.
    pub attempts: u32,
    /// The pause after the first failed login; it grows by as much with each. Default 1 s.
    pub delay: Duration,
}

/// Whether a password may cross the wire in the clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClearLogin {
    /// Only from this very machine: a loopback address or a Unix socket.
    #[default]
    Local,
    /// From anywhere.
    Anywhere,
}

impl Default for AuthPolicy {
    fn default() -> Self {
        Self { clear: ClearLogin::Local, attempts: 5, delay: Duration::from_secs(1) }
    }
}
