//! What is kept of a user.

use super::{Name, PasswordHash, ScramSecret};
use crate::id::AccountId;
use crate::mailbox::Quota;
use crate::time::Timestamp;

/// A user, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account that holds the mail. Given by the store in ascending order, from 1; never
    /// given twice.
    pub account: AccountId,
    /// Counts the changes, from 1: what [`AccountStore::update`](super::AccountStore::update)
    /// compares.
    pub version: u64,
    /// Everything that may be said about a user.
    pub profile: Profile,
}

/// Everything that may be said about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What the user logs in with. No two users have the same; it is never changed.
    pub name: Name,
    /// The account password; `None` if there is none, and so no login with one.
    pub password: Option<PasswordHash>,
    /// The same password's keys for SCRAM; `None` if none are kept.
    pub scram: Option<ScramSecret>,
    /// Whether the account is in use.
    pub status: Status,
    /// How much the account was to hold when the user was last changed. What it may hold is in the
    /// account's head, which others than the users' records set too.
    pub quota: Quota,
    /// When the user was added.
    pub created: Timestamp,
}

/// Whether an account is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It is.
    #[default]
    Active,
    /// It neither takes mail nor lets its user in; its mail is kept.
    Disabled,
    /// It takes mail, but does not let its user in.
    Suspended,
}
