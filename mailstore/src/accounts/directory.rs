//! Accounts as a [`Directory`].

use std::time::Instant;

use async_trait::async_trait;

use super::service::destination;
use super::{Accounts, Name, PasswordHash, Recipient, Scram, ScramSecret, Status, User};
use crate::id::AccountId;
use crate::store::directory::{
    Attempt, Credentials, Identity, Route, ScramKeys, Secret, Service, Takes, Verdict,
};
use crate::store::{Directory, StoreError};

#[async_trait]
impl Directory for Accounts {
    async fn authenticate(&self, attempt: &Attempt) -> Result<Verdict, StoreError> {
        match &attempt.credentials {
            Credentials::Plain { name, password } => match self.proven(name, password).await? {
                Some(user) => self.admit(user, attempt.authzid.as_deref()).await,
                None => Ok(Verdict::Rejected),
            },
            Credentials::Scram { proven: Some(identity), .. } => {
                match self.store.user(identity.account).await? {
                    Some(user) => self.admit(user, attempt.authzid.as_deref()).await,
                    None => Ok(Verdict::Rejected),
                }
            }
            Credentials::Scram { proven: None, .. } | Credentials::Bearer { .. } => {
                Ok(Verdict::Rejected)
            }
        }
    }

    fn takes(&self, _service: Service) -> Takes {
        Takes { scram: self.scram == Scram::Kept, bearer: false }
    }

    /// A name without keys gets some that no password fits, and as fast as one with keys.
    async fn scram(&self, name: &str, _service: Service) -> Result<Option<ScramKeys>, StoreError> {
        if self.scram == Scram::Off {
            return Ok(None);
        }
        let secret = self.secret.get_or_try_init(|| self.store.secret()).await?;
        let nobody = ScramSecret::of_nobody(secret, &name.to_lowercase());
        let user = self.of_name(name).await?;
        let known = user.and_then(|user| user.profile.scram.clone().map(|keys| (user, keys)));
        Ok(Some(match known {
            Some((user, keys)) => keys.keys(Some(identity(&user))),
            None => nobody.keys(None),
        }))
    }

    async fn find(&self, name: &str) -> Result<Option<Identity>, StoreError> {
        Ok(self.of_name(name).await?.as_ref().map(identity))
    }

    async fn name_of(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        let after = AccountId::new(account.get() - 1);
        let found = self.store.users(after, 1).await?.pop();
        let user = found.filter(|user| user.account == account);
        Ok(user.as_ref().map(|user| identity(user).name))
    }

    async fn administers(&self, user: AccountId, _: AccountId) -> Result<bool, StoreError> {
        let name = self.name_of(user).await?;
        Ok(name.is_some_and(|name| self.administrators.contains(&name)))
    }

    async fn route(&self, address: &str) -> Result<Route, StoreError> {
        let Some(recipient) = Recipient::parse(address) else {
            return Ok(Route::Unknown);
        };
        let user = match self.lookup(&recipient.destination).await? {
            Some(user) => Some(user),
            None => self.catcher(&recipient.destination).await?,
        };
        Ok(user.map_or(Route::Unknown, |user| route(&user, recipient.label)))
    }
}

impl Accounts {
    /// The user of that name, if this is the password. All that is wrong takes one path: a name
    /// nobody has, or has no password for, is verified against nobody's hash.
    async fn proven(&self, name: &str, password: &Secret) -> Result<Option<User>, StoreError> {
        let user = self.of_name(name).await?;
        let known = user.and_then(|user| user.profile.password.clone().map(|hash| (user, hash)));
        match known {
            Some((user, hash)) => Ok(self.matches(&user, &hash, password).await?.then_some(user)),
            None => self.hasher.verify(&PasswordHash::nobody(), password).await.map(|_| None),
        }
    }

    async fn of_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        match Name::new(name) {
            Ok(name) => self.lookup(&destination(name)).await,
            Err(_) => Ok(None),
        }
    }

    /// A password found right by its hash leaves the keys for SCRAM that are to be kept.
    async fn matches(
        &self,
        user: &User,
        hash: &PasswordHash,
        password: &Secret,
    ) -> Result<bool, StoreError> {
        let trace = self.verified.trace(user.account, hash, password);
        if self.verified.knows(&trace, Instant::now()) {
            return Ok(true);
        }
        let right = self.hasher.verify(hash, password).await?;
        if right {
            self.add_keys(user, password).await?;
            self.verified.remember(trace, Instant::now());
        }
        Ok(right)
    }

    /// If somebody else changes the user at the same time, the keys come with a later login.
    async fn add_keys(&self, user: &User, password: &Secret) -> Result<(), StoreError> {
        if self.scram == Scram::Kept && user.profile.scram.is_none() {
            let mut user = user.clone();
            user.profile.scram = Some(self.hasher.scram(password).await?);
            self.store.update(&user).await?;
        }
        Ok(())
    }

    /// What a user who has shown the right password may do: be himself, while he is not disabled.
    async fn admit(&self, user: User, authzid: Option<&str>) -> Result<Verdict, StoreError> {
        if user.profile.status == Status::Disabled {
            return Ok(Verdict::Disabled);
        }
        if let Some(other) = authzid.filter(|other| !other.is_empty())
            && !self.is(&user, other).await?
        {
            return Ok(Verdict::Forbidden);
        }
        Ok(Verdict::Accepted(identity(&user)))
    }

    async fn is(&self, user: &User, name: &str) -> Result<bool, StoreError> {
        let Ok(name) = Name::new(name) else { return Ok(false) };
        let named = self.lookup(&destination(name)).await?;
        Ok(named.is_some_and(|named| named.account == user.account))
    }
}

fn identity(user: &User) -> Identity {
    Identity { account: user.account, name: user.profile.name.as_str().to_owned() }
}

fn route(user: &User, label: Option<String>) -> Route {
    match user.profile.status {
        Status::Active => Route::Local { account: user.account, label },
        Status::Disabled => Route::Disabled,
    }
}
