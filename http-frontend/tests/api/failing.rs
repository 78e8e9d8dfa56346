//! Users that are out of reach when a test wants it.

use std::sync::Arc;

use async_trait::async_trait;
use contract::faults::{Interference, Mood, Moody};
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
    mood: Moody,
}

impl Failing {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// From now on.
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        self.mood.is_in(fault.map_or(Mood::Works, Mood::Fails));
    }

    async fn there(&self) -> Result<&MemoryAccounts, StoreError> {
        self.mood.before().await?;
        Ok(&self.users)
    }
}

#[async_trait]
impl AccountStore for Failing {
    async fn create(
        &self,
        profile: &Profile,
        addresses: &[Address],
    ) -> Result<Created, StoreError> {
        self.there().await?.create(profile, addresses).await
    }

    async fn update(&self, user: &User) -> Result<Option<User>, StoreError> {
        self.there().await?.update(user).await
    }

    async fn user(&self, account: AccountId) -> Result<Option<User>, StoreError> {
        self.there().await?.user(account).await
    }

    async fn named(&self, name: &Name) -> Result<Option<User>, StoreError> {
        self.there().await?.named(name).await
    }

    async fn users(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.there().await?.users(after, limit).await
    }

    async fn claim(&self, address: &Address, account: AccountId) -> Result<Claimed, StoreError> {
        self.there().await?.claim(address, account).await
    }

    async fn release(&self, address: &Address, account: AccountId) -> Result<bool, StoreError> {
        self.there().await?.release(address, account).await
    }

    async fn owner(&self, address: &Address) -> Result<Option<AccountId>, StoreError> {
        self.there().await?.owner(address).await
    }

    async fn secret(&self) -> Result<[u8; 32], StoreError> {
        self.there().await?.secret().await
    }

    async fn addresses(
        &self,
        account: AccountId,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, StoreError> {
        self.there().await?.addresses(account, after, limit).await
    }

    async fn records(
        &self,
        account: AccountId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.there().await?.records(account, prefix, after, limit).await
    }

    async fn swap(
        &self,
        account: AccountId,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<bool, StoreError> {
        self.there().await?.swap(account, old, new).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.there().await?.expire(now, limit).await
    }

    async fn delete(&self, account: AccountId) -> Result<bool, StoreError> {
        self.there().await?.delete(account).await
    }
}
