//! Who calls, and what that one may do: the one table of rights.

use axum::http::Method;
use mailstore::accounts::{By, Grant, Role, Scope, Scopes, Token};
use mailstore::id::AccountId;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// A user's mail, to read.
    Mail,
    /// A user's mail, to change.
    MailChange,
    /// What is known of a user.
    Person,
    /// A user's passwords and tokens, to look at.
    Keys,
    /// A user's passwords and tokens, to change.
    KeysChange,
    /// All users, to look at.
    Users,
    /// All users, to change.
    UsersChange,
    /// Metrics.
    Metrics,
    /// Tokens of root and of roles.
    Root,
}

impl About {
    /// Of the two, the one that fits what is done.
    pub(crate) fn of(method: &Method, read: Self, change: Self) -> Self {
        if method.is_safe() { read } else { change }
    }
}

/// Who calls: whoever has the token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) token: Token,
    pub(crate) by: By,
}

impl Caller {
    /// The user, if it is one.
    pub(crate) fn account(&self) -> Option<AccountId> {
        self.token.grant.account()
    }

    /// May it do something of that kind; with whose things, is another question.
    pub(crate) fn may(&self, about: About) -> bool {
        match self.token.grant {
            Grant::Root => true,
            Grant::Role(Role::Users) => {
                use About::{Keys, KeysChange, Person, Users, UsersChange};
                matches!(about, Person | Keys | KeysChange | Users | UsersChange)
            }
            Grant::Role(Role::Audit) => {
                matches!(about, About::Person | About::Keys | About::Users)
            }
            Grant::Role(Role::Metrics) => about == About::Metrics,
            Grant::User { scopes, .. } => user_may(scopes, about),
            _ => false,
        }
    }
}

fn user_may(scopes: Scopes, about: About) -> bool {
    match about {
        About::Mail => scopes.contains(Scope::HttpRead),
        About::MailChange => scopes.contains(Scope::Http),
        About::Person => scopes.contains(Scope::HttpRead) || scopes.contains(Scope::Master),
        About::Keys | About::KeysChange => scopes.contains(Scope::Master),
        About::Users | About::UsersChange | About::Metrics | About::Root => false,
    }
}
