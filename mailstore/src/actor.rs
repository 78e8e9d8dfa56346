//! Who asks.

use crate::id::{AccountId, SessionId};

/// Who changes what: the account, and the session that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account whose mail is changed.
    pub account: AccountId,
    /// Who asks: the account itself, or another, which may do what the access lists give it
    /// ([`rights`](crate::rights)).
    pub user: AccountId,
    /// The session, or [`SessionId::NONE`].
    pub session: SessionId,
}

impl From<AccountId> for Actor {
    fn from(account: AccountId) -> Self {
        Self::new(account, SessionId::NONE)
    }
}

impl Actor {
    /// An account that changes its own mail.
    pub fn new(account: AccountId, session: SessionId) -> Self {
        Self { account, user: account, session }
    }

    /// The same user in the same session, in another account's mail.
    #[must_use]
    pub fn within(self, account: AccountId) -> Self {
        Self { account, ..self }
    }

    /// Is it another's mail?
    pub fn is_guest(self) -> bool {
        self.account != self.user
    }
}
