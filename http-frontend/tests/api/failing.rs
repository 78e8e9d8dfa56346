//! Users that are out of reach when a test wants it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mailstore::accounts::{
    AccountStore, Address, Claimed, Created, MemoryAccounts, Name, Profile, Record, User,
};
use mailstore::id::AccountId;
use mailstore::store::{Fault, StoreError};
use mailstore::time::Timestamp;

/// Users in memory; all calls fail while there is a fault.
#[derive(Debug, Default)]
pub(crate) struct Failing {
    users: MemoryAccounts,
    fault: Mutex<Option<Fault>>,
}

impl Failing {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// From now on.
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }

    fn there(&self) -> Result<&MemoryAccounts, StoreError> {
        match *self.fault.lock().unwrap() {
            Some(fault) => Err(StoreError::new(fault, "call", "on purpose")),
            None => Ok(&self.users),
        }
    }
}

#[async_trait]
impl AccountStore for Failing {
    async fn create(
        &self,
        profile: &Profile,
        addresses: &[Address],
    ) -> Result<Created, StoreError> {
        self.there()?.create(profile, addresses).await
    }

    async fn update(&self, user: &User) -> Result<Option<User>, StoreError> {
        self.there()?.update(user).await
    }

    async fn user(&self, account: AccountId) -> Result<Option<User>, StoreError> {
        self.there()?.user(account).await
    }

    async fn named(&self, name: &Name) -> Result<Option<User>, StoreError> {
        self.there()?.named(name).await
    }

    async fn users(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.there()?.users(after, limit).await
    }

    async fn claim(&self, address: &Address, account: AccountId) -> Result<Claimed, StoreError> {
        self.there()?.claim(address, account).await
    }

    async fn release(&self, address: &Address, account: AccountId) -> Result<bool, StoreError> {
        self.there()?.release(address, account).await
    }

    async fn owner(&self, address: &Address) -> Result<Option<AccountId>, StoreError> {
        self.there()?.owner(address).await
    }

    async fn secret(&self) -> Result<[u8; 32], StoreError> {
        self.there()?.secret().await
    }

    async fn addresses(
        &self,
        account: AccountId,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, StoreError> {
        self.there()?.addresses(account, after, limit).await
    }

    async fn records(
        &self,
        account: AccountId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.there()?.records(account, prefix, after, limit).await
    }

    async fn swap(
        &self,
        account: AccountId,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<bool, StoreError> {
        self.there()?.swap(account, old, new).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.there()?.expire(now, limit).await
    }

    async fn delete(&self, account: AccountId) -> Result<bool, StoreError> {
        self.there()?.delete(account).await
    }
}
