//! Why something about a user cannot be done.

use super::{Address, Name, NameError, PasswordError, Scopes, SecondFactor};
use crate::encryption::Unusable;
use crate::store::StoreError;

/// Why something about a user cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is no user of that name.
    #[error("there is no user {0:?}")]
    NoSuchUser(String),
    /// There is one already.
    #[error("there is already a user {0}")]
    NameTaken(Name),
    /// The address belongs to a user.
    #[error("the address {0} belongs to another user")]
    AddressTaken(Address),
    /// The user does not have that address.
    #[error("the user does not have the address {0}")]
    NoSuchAddress(Address),
    /// The address is what its user logs in with.
    #[error("{0} is the login name of its user, and cannot be taken away")]
    LoginName(Address),
    /// A name or an address cannot be written like that.
    #[error("{text:?} is refused: {reason}")]
    Name {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: NameError,
    },
    /// There are as many as there may be.
    #[error("there may be no more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// A label is too long, or has a control character.
    #[error("a label has at most {limit} bytes, and no control characters")]
    Label {
        /// How many bytes it may have.
        limit: usize,
    },
    /// An application password cannot be good for that.
    #[error(
        "an application password is good for something, and never for the account itself: {0:?}"
    )]
    Scopes(Scopes),
    /// There is no key to seal secrets with.
    #[error("no key is configured to seal secrets with")]
    NoKeyring,
    /// The second factor is not in the state that this is for.
    #[error("the second factor is {}", match .0 {
        SecondFactor::Off => "off",
        SecondFactor::Pending => "not yet on",
        SecondFactor::On => "on",
    })]
    SecondFactor(SecondFactor),
    /// It is no code of the second factor, or it was used already.
    #[error("the code is wrong")]
    WrongCode,
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Mail cannot be sent on to that.
    #[error("{0:?} is not an address that mail can go on to")]
    Target(String),
    /// Nothing is configured that security keys could be used for.
    #[cfg(feature = "webauthn")]
    #[error("security keys are not configured")]
    NoRelyingParty,
    /// The key is one of the user's already.
    #[cfg(feature = "webauthn")]
    #[error("this security key is there already")]
    KnownKey,
    /// What a security key has answered is not taken.
    #[cfg(feature = "webauthn")]
    #[error(transparent)]
    SecurityKey(#[from] super::KeyRefused),
    /// Mail cannot be encrypted to that.
    #[error(transparent)]
    MailKey(#[from] Unusable),
    /// The user's mail cannot be changed.
    #[error(transparent)]
    Mail(#[from] crate::error::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
