//! What a backend keeps for accounts.

use std::fmt;

use async_trait::async_trait;

use super::{Address, Name, Profile, Record, User};
use crate::id::AccountId;
use crate::store::StoreError;
use crate::time::Timestamp;

/// What became of [`AccountStore::create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The user is there.
    Done(User),
    /// Another user has that name. Nothing was written.
    NameTaken,
    /// Another user has that address. Nothing was written.
    AddressTaken(Address),
}

/// What became of [`AccountStore::claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The address is the user's, now or since before.
    Done,
    /// Another user has it.
    Taken,
    /// There is no such user.
    NoUser,
}

/// Where users and addresses are kept. It knows no rules but that names and addresses are unique;
/// what is answered has been written durably.
#[async_trait]
pub trait AccountStore: fmt::Debug + Send + Sync + 'static {
    /// Adds a user with its addresses, all or nothing. Its account is higher than any before, and
    /// its version is 1.
    async fn create(&self, profile: &Profile, addresses: &[Address])
    -> Result<Created, StoreError>;

    /// Replaces the profile of `user.account`, if it still has `user.version`, and counts the
    /// version up. `None` if it has moved on, or if there is no such user. The name stays what it
    /// was.
    async fn update(&self, user: &User) -> Result<Option<User>, StoreError>;

    /// The user of an account.
    async fn user(&self, account: AccountId) -> Result<Option<User>, StoreError>;

    /// The user of a name.
    async fn named(&self, name: &Name) -> Result<Option<User>, StoreError>;

    /// At most `limit` users with accounts above `after`, in ascending order.
    async fn users(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, StoreError>;

    /// Gives an address to a user.
    async fn claim(&self, address: &Address, account: AccountId) -> Result<Claimed, StoreError>;

    /// Takes an address from a user; `false` if the user did not have it.
    async fn release(&self, address: &Address, account: AccountId) -> Result<bool, StoreError>;

    /// Whose an address is.
    async fn owner(&self, address: &Address) -> Result<Option<AccountId>, StoreError>;

    /// Random bytes, drawn by the first who asks and the same ever after, for all who share the
    /// store.
    async fn secret(&self) -> Result<[u8; 32], StoreError>;

    /// At most `limit` addresses of a user above `after`, in ascending order.
    async fn addresses(
        &self,
        account: AccountId,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, StoreError>;

    /// At most `limit` records of an account whose keys begin with `prefix` and are above `after`, in
    /// ascending order.
    async fn records(
        &self,
        account: AccountId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// Puts `new` in the place of `old`, which has the same key: `None` stands for no record. `false`
    /// if something else is there than `old`, or if there is no such user; nothing was written then.
    /// Account 0, which is no user's, holds what belongs to nobody.
    async fn swap(
        &self,
        account: AccountId,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<bool, StoreError>;

    /// Removes at most `limit` records whose time was up before `now`. Returns how many.
    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Removes a user with its addresses and records, all at once; `false` if there is none. Its
    /// account is given to nobody else.
    async fn delete(&self, account: AccountId) -> Result<bool, StoreError>;
}
