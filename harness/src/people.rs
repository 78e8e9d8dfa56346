//! Who may log in.

use async_trait::async_trait;
use mailstore::id::AccountId;
use mailstore::store::StoreError;
use mailstore::store::directory::{
    Attempt, Credentials, Directory, Identity, Route, ScramKeys, Service, Takes, Verdict,
};

/// The account of `joe`.
pub const JOE: i64 = 1;
/// The account of `jane`.
pub const JANE: i64 = 2;

/// Accounts by their names.
const NAMES: [(i64, &str); 4] = [(JOE, "joe"), (JANE, "jane"), (3, "jürgen"), (4, "spaces")];

/// The account of this number.
pub fn account(number: i64) -> AccountId {
    AccountId::new(number).unwrap()
}

/// `user0` is this account, `user1` the next, and so on.
const OTHERS: i64 = 100;

/// `joe`, `jane`, `jürgen` and `user0`, `user1` and so on have the password `secret`, `spaces` has ` a b `, and `token` is joe's
/// token. Other names stand for what else may happen.
#[derive(Clone, Copy, Debug, Default)]
pub struct People {
    /// What is taken beside passwords.
    pub takes: Takes,
    /// For which service alone they log in.
    pub service: Option<Service>,
}

impl People {
    /// Who take, beside passwords, `scram` or `bearer`.
    pub fn who_take(what: &str) -> Self {
        let takes = Takes { scram: what == "scram", bearer: what == "bearer" };
        Self { takes, ..Self::default() }
    }
}

fn named(name: &str) -> Option<Identity> {
    let known = NAMES.iter().find(|(_, known)| *known == name).map(|(number, _)| *number);
    let other = || Some(OTHERS + name.strip_prefix("user")?.parse::<i64>().ok()?);
    Some(Identity { account: account(known.or_else(other)?), name: name.to_owned() })
}

#[async_trait]
impl Directory for People {
    async fn authenticate(&self, attempt: &Attempt) -> Result<Verdict, StoreError> {
        assert!(self.service.is_none_or(|service| service == attempt.service));
        let (name, password) = match &attempt.credentials {
            Credentials::Plain { name, password } => (name.as_str(), password.expose()),
            Credentials::Bearer { token, .. } if token.expose() == "token" => ("joe", "secret"),
            _ => return Ok(Verdict::Rejected),
        };
        let right = if name == "spaces" { " a b " } else { "secret" };
        Ok(match name {
            _ if password != right => Verdict::Rejected,
            "disabled" => Verdict::Disabled,
            "forbidden" => Verdict::Forbidden,
            "throttled" => Verdict::Throttled { seconds: 7 },
            "broken" => return Err(StoreError::unavailable("authenticate", "no directory")),
            _ => named(name).map_or(Verdict::Rejected, Verdict::Accepted),
        })
    }

    fn takes(&self, _: Service) -> Takes {
        self.takes
    }

    /// Keys that no password fits.
    async fn scram(&self, _: &str, _: Service) -> Result<Option<ScramKeys>, StoreError> {
        let (salt, iterations) = (b"salt".to_vec(), 4096);
        let keys = ScramKeys { salt, iterations, keys: Vec::new(), identity: None };
        Ok(self.takes.scram.then_some(keys))
    }

    async fn find(&self, name: &str) -> Result<Option<Identity>, StoreError> {
        Ok(named(name))
    }

    async fn name_of(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        let found = NAMES.iter().find(|(number, _)| *number == account.get());
        let other = || Some(account.get() - OTHERS).filter(|number| *number >= 0);
        let other = || other().map(|number| format!("user{number}"));
        Ok(found.map(|(_, name)| (*name).to_owned()).or_else(other))
    }

    /// `jane` may set quotas.
    async fn administers(&self, user: AccountId, _: AccountId) -> Result<bool, StoreError> {
        Ok(user.get() == JANE)
    }

    async fn route(&self, _: &str) -> Result<Route, StoreError> {
        Ok(Route::Unknown)
    }
}
