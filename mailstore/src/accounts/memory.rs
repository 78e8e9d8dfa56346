//! Accounts in memory: for tests, and for stores that live as long as their process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::record::end;
use super::{AccountStore, Address, Claimed, Created, Name, Profile, Record, User};
use crate::id::AccountId;
use crate::random;
use crate::store::StoreError;
use crate::time::Timestamp;

/// An [`AccountStore`] in memory. "Durable" means here: until it is dropped.
#[derive(Debug, Default)]
pub struct MemoryAccounts {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    last: i64,
    users: BTreeMap<AccountId, User>,
    names: BTreeMap<Name, AccountId>,
    addresses: BTreeMap<Address, AccountId>,
    records: BTreeMap<(AccountId, String), Record>,
    secret: Option<[u8; 32]>,
}

impl MemoryAccounts {
    /// No method leaves the tables half changed, so a poisoned lock loses nothing.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn create(&mut self, profile: &Profile, addresses: &[Address]) -> Result<Created, StoreError> {
        if self.names.contains_key(&profile.name) {
            return Ok(Created::NameTaken);
        }
        if let Some(taken) = addresses.iter().find(|address| self.addresses.contains_key(address)) {
            return Ok(Created::AddressTaken(taken.clone()));
        }
        let account = AccountId::new(self.last + 1)
            .ok_or_else(|| StoreError::unavailable("create user", "out of account numbers"))?;
        self.last = account.get();
        let user = User { account, version: 1, profile: profile.clone() };
        self.names.insert(profile.name.clone(), account);
        self.addresses.extend(addresses.iter().map(|address| (address.clone(), account)));
        self.users.insert(account, user.clone());
        Ok(Created::Done(user))
    }

    fn update(&mut self, user: &User) -> Option<User> {
        let kept = self.users.get_mut(&user.account).filter(|kept| kept.version == user.version)?;
        kept.profile = Profile { name: kept.profile.name.clone(), ..user.profile.clone() };
        kept.version += 1;
        Some(kept.clone())
    }

    fn claim(&mut self, address: &Address, account: AccountId) -> Claimed {
        if !self.users.contains_key(&account) {
            return Claimed::NoUser;
        }
        let owner = *self.addresses.entry(address.clone()).or_insert(account);
        if owner == account { Claimed::Done } else { Claimed::Taken }
    }

    fn swap(&mut self, account: AccountId, old: Option<&Record>, new: Option<&Record>) -> bool {
        let Some(key) = new.or(old).map(|record| record.key.clone()) else { return true };
        let held = account.get() == 0 || self.users.contains_key(&account);
        let place = (account, key);
        if !held || self.records.get(&place) != old {
            return false;
        }
        match new {
            Some(new) => self.records.insert(place, new.clone()),
            None => self.records.remove(&place),
        };
        true
    }

    fn expire(&mut self, now: Timestamp, limit: usize) -> usize {
        let is_over = |record: &Record| record.until.is_some_and(|until| until < now);
        let over = self.records.iter().filter(|(_, record)| is_over(record));
        let over: Vec<_> = over.map(|(place, _)| place.clone()).take(limit).collect();
        over.iter().for_each(|place| drop(self.records.remove(place)));
        over.len()
    }

    fn delete(&mut self, account: AccountId) -> bool {
        let Some(user) = self.users.remove(&account) else { return false };
        self.names.remove(&user.profile.name);
        self.addresses.retain(|_, owner| *owner != account);
        self.records.retain(|(owner, _), _| *owner != account);
        true
    }
}

#[async_trait]
impl AccountStore for MemoryAccounts {
    async fn create(
        &self,
        profile: &Profile,
        addresses: &[Address],
    ) -> Result<Created, StoreError> {
        self.tables().create(profile, addresses)
    }

    async fn update(&self, user: &User) -> Result<Option<User>, StoreError> {
        Ok(self.tables().update(user))
    }

    async fn user(&self, account: AccountId) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(&account).cloned())
    }

    async fn named(&self, name: &Name) -> Result<Option<User>, StoreError> {
        let tables = self.tables();
        Ok(tables.names.get(name).and_then(|account| tables.users.get(account)).cloned())
    }

    async fn users(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let tables = self.tables();
        let above = tables.users.range((from, Bound::Unbounded));
        Ok(above.take(limit).map(|(_, user)| user.clone()).collect())
    }

    async fn claim(&self, address: &Address, account: AccountId) -> Result<Claimed, StoreError> {
        Ok(self.tables().claim(address, account))
    }

    async fn release(&self, address: &Address, account: AccountId) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let owned = tables.addresses.get(address) == Some(&account);
        if owned {
            tables.addresses.remove(address);
        }
        Ok(owned)
    }

    async fn owner(&self, address: &Address) -> Result<Option<AccountId>, StoreError> {
        Ok(self.tables().addresses.get(address).copied())
    }

    async fn secret(&self) -> Result<[u8; 32], StoreError> {
        let drawn = random::secret()
            .map_err(|error| StoreError::unavailable("draw a secret", error.to_string()))?;
        Ok(*self.tables().secret.get_or_insert(drawn))
    }

    async fn addresses(
        &self,
        account: AccountId,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let tables = self.tables();
        let above = tables.addresses.range::<Address, _>((from, Bound::Unbounded));
        let own = above.filter(|(_, owner)| **owner == account);
        Ok(own.take(limit).map(|(address, _)| address.clone()).collect())
    }

    async fn records(
        &self,
        account: AccountId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let from = match after.filter(|after| *after >= prefix) {
            Some(after) => Bound::Excluded((account, after.to_owned())),
            None => Bound::Included((account, prefix.to_owned())),
        };
        let to = (account, end(prefix));
        let tables = self.tables();
        let found = tables.records.range((from, Bound::Unbounded));
        let found = found.take_while(|(place, _)| **place < to);
        Ok(found.take(limit).map(|(_, record)| record.clone()).collect())
    }

    async fn swap(
        &self,
        account: AccountId,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<bool, StoreError> {
        Ok(self.tables().swap(account, old, new))
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        Ok(self.tables().expire(now, limit))
    }

    async fn delete(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(self.tables().delete(account))
    }
}
