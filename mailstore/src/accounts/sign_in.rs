//! Signing in to the account itself: by the HTTP API, with the second factor where there is one.

#[cfg(feature = "webauthn")]
mod by_key;

use std::net::IpAddr;

use super::login::Proof;
use super::{Accounts, Event, Factors, Scope, Scopes, SecondFactor, User};
#[cfg(feature = "webauthn")]
pub use by_key::KeyAsked;

use crate::store::StoreError;
use crate::store::directory::{Attempt, Credentials, Secret, Service, Verdict};

/// What somebody shows who wants to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The login name, or an address.
    pub name: String,
    /// The account password, or an application password for HTTP.
    pub password: Secret,
    /// What is shown of the second factor, once it was asked for.
    pub factor: Option<SecondProof>,
    /// From where.
    pub peer: Option<IpAddr>,
}

/// What somebody shows of a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecondProof {
    /// A code of an authenticator app, or a recovery code.
    Code(String),
    /// What a security key has answered to what it [was asked](Accounts::ask_key).
    #[cfg(feature = "webauthn")]
    Key(super::Assertion),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignedIn {
    /// Welcome.
    Welcome {
        /// The user.
        user: Box<User>,
        /// What may be done.
        scopes: Scopes,
    },
    /// The password is right, and one of these second factors is wanted with it.
    FactorWanted(Factors),
    /// Not welcome, for that reason.
    Refused(Verdict),
}

impl Accounts {
    /// Signs somebody in. With the account password one may do everything at the HTTP API, with an
    /// application password what its scopes say.
    pub async fn sign_in(&self, shown: SignIn) -> Result<SignedIn, StoreError> {
        let (factor, peer) = (shown.factor.clone(), shown.peer);
        let (mut proof, attempt) = match self.by_password(shown).await? {
            Ok(proven) => proven,
            Err(verdict) => return Ok(SignedIn::Refused(verdict)),
        };
        if proof.is_half {
            let Some(factor) = factor else {
                let factors = self.factors(proof.user.account).await?;
                return Ok(SignedIn::FactorWanted(factors));
            };
            if let Some(verdict) = self.refuse_factor(&proof.user, &factor, peer).await? {
                return Ok(SignedIn::Refused(verdict));
            }
            proof.is_half = false;
            proof.scopes = [Scope::Http, Scope::HttpRead, Scope::Master].into_iter().collect();
        }
        self.welcome(proof, &attempt).await
    }

    /// What the password that is shown proves, whatever else is.
    async fn by_password(
        &self,
        shown: SignIn,
    ) -> Result<Result<(Proof, Attempt), Verdict>, StoreError> {
        let SignIn { name, password, peer, .. } = shown;
        let credentials = Credentials::Plain { name: name.clone(), password: password.clone() };
        let attempt = Attempt { service: Service::Http, peer, authzid: None, credentials };
        let proven = self.proven(&attempt, &name, &password).await?;
        Ok(proven.map(|proof| (proof, attempt)))
    }

    async fn welcome(&self, proof: Proof, attempt: &Attempt) -> Result<SignedIn, StoreError> {
        let (user, scopes) = (Box::new(proof.user.clone()), proof.scopes);
        Ok(match self.admit(proof, attempt).await? {
            Verdict::Accepted(_) => SignedIn::Welcome { user, scopes },
            verdict => SignedIn::Refused(verdict),
        })
    }

    /// Why what is shown of a second factor is not taken, if it is not. Of one user one is looked at
    /// at a time, and only so many wrong ones.
    async fn refuse_factor(
        &self,
        user: &User,
        factor: &SecondProof,
        peer: Option<IpAddr>,
    ) -> Result<Option<Verdict>, StoreError> {
        let subject = self.limiter.codes(user);
        let _turn = self.limiter.turn(&subject).await;
        if let Some(verdict) = self.limiter.refuse(&subject, peer).await? {
            return Ok(Some(verdict));
        }
        let wrong = match factor {
            SecondProof::Code(code) => self.wrong_code(user, code, peer).await?,
            #[cfg(feature = "webauthn")]
            SecondProof::Key(said) => self.wrong_key(user, said, peer).await?,
        };
        let Some(wrong) = wrong else { return Ok(None) };
        self.limiter.wrong(&subject, peer).await?;
        self.note_failure(user, Service::Http, peer, wrong);
        Ok(Some(Verdict::Rejected))
    }

    async fn wrong_code(
        &self,
        user: &User,
        code: &str,
        peer: Option<IpAddr>,
    ) -> Result<Option<&'static str>, StoreError> {
        let right = self.take_code(user, code, SecondFactor::On).await?
            || self.take_recovery_code(user, code, peer).await?;
        Ok((!right).then_some("wrong code"))
    }

    /// Logs a failure beside the answer, which takes no longer for a user than for nobody.
    pub(super) fn note_failure(
        &self,
        user: &User,
        service: Service,
        peer: Option<IpAddr>,
        what: &'static str,
    ) {
        let (accounts, account) = (self.clone(), user.account);
        tokio::spawn(async move {
            let at = (Some(service), peer);
            accounts.note(account, Event::LoginFailed, at, what).await;
        });
    }
}
