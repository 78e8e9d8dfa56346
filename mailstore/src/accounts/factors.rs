//! The second factors of a user, whichever they are: codes of an app, security keys, and recovery codes
//! for who has lost those.

use super::{AccountError, Accounts, Event, SecondFactor};
use crate::id::AccountId;
use crate::store::StoreError;

/// What the keys of the records of all second factors begin with, and those of security keys. A user
/// who has one has a second factor, also where this library is built without what checks it.
pub(super) const FACTOR: &str = "factor/";
pub(super) const FACTOR_KEY: &str = "factor/key-";
/// As many records of second factors as are looked at.
const MOST: usize = 100;

/// What a user has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    /// Whether codes of an authenticator app are asked for.
    pub codes: SecondFactor,
    /// How many security keys there are.
    pub security_keys: usize,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
}

impl Factors {
    /// Whether there is a second factor at all.
    pub fn state(&self) -> SecondFactor {
        match self.security_keys {
            0 => self.codes,
            _ => SecondFactor::On,
        }
    }
}

impl Accounts {
    /// Whether a user has a second factor: codes or security keys.
    pub async fn second_factor(&self, account: AccountId) -> Result<SecondFactor, StoreError> {
        let first = self.store.records(account, FACTOR, None, 1).await?.pop();
        match first {
            Some(record) if record.key.starts_with(FACTOR_KEY) => Ok(SecondFactor::On),
            Some(_) => self.totp(account).await,
            None => Ok(SecondFactor::Off),
        }
    }

    /// Which second factors a user has.
    pub async fn factors(&self, account: AccountId) -> Result<Factors, StoreError> {
        Ok(Factors {
            codes: self.totp(account).await?,
            security_keys: self.store.records(account, FACTOR_KEY, None, MOST).await?.len(),
            recovery_codes: self.recovery_codes(account).await?,
        })
    }

    /// Takes away codes, security keys and recovery codes, for one who has lost them; `false` if there
    /// was no second factor.
    pub async fn disable_second_factor(&self, account: AccountId) -> Result<bool, AccountError> {
        let mut gone = self.disable_totp(account).await?;
        for key in self.store.records(account, FACTOR_KEY, None, MOST).await? {
            if self.store.swap(account, Some(&key), None).await? {
                let id = &key.key[FACTOR_KEY.len()..];
                self.note_change(account, Event::SecurityKeyRemoved, id).await;
                gone = true;
            }
        }
        self.recover_nothing(account).await?;
        Ok(gone)
    }

    /// Takes the recovery codes away, unless there is something that they stand in for.
    pub(super) async fn recover_nothing(&self, account: AccountId) -> Result<(), StoreError> {
        match self.second_factor(account).await? {
            SecondFactor::On => Ok(()),
            _ => self.discard_recovery_codes(account).await,
        }
    }
}
