//! Signing in to the account itself: by the HTTP API, with the second factor where there is one.

use std::net::IpAddr;

use super::limits::Subject;
use super::login::Proof;
use super::{Accounts, Event, Scope, Scopes, SecondFactor, User};
use crate::store::StoreError;
use crate::store::directory::{Attempt, Credentials, Secret, Service, Verdict};

/// What somebody shows who wants to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The login name, or an address.
    pub name: String,
    /// The account password, or an application password for HTTP.
    pub password: Secret,
    /// The code of the second factor, once it was asked for; or a recovery code.
    pub code: Option<String>,
    /// From where.
    pub peer: Option<IpAddr>,
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
    /// The password is right, and a code of the second factor is wanted with it.
    CodeWanted,
    /// Not welcome, for that reason.
    Refused(Verdict),
}

impl Accounts {
    /// Signs somebody in. With the account password one may do everything at the HTTP API, with an
    /// application password what its scopes say.
    pub async fn sign_in(&self, shown: SignIn) -> Result<SignedIn, StoreError> {
        let SignIn { name, password, code, peer } = shown;
        let credentials = Credentials::Plain { name, password };
        let attempt = Attempt { service: Service::Http, peer, authzid: None, credentials };
        let Credentials::Plain { name, password } = &attempt.credentials else {
            return Ok(SignedIn::Refused(Verdict::Rejected));
        };
        let mut proof = match self.proven(&attempt, name, password).await? {
            Ok(proof) => proof,
            Err(verdict) => return Ok(SignedIn::Refused(verdict)),
        };
        if proof.is_half {
            let Some(code) = code else { return Ok(SignedIn::CodeWanted) };
            if let Some(verdict) = self.refuse_code(&proof.user, &code, peer).await? {
                return Ok(SignedIn::Refused(verdict));
            }
            proof.is_half = false;
            proof.scopes = [Scope::Http, Scope::HttpRead, Scope::Master].into_iter().collect();
        }
        self.welcome(proof, &attempt).await
    }

    async fn welcome(&self, proof: Proof, attempt: &Attempt) -> Result<SignedIn, StoreError> {
        let (user, scopes) = (Box::new(proof.user.clone()), proof.scopes);
        Ok(match self.admit(proof, attempt).await? {
            Verdict::Accepted(_) => SignedIn::Welcome { user, scopes },
            verdict => SignedIn::Refused(verdict),
        })
    }

    /// Why a code is not taken, if it is not. Codes are looked at one at a time, and only so many
    /// wrong ones.
    async fn refuse_code(
        &self,
        user: &User,
        code: &str,
        peer: Option<IpAddr>,
    ) -> Result<Option<Verdict>, StoreError> {
        let subject: Subject = self.limiter.codes(user);
        let _turn = self.limiter.turn(&subject).await;
        if let Some(verdict) = self.limiter.refuse(&subject, peer).await? {
            return Ok(Some(verdict));
        }
        if self.take_code(user, code, SecondFactor::On).await?
            || self.take_recovery_code(user, code, peer).await?
        {
            return Ok(None);
        }
        self.limiter.wrong(&subject, peer).await?;
        self.note_failure(user, Service::Http, peer, "wrong code");
        Ok(Some(Verdict::Rejected))
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
