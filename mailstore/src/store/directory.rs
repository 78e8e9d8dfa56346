//! Who may log in, and where mail for an address goes. A host application with users of its own
//! implements this; `accounts` is the ready-made one.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;

use super::StoreError;
use crate::id::AccountId;

/// Which front-end asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// LMTP.
    Lmtp,
    /// The HTTP API.
    Http,
}

/// A secret. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What the client shows to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A name and a password (LOGIN, SASL PLAIN, POP3 PASS, HTTP Basic).
    Plain {
        /// The authentication identity.
        name: String,
        /// The password.
        password: Secret,
    },
    /// A token (RFC 7628 OAUTHBEARER, XOAUTH2, HTTP Bearer).
    Bearer {
        /// The name the client gives with it, possibly empty.
        name: String,
        /// The token.
        token: Secret,
    },
    /// The outcome of SCRAM, with the keys that this directory gave for the name. No password was
    /// seen; all else that may stand against a login is still to be decided.
    Scram {
        /// The authentication identity.
        name: String,
        /// Whose keys the client's proof fits, and which; `None` if it fits none.
        proven: Option<Proven>,
    },
}

/// One attempt to log in.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Where.
    pub service: Service,
    /// From where; `None` for a local socket.
    pub peer: Option<IpAddr>,
    /// As whom, if not as oneself (RFC 4616 authzid).
    pub authzid: Option<String>,
    /// With what.
    pub credentials: Credentials,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Welcome.
    Accepted(Identity),
    /// Wrong name or password; which of the two is not said.
    Rejected,
    /// Right, but the account is disabled (IMAP `[CONTACTADMIN]`).
    Disabled,
    /// Right, but this service or identity is not allowed (IMAP `[AUTHORIZATIONFAILED]`).
    Forbidden,
    /// Too many attempts; try again in so many seconds (IMAP `[LIMIT]`).
    Throttled {
        /// Seconds to wait.
        seconds: u32,
    },
}

/// Who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account whose mail is shown.
    pub account: AccountId,
    /// The name under which it is known, for logs.
    pub name: String,
}

/// What a client has proven that it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Whose password.
    pub identity: Identity,
    /// Which of that user's passwords: [`ScramKey::credential`].
    pub credential: String,
}

/// What SCRAM-SHA-256 (RFC 5802, RFC 7677) needs of a name. Its `Debug` does not show the keys.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// The salt.
    pub salt: Vec<u8>,
    /// The iteration count.
    pub iterations: u32,
    /// The keys of each password that may be proven, all of that salt and count.
    pub keys: Vec<ScramKey>,
    /// Who it is; `None` for a name that does not exist (its keys are derived from a server
    /// secret, so that the answer looks like any other).
    pub identity: Option<Identity>,
}

/// The keys of one password. Its `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKey {
    /// `StoredKey`.
    pub stored_key: [u8; 32],
    /// `ServerKey`.
    pub server_key: [u8; 32],
    /// What the directory calls the password; empty for one that is its user's only.
    pub credential: String,
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramKeys of {:?}", self.identity)
    }
}

impl fmt::Debug for ScramKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramKey {:?}", self.credential)
    }
}

/// What a directory takes beside a name with its password: what a front-end may advertise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes {
    /// SCRAM: [`Directory::scram`] gives keys.
    pub scram: bool,
    /// Bearer tokens ([`Credentials::Bearer`]).
    pub bearer: bool,
}

/// Where mail for an address goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// To an account here.
    Local {
        /// The account.
        account: AccountId,
        /// What stood after the plus sign of `user+label@domain`.
        label: Option<String>,
    },
    /// To these addresses elsewhere. This project sends no mail: a front-end hands it on.
    Forward(Vec<String>),
    /// There is no such address (LMTP 550 5.1.1).
    Unknown,
    /// There is, but it takes no mail at present (LMTP 450 4.2.1).
    Disabled,
}

/// Who may log in, and where mail goes.
#[async_trait]
pub trait Directory: fmt::Debug + Send + Sync + 'static {
    /// Checks credentials. Takes as long for unknown names as for known ones, and does not block
    /// the thread it is called on.
    async fn authenticate(&self, attempt: &Attempt) -> Result<Verdict, StoreError>;

    /// What it takes beside a name with its password. By default nothing.
    fn takes(&self, _service: Service) -> Takes {
        Takes::default()
    }

    /// The SCRAM keys of a name; `None` where this directory offers no SCRAM.
    async fn scram(&self, name: &str, service: Service) -> Result<Option<ScramKeys>, StoreError>;

    /// Who has that login name or address: others share mailboxes with him by it, and find those
    /// that he shares (RFC 4314). A directory that does not say it lets nobody share anything.
    async fn find(&self, _name: &str) -> Result<Option<Identity>, StoreError> {
        Ok(None)
    }

    /// The login name of an account, the one of [`find`](Self::find).
    async fn name_of(&self, _account: AccountId) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// May this user set the quota of that account (RFC 9208 SETQUOTA)? A directory that does not
    /// say it lets nobody.
    async fn administers(&self, _user: AccountId, _account: AccountId) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Where mail for `local@domain` (or a bare local part) goes.
    async fn route(&self, address: &str) -> Result<Route, StoreError>;
}
