//! Server-side SASL (RFC 4422), without I/O: the front-end carries the bytes, looks up the
//! credentials, and says how it ended.
//!
//! ```
//! use wire::sasl::{Exchange, Mechanism, Step};
//!
//! let Step::Credentials(login) = Exchange::start(Mechanism::Plain, Some(b"\0joe\0secret")) else {
//!     panic!("PLAIN needs one message");
//! };
//! assert_eq!(login.authzid, None);
//! ```

use std::fmt;
use std::net::IpAddr;

use mailstore::store::directory::{Attempt, Credentials, Service};

mod line;
mod login;
mod plain;

pub use line::{MAX_LINE, Response, decode_initial, decode_response, encode};

/// A mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN (draft-murchison-sasl-login), for clients that know no better.
    Login,
}

impl Mechanism {
    /// All of them, the better first.
    pub const ALL: &[Self] = &[Self::Plain, Self::Login];

    /// The mechanism of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An exchange that waits for the client's next message. It has no other states: what comes after
/// an answer is in the [`Step`].
#[derive(Debug)]
pub struct Exchange(State);

#[derive(Debug)]
enum State {
    Plain,
    LoginName,
    LoginPassword(String),
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this challenge (base64 is the protocol's affair, see [`encode`]) and give the answer to
    /// [`Exchange::step`].
    Challenge(Vec<u8>, Exchange),
    /// The client has said who it is: ask the directory.
    Credentials(Login),
    /// It is over.
    Failed(SaslError),
}

/// Who the client claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// As whom it wants to act, if not as itself.
    pub authzid: Option<String>,
    /// Who it is.
    pub credentials: Credentials,
}

impl Login {
    /// The question for the directory.
    pub fn into_attempt(self, service: Service, peer: Option<IpAddr>) -> Attempt {
        Attempt { service, peer, authzid: self.authzid, credentials: self.credentials }
    }
}

/// Why an exchange failed before any credentials were checked. All of these are errors of the
/// client's syntax (IMAP `BAD`, SMTP 501), none says anything about accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaslError {
    /// The client sent `*`.
    #[error("authentication cancelled")]
    Cancelled,
    /// A line that is not base64.
    #[error("invalid base64")]
    NotBase64,
    /// A line above [`MAX_LINE`].
    #[error("authentication response too long")]
    TooLong,
    /// A message that breaks the rules of its mechanism.
    #[error("malformed authentication response: {0}")]
    Malformed(&'static str),
}

impl Exchange {
    /// Begins an exchange, with the client's initial response if it sent one (RFC 4959: an empty one
    /// is not the same as none).
    pub fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> Step {
        let exchange = Self(match mechanism {
            Mechanism::Plain => State::Plain,
            Mechanism::Login => State::LoginName,
        });
        match initial {
            Some(message) => exchange.step(message),
            None => Step::Challenge(exchange.first_challenge().to_vec(), exchange),
        }
    }

    /// Goes on with the client's next message.
    pub fn step(self, message: &[u8]) -> Step {
        match self.0 {
            State::Plain => plain::step(message),
            State::LoginName => login::name(message),
            State::LoginPassword(name) => login::password(name, message),
        }
    }

    /// What to send to a client that has not begun.
    fn first_challenge(&self) -> &'static [u8] {
        match self.0 {
            State::Plain => b"",
            State::LoginName | State::LoginPassword(_) => login::ASK_NAME,
        }
    }
}

/// A message or field as text.
fn text(bytes: &[u8]) -> Result<&str, SaslError> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        Ok(_) => Err(SaslError::Malformed("NUL")),
        Err(_) => Err(SaslError::Malformed("not UTF-8")),
    }
}

/// As [`text`]; at least one character.
fn nonempty(bytes: &[u8]) -> Result<&str, SaslError> {
    match text(bytes)? {
        "" => Err(SaslError::Malformed("empty name or password")),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests;
