//! Logging in with a name and a password, whichever of its passwords a user shows.

use std::time::Instant;

use super::app_password::{AppPassword, spelled};
use super::limits::Subject;
use super::service::destination;
use super::{
    Accounts, Event, PasswordHash, Scopes, Scram, ScramSecret, SecondFactor, Status, Used, User,
};
use crate::store::StoreError;
use crate::store::directory::{Attempt, Identity, Secret, Verdict};
use crate::time::Timestamp;

/// Who somebody is, and what the password that was shown is good for.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    pub(super) user: User,
    pub(super) scopes: Scopes,
    /// The id of the application password; `None` for what is no such.
    pub(super) app_password: Option<String>,
    /// Whether a second factor is still wanted.
    pub(super) is_half: bool,
}

impl Proof {
    pub(super) fn of_app_password(user: User, password: &AppPassword) -> Self {
        let app_password = Some(password.id.clone());
        Self { user, scopes: password.scopes, app_password, is_half: false }
    }

    /// What stands in the log.
    fn what(&self) -> String {
        match &self.app_password {
            Some(id) => format!("application password {id}"),
            None => "password".to_owned(),
        }
    }
}

impl Accounts {
    /// The user of that name, if this is one of the user's passwords; or why not. All that is wrong
    /// takes one path: what is computed depends on how the password looks, and never on who has that
    /// name.
    ///
    /// Application passwords come before the limit, so that nobody locks out a user's programs by
    /// guessing: they cannot be guessed.
    pub(super) async fn proven(
        &self,
        attempt: &Attempt,
        name: &str,
        password: &Secret,
    ) -> Result<Result<Proof, Verdict>, StoreError> {
        let user = self.of_name(name).await?;
        let subject = self.limiter.passwords(user.as_ref(), &self.one_form(name));
        let _turn = self.limiter.turn(&subject).await;
        if let Some(spelled) = spelled(password)
            && let Some(proof) = self.by_app_password(user.as_ref(), name, &spelled).await?
        {
            return Ok(Ok(proof));
        }
        if let Some(verdict) = self.limiter.refuse(&subject, attempt.peer).await? {
            return Ok(Err(verdict));
        }
        if let Some(proof) = self.by_account_password(user.clone(), password).await? {
            return Ok(Ok(proof));
        }
        self.failed(&subject, user.as_ref(), attempt).await.map(Err)
    }

    /// Counts and logs a failure.
    pub(super) async fn failed(
        &self,
        subject: &Subject,
        user: Option<&User>,
        attempt: &Attempt,
    ) -> Result<Verdict, StoreError> {
        self.limiter.wrong(subject, attempt.peer).await?;
        if let Some(user) = user {
            self.note_failure(user, attempt.service, attempt.peer, "wrong password");
        }
        Ok(Verdict::Rejected)
    }

    /// What the account password is good for: less than everything where there is a second factor.
    pub(super) async fn of_account(&self, user: User) -> Result<Proof, StoreError> {
        let is_half = self.second_factor(user.account).await? == SecondFactor::On;
        Ok(Proof { user, scopes: Scopes::all(), app_password: None, is_half })
    }

    async fn by_app_password(
        &self,
        user: Option<&User>,
        name: &str,
        password: &Secret,
    ) -> Result<Option<Proof>, StoreError> {
        let kept = match user {
            Some(user) => self.valid_app_passwords(user).await?,
            None => Vec::new(),
        };
        if let Some(user) = user
            && let Some(known) = kept.iter().find(|kept| self.knows(user, kept, password))
        {
            return Ok(Some(Proof::of_app_password(user.clone(), known)));
        }
        let name = user.map_or_else(|| self.one_form(name), |user| user.profile.name.to_string());
        let shown = self.shown(password, self.salt(&name).await?, &kept).await?;
        let is_shown = |kept: &&AppPassword| shown.iter().any(|shown| kept.keys.is(shown));
        let Some((user, right)) = user.zip(kept.iter().find(is_shown)) else {
            return Ok(None);
        };
        let trace = self.verified.trace(user.account, &mark(right), password);
        self.verified.remember(trace, Instant::now());
        Ok(Some(Proof::of_app_password(user.clone(), right)))
    }

    /// What is kept of a password: as this release makes it, and as older ones made it if the user has
    /// application passwords of theirs.
    async fn shown(
        &self,
        password: &Secret,
        salt: [u8; 16],
        kept: &[AppPassword],
    ) -> Result<Vec<ScramSecret>, StoreError> {
        let mut shown = vec![self.hasher.scram(password, salt).await?];
        for AppPassword { keys, .. } in kept {
            if !shown.iter().any(|shown| shown.fits(keys)) {
                shown.push(self.hasher.scram_like(password, keys).await?);
            }
        }
        Ok(shown)
    }

    /// Whether it was found to be this application password within the last minute.
    fn knows(&self, user: &User, kept: &AppPassword, password: &Secret) -> bool {
        let trace = self.verified.trace(user.account, &mark(kept), password);
        self.verified.knows(&trace, Instant::now())
    }

    async fn by_account_password(
        &self,
        user: Option<User>,
        password: &Secret,
    ) -> Result<Option<Proof>, StoreError> {
        let known = user.and_then(|user| user.profile.password.clone().map(|hash| (user, hash)));
        match known {
            Some((user, hash)) => match self.matches(&user, &hash, password).await? {
                true => self.of_account(user).await.map(Some),
                false => Ok(None),
            },
            None => self.hasher.verify(&PasswordHash::nobody(), password).await.map(|_| None),
        }
    }

    pub(super) async fn of_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        match self.name(name) {
            Ok(name) => self.lookup(&destination(name)).await,
            Err(_) => Ok(None),
        }
    }

    /// A password found right by its hash leaves what is to be kept of it.
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
            self.refresh(user, hash, password).await?;
            self.verified.remember(trace, Instant::now());
        }
        Ok(right)
    }

    /// Makes anew what is kept of a password that was found right, where it is not as this release
    /// makes it: a hash that came from elsewhere, keys for SCRAM that are missing, or have another
    /// salt than the user's or another count. If somebody else changes the user at the same time,
    /// it is done at a later login.
    async fn refresh(
        &self,
        user: &User,
        hash: &PasswordHash,
        password: &Secret,
    ) -> Result<(), StoreError> {
        let salt = self.salt(user.profile.name.as_str()).await?;
        let fits = |keys: &ScramSecret| keys.salt == salt && keys.is_current();
        let has_keys = user.profile.scram.as_ref().is_some_and(fits);
        let wants_keys = self.scram == Scram::Kept && !has_keys;
        if !wants_keys && hash.is_current() {
            return Ok(());
        }
        let mut user = user.clone();
        if wants_keys {
            user.profile.scram = Some(self.hasher.scram(password, salt).await?);
        }
        if !hash.is_current() {
            user.profile.password = Some(self.hasher.hash(password).await?);
        }
        self.store.update(&user).await.map(drop)
    }

    /// What somebody who has shown a right password may do: be himself, at the services that the
    /// password is for, while he is not disabled.
    pub(super) async fn admit(
        &self,
        proof: Proof,
        attempt: &Attempt,
    ) -> Result<Verdict, StoreError> {
        let user = &proof.user;
        if user.profile.status != Status::Active {
            return Ok(Verdict::Disabled);
        }
        let authzid = attempt.authzid.as_deref().filter(|other| !other.is_empty());
        let allowed = !proof.is_half
            && proof.scopes.admits(attempt.service)
            && match authzid {
                Some(other) => self.is(user, other).await?,
                None => true,
            };
        if !allowed {
            self.note_failure(user, attempt.service, attempt.peer, "not allowed there");
            return Ok(Verdict::Forbidden);
        }
        self.note_login(&proof, attempt).await?;
        Ok(Verdict::Accepted(identity(user)))
    }

    /// Once in some minutes for each password and service.
    async fn note_login(&self, proof: &Proof, attempt: &Attempt) -> Result<(), StoreError> {
        let (account, service, peer) = (proof.user.account, attempt.service, attempt.peer);
        let what = proof.what();
        if !self.verified.is_news(account, &format!("{service:?} {peer:?} {what}"), Instant::now())
        {
            return Ok(());
        }
        if let Some(id) = &proof.app_password {
            let used = Used { at: Timestamp::now(), peer, service };
            self.note_app_password(account, id, used).await?;
        }
        self.note(account, Event::LoggedIn, (Some(service), peer), &what).await;
        Ok(())
    }

    async fn is(&self, user: &User, name: &str) -> Result<bool, StoreError> {
        let Ok(name) = self.name(name) else { return Ok(false) };
        let named = self.lookup(&destination(name)).await?;
        Ok(named.is_some_and(|named| named.account == user.account))
    }
}

/// What stands for an application password among those found right a moment ago: another for each.
fn mark(password: &AppPassword) -> PasswordHash {
    PasswordHash::from_text(format!("application password {}", password.id))
}

pub(super) fn identity(user: &User) -> Identity {
    Identity { account: user.account, name: user.profile.name.as_str().to_owned() }
}
