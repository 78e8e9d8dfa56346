//! Why something about a user cannot be done.

use super::{Address, Name, NameError, PasswordError};
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
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
