//! Users, addresses and passwords: a ready-made [`Directory`](crate::store::Directory).
//!
//! A host application with users of its own implements `Directory` and needs none of this. What
//! is kept lies behind [`AccountStore`], a trait of few methods that every backend implements;
//! the rules are here: how names are written ([`Name`], [`Address`]), how passwords are hashed
//! and checked ([`PasswordHash`], [`Hasher`]), and who may do what ([`Accounts`]).
//!
//! ```
//! # use std::sync::Arc;
//! # use mailstore::accounts::{Accounts, MemoryAccounts, NewUser};
//! # use mailstore::store::directory::{Directory, Route, Secret};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
//! let alice = NewUser::new("alice@example.com").password(Secret::new("correct horse"));
//! let user = accounts.add(alice).await?;
//! let route = accounts.route("Alice+lists@example.com").await?;
//! assert_eq!(route, Route::Local { account: user.account, label: Some("lists".into()) });
//! # Ok(())
//! # }
//! ```

mod address;
mod app_password;
#[cfg(feature = "webauthn")]
mod challenge;
mod directory;
mod error;
mod factors;
mod foreign;
mod forward;
mod kept;
mod keyring;
mod limits;
mod log;
mod login;
mod mail_key;
mod memory;
mod name;
mod password;
mod record;
mod recovery;
mod removal;
mod scope;
mod scram;
mod script;
#[cfg(feature = "webauthn")]
mod security_key;
mod service;
mod sign_in;
mod spelling;
mod store;
mod token;
mod totp;
mod used;
mod user;
mod verified;
#[cfg(feature = "webauthn")]
mod webauthn;

pub use address::{Address, Destination, Domain, Recipient};
pub use app_password::{AppPassword, NewAppPassword};
pub use error::AccountError;
pub use factors::Factors;
pub use forward::Forward;
pub use keyring::Keyring;
pub use limits::LoginLimits;
pub use log::{By, Event, LogEntry};
pub use mail_key::{Covers, MailKey};
pub use memory::MemoryAccounts;
pub use name::{Name, NameError};
pub use password::{Hasher, PasswordError, PasswordHash};
pub use record::Record;
#[cfg(any(feature = "embedded", feature = "mongodb"))]
pub(crate) use record::end;
pub use scope::{NoScope, Scope, Scopes};
pub use scram::{Scram, ScramSecret};
#[cfg(feature = "webauthn")]
pub use security_key::{KeyQuestion, SecurityKey};
pub use service::{Accounts, NewUser};
#[cfg(feature = "webauthn")]
pub use sign_in::KeyAsked;
pub use sign_in::{SecondProof, SignIn, SignedIn};
pub use spelling::Dots;
pub use store::{AccountStore, Claimed, Created};
pub use token::{Bearer, Grant, NewToken, Role, Token};
pub use totp::{SecondFactor, TotpSetup};
pub use used::Used;
pub use user::{Profile, Status, User};
#[cfg(feature = "webauthn")]
pub use webauthn::{
    Assertion, Attestation, KeyRefused, NewSecurityKey, RelyingParty, Verification,
};

pub use crate::mailbox::Quota;
