//! Security keys at sign-in: what they are asked, and whether they have answered that.

use std::net::IpAddr;

use super::SignIn;
use crate::accounts::challenge::Purpose;
use crate::accounts::security_key::KeyQuestion;
use crate::accounts::webauthn::{Assertion, KeyRefused};
use crate::accounts::{AccountError, Accounts, User};
use crate::store::StoreError;
use crate::store::directory::Verdict;

/// What a key is to be asked at sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAsked {
    /// The password is right: one of these keys is to answer that.
    Question(Box<KeyQuestion>),
    /// The password is right, and there is no key that could answer.
    NoKey,
    /// Not welcome, for that reason.
    Refused(Verdict),
}

impl Accounts {
    /// What one of a user's security keys is to be asked, for who has shown the account password.
    pub async fn ask_key(&self, shown: SignIn) -> Result<KeyAsked, AccountError> {
        let (proof, _) = match self.by_password(shown).await? {
            Ok(proven) => proven,
            Err(verdict) => return Ok(KeyAsked::Refused(verdict)),
        };
        if !proof.is_half || self.factors(proof.user.account).await?.security_keys == 0 {
            return Ok(KeyAsked::NoKey);
        }
        let question = self.question(&proof.user, Purpose::SignIn).await?;
        Ok(KeyAsked::Question(Box::new(question)))
    }

    /// What is wrong with what a key has answered, if it is not taken. A key that may have been copied
    /// is told apart, for its user and for the operator.
    pub(super) async fn wrong_key(
        &self,
        user: &User,
        said: &Assertion,
        peer: Option<IpAddr>,
    ) -> Result<Option<&'static str>, StoreError> {
        let account = user.account;
        match self.take_assertion(account, (said, peer)).await? {
            Ok(()) => Ok(None),
            Err(refused @ KeyRefused::COPIED) => {
                tracing::warn!(%account, %refused, "a sign-in by security key");
                Ok(Some("security key that may have been copied"))
            }
            Err(refused) => {
                tracing::info!(%account, %refused, "a sign-in by security key");
                Ok(Some("wrong security key"))
            }
        }
    }
}
