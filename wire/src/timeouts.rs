//! How long a peer may take.

use std::time::Duration;

/// How long a peer may take. A front-end turns these into deadlines with
/// [`Connection::within`](crate::Connection::within).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From accept until the PROXY header is complete. Default 5 s.
    pub proxy: Duration,
    /// From the first byte of a TLS handshake, or from accept, until it is done. Default 15 s.
    pub handshake: Duration,
    /// From the greeting until the login, however many commands come between. Default 60 s.
    pub login: Duration,
    /// From the first byte of a command until its last, and for the next bytes of a message
    /// being sent. Default 5 min (RFC 5321 section 4.5.3.2).
    pub command: Duration,
    /// Between two commands after the login. Default 31 min (RFC 9051 section 5.4 asks for
    /// at least 30).
    pub idle: Duration,
    /// For the peer to take anything of what is being sent to it. Default 60 s.
    pub slow_write: Duration,
    /// From the shutdown until connections that are still at work are cut. Default 10 s.
    pub grace: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            proxy: Duration::from_secs(5),
            handshake: Duration::from_secs(15),
            login: Duration::from_secs(60),
            command: Duration::from_secs(5 * 60),
            idle: Duration::from_secs(31 * 60),
            slow_write: Duration::from_secs(60),
            grace: Duration::from_secs(10),
        }
    }
}
