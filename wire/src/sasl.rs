//! Server-side SASL (RFC 4422), without I/O: the front-end carries the bytes, looks up the
//! credentials, and says how it ended.
//!
//! ```
//! use wire::sasl::{Bindings, Exchange, Mechanism, Step};
//!
//! let channel = Bindings::default();
//! let first = Exchange::start(Mechanism::Plain, &channel, Some(b"\0joe\0secret".to_vec()));
//! let Step::Credentials(login) = first else { panic!("PLAIN needs one message") };
//! assert_eq!(login.authzid, None);
//! ```

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use mailstore::store::directory::{Attempt, Credentials, Service, Takes, Verdict};

mod bearer;
mod bindings;
mod gs2;
mod line;
mod login;
mod oauth_bearer;
mod plain;
mod scram;
mod xoauth2;

pub use bindings::Bindings;
pub use line::{MAX_LINE, MAX_SHORT_LINE, decode_initial, decode_response, encode};
pub use scram::KeysWanted;

/// A mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// SCRAM-SHA-256-PLUS (RFC 7677), bound to the TLS channel.
    ScramSha256Plus,
    /// SCRAM-SHA-256 (RFC 7677).
    ScramSha256,
    /// OAUTHBEARER (RFC 7628).
    OAuthBearer,
    /// XOAUTH2, for clients that do not know OAUTHBEARER.
    XOAuth2,
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN (draft-murchison-sasl-login), for clients that know no better.
    Login,
}

impl Mechanism {
    /// All of them, the better first.
    pub const ALL: &[Self] = &[
        Self::ScramSha256Plus,
        Self::ScramSha256,
        Self::OAuthBearer,
        Self::XOAuth2,
        Self::Plain,
        Self::Login,
    ];

    /// Those to advertise, the better first: what the directory takes, on a channel with these
    /// bindings.
    pub fn offered(takes: Takes, bindings: &Bindings) -> impl Iterator<Item = Self> {
        let bound = !bindings.is_empty();
        Self::ALL.iter().copied().filter(move |mechanism| match mechanism {
            Self::ScramSha256Plus => takes.scram && bound,
            Self::ScramSha256 => takes.scram,
            Self::OAuthBearer | Self::XOAuth2 => takes.bearer,
            Self::Plain | Self::Login => true,
        })
    }

    /// The mechanism of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// The longest line that a client sends in answer to a challenge, in bytes without CRLF.
    pub fn max_line(self) -> usize {
        match self {
            Self::ScramSha256Plus | Self::ScramSha256 => MAX_SHORT_LINE,
            _ => MAX_LINE,
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The longest name, in bytes.
const MAX_NAME: usize = 1024;

/// An exchange that waits for the client's next message. It has no other states: what comes after
/// an answer is in the [`Step`].
#[derive(Debug)]
pub struct Exchange(State);

#[derive(Debug)]
enum State {
    Scram(Box<scram::Opening>),
    ScramProof(Box<scram::Proving>),
    OAuthBearer,
    XOAuth2,
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
    /// Ask the directory for the keys of a name, and give them to [`KeysWanted::answer`].
    Keys(KeysWanted),
    /// The client has said who it is: ask the directory, and send what its [`Epilogue`] says.
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
    /// What comes before the outcome is told.
    pub epilogue: Epilogue,
}

impl Login {
    /// The question for the directory, and what is to be done with the answer.
    pub fn into_attempt(self, service: Service, peer: Option<IpAddr>) -> (Attempt, Epilogue) {
        let Self { authzid, credentials, epilogue } = self;
        (Attempt { service, peer, authzid, credentials }, epilogue)
    }
}

/// A last challenge, which some mechanisms need before the outcome is told. The client's answer to
/// it says nothing (it is empty, or a ^A), but must be read, and may be a cancellation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Epilogue {
    /// There is none.
    #[default]
    None,
    /// To a client that is let in: the server's own proof.
    IfAccepted(Vec<u8>),
    /// To a client that is not: what is wrong.
    IfRefused(Vec<u8>),
}

impl Epilogue {
    /// What to send, if anything.
    pub fn after(self, verdict: &Verdict) -> Option<Vec<u8>> {
        match (self, verdict) {
            (Self::IfAccepted(challenge), Verdict::Accepted(_)) => Some(challenge),
            (Self::IfAccepted(_) | Self::None, _) | (_, Verdict::Accepted(_)) => None,
            (Self::IfRefused(challenge), _) => Some(challenge),
        }
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
    /// Channel binding that cannot be, or is not, as the client thinks (RFC 5802 6).
    #[error("channel binding: {0}")]
    Binding(&'static str),
    /// The directory has no keys for the mechanism.
    #[error("the mechanism is not offered")]
    NotOffered,
}

impl Exchange {
    /// Begins an exchange on a channel, with the client's initial response if it sent one (RFC 4959: an empty one
    /// is not the same as none).
    pub fn start(mechanism: Mechanism, bindings: &Bindings, initial: Option<Vec<u8>>) -> Step {
        let exchange = Self(match mechanism {
            Mechanism::ScramSha256Plus | Mechanism::ScramSha256 => {
                State::Scram(Box::new(scram::Opening { mechanism, bindings: bindings.clone() }))
            }
            Mechanism::OAuthBearer => State::OAuthBearer,
            Mechanism::XOAuth2 => State::XOAuth2,
            Mechanism::Plain => State::Plain,
            Mechanism::Login => State::LoginName,
        });
        match initial {
            Some(message) => exchange.step(message),
            None => Step::Challenge(exchange.first_challenge().to_vec(), exchange),
        }
    }

    /// Goes on with the client's next message.
    pub fn step(self, message: Vec<u8>) -> Step {
        match self.0 {
            State::Scram(opening) => opening.step(&message),
            State::ScramProof(proving) => proving.step(&message),
            State::OAuthBearer => oauth_bearer::step(message),
            State::XOAuth2 => xoauth2::step(message),
            State::Plain => plain::step(message),
            State::LoginName => login::name(&message),
            State::LoginPassword(name) => login::password(name, message),
        }
    }

    /// What to send to a client that has not begun.
    fn first_challenge(&self) -> &'static [u8] {
        match self.0 {
            State::LoginName | State::LoginPassword(_) => login::ASK_NAME,
            _ => b"",
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

/// As [`nonempty`], for names, of which some are kept while more is read.
fn name(bytes: &[u8]) -> Result<&str, SaslError> {
    match nonempty(bytes)? {
        name if name.len() > MAX_NAME => Err(SaslError::Malformed("name too long")),
        name => Ok(name),
    }
}

/// A part of a message, where the message was: a token may be as long as a line, and is not to be
/// there twice.
fn part(mut message: Vec<u8>, part: Range<usize>) -> Result<String, SaslError> {
    message.truncate(part.end);
    message.drain(..part.start);
    String::from_utf8(message).map_err(|_| SaslError::Malformed("not UTF-8"))
}

#[cfg(test)]
mod tests;
