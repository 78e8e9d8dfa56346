//! Accounts as a [`Directory`].

use async_trait::async_trait;

use super::login::{Proof, identity};
use super::{Accounts, Bearer, Grant, Recipient, Scram, ScramSecret, SecondFactor, Status, User};
use crate::id::AccountId;
use crate::store::directory::{
    Attempt, Credentials, Identity, Proven, Route, ScramKeys, Secret, Service, Takes, Verdict,
};
use crate::store::{Directory, StoreError};

#[async_trait]
impl Directory for Accounts {
    async fn authenticate(&self, attempt: &Attempt) -> Result<Verdict, StoreError> {
        let proof = match &attempt.credentials {
            Credentials::Plain { name, password } => self.proven(attempt, name, password).await?,
            Credentials::Scram { name, proven } => {
                self.by_proof(attempt, name, proven.as_ref()).await?
            }
            Credentials::Bearer { token, .. } => self.by_token(attempt, token).await?,
        };
        match proof {
            Ok(proof) => self.admit(proof, attempt).await,
            Err(verdict) => Ok(verdict),
        }
    }

    fn takes(&self, _service: Service) -> Takes {
        Takes { scram: self.scram == Scram::Kept, bearer: self.bearer == Bearer::Offered }
    }

    /// A name without keys gets some that no password fits, and as fast as one with keys.
    async fn scram(&self, name: &str, service: Service) -> Result<Option<ScramKeys>, StoreError> {
        if self.scram == Scram::Off {
            return Ok(None);
        }
        let nobody = ScramSecret::of_nobody(self.server_secret().await?, &self.one_form(name));
        let known = match self.of_name(name).await? {
            Some(user) => self.keys_of(&user, service).await?,
            None => None,
        };
        Ok(Some(known.unwrap_or_else(|| ScramKeys {
            salt: nobody.salt.to_vec(),
            iterations: nobody.iterations,
            keys: vec![nobody.key("")],
            identity: None,
        })))
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
        let Some(Recipient { destination, label }) = Recipient::parse(address) else {
            return Ok(Route::Unknown);
        };
        let to = &self.spelled(destination);
        if let Some(user) = self.lookup(to).await? {
            return Ok(route(&user, label));
        }
        if let Some(targets) = self.forwarded(to).await? {
            return Ok(Route::Forward(targets));
        }
        let user = self.catcher(to).await?;
        Ok(user.map_or(Route::Unknown, |user| route(&user, label)))
    }
}

impl Accounts {
    /// A token at a service that speaks SASL: it acts as its user only, whatever name comes with it.
    async fn by_token(
        &self,
        attempt: &Attempt,
        token: &Secret,
    ) -> Result<Result<Proof, Verdict>, StoreError> {
        let found = self.token(token, attempt.service, attempt.peer).await?;
        let Some(Grant::User { account, scopes }) = found.map(|token| token.grant) else {
            return Ok(Err(Verdict::Rejected));
        };
        let user = self.store.user(account).await?;
        let proof = user.map(|user| Proof { user, scopes, app_password: None, is_half: false });
        Ok(proof.ok_or(Verdict::Rejected))
    }

    /// Wrong proofs are counted like wrong passwords; and those of the account password are refused
    /// like them when there were too many, because who has stolen no keys had to guess it.
    async fn by_proof(
        &self,
        attempt: &Attempt,
        name: &str,
        proven: Option<&Proven>,
    ) -> Result<Result<Proof, Verdict>, StoreError> {
        let user = self.of_name(name).await?;
        let subject = self.limiter.passwords(user.as_ref(), &self.one_form(name));
        let _turn = self.limiter.turn(&subject).await;
        let proof = match proven {
            Some(proven) => self.still_valid(proven).await?,
            None => None,
        };
        if let Some(proof) = proof.as_ref().filter(|proof| proof.app_password.is_some()) {
            return Ok(Ok(proof.clone()));
        }
        if let Some(verdict) = self.limiter.refuse(&subject, attempt.peer).await? {
            return Ok(Err(verdict));
        }
        match proof {
            Some(proof) => Ok(Ok(proof)),
            None => self.failed(&subject, user.as_ref(), attempt).await.map(Err),
        }
    }

    /// The password that was proven may have been revoked since its keys were given out.
    async fn still_valid(&self, proven: &Proven) -> Result<Option<Proof>, StoreError> {
        let Some(user) = self.store.user(proven.identity.account).await? else { return Ok(None) };
        if proven.credential.is_empty() {
            return self.of_account(user).await.map(Some);
        }
        let kept = self.valid_app_passwords(&user).await?;
        let found = kept.iter().find(|password| password.id == proven.credential);
        Ok(found.map(|password| Proof::of_app_password(user, password)))
    }

    /// The keys of all passwords of a user that are good for a service. With a second factor the
    /// account password is good for none.
    async fn keys_of(
        &self,
        user: &User,
        service: Service,
    ) -> Result<Option<ScramKeys>, StoreError> {
        let mut kept = self.valid_app_passwords(user).await?;
        kept.retain(|password| password.scopes.admits(service));
        let account = match self.second_factor(user.account).await? {
            SecondFactor::On => None,
            _ => user.profile.scram.as_ref().map(|keys| (keys, "")),
        };
        let apps = kept.iter().map(|password| (&password.keys, password.id.as_str()));
        let mut all: Vec<_> = apps.chain(account).collect();
        // Keys that an older release made have a salt of their own or another count, and stand back.
        all.sort_by_key(|(keys, _)| !keys.is_current());
        let Some((first, _)) = all.first() else { return Ok(None) };
        let fitting = all.iter().filter(|(keys, _)| keys.fits(first));
        Ok(Some(ScramKeys {
            salt: first.salt.to_vec(),
            iterations: first.iterations,
            keys: fitting.map(|(keys, credential)| keys.key(credential)).collect(),
            identity: Some(identity(user)),
        }))
    }
}

fn route(user: &User, label: Option<String>) -> Route {
    match user.profile.status {
        Status::Active | Status::Suspended => Route::Local { account: user.account, label },
        Status::Disabled => Route::Disabled,
    }
}
