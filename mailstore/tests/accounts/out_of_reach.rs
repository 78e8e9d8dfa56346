//! Users that are out of reach.

use super::*;

/// A store that is out of reach.
#[derive(Debug)]
struct Down;

#[async_trait]
impl AccountStore for Down {
    async fn create(&self, _: &Profile, _: &[Address]) -> Result<Created, StoreError> {
        Err(StoreError::unavailable("create user", "down"))
    }
    async fn update(&self, _: &User) -> Result<Option<User>, StoreError> {
        Err(StoreError::unavailable("update user", "down"))
    }
    async fn user(&self, _: AccountId) -> Result<Option<User>, StoreError> {
        Err(StoreError::unavailable("user", "down"))
    }
    async fn named(&self, _: &Name) -> Result<Option<User>, StoreError> {
        Err(StoreError::unavailable("named", "down"))
    }
    async fn users(&self, _: Option<AccountId>, _: usize) -> Result<Vec<User>, StoreError> {
        Err(StoreError::unavailable("users", "down"))
    }
    async fn claim(&self, _: &Address, _: AccountId) -> Result<Claimed, StoreError> {
        Err(StoreError::unavailable("claim", "down"))
    }
    async fn release(&self, _: &Address, _: AccountId) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("release", "down"))
    }
    async fn owner(&self, _: &Address) -> Result<Option<AccountId>, StoreError> {
        Err(StoreError::unavailable("owner", "down"))
    }
    async fn addresses(
        &self,
        _: AccountId,
        _: Option<&Address>,
        _: usize,
    ) -> Result<Vec<Address>, StoreError> {
        Err(StoreError::unavailable("addresses", "down"))
    }
    async fn secret(&self) -> Result<[u8; 32], StoreError> {
        Err(StoreError::unavailable("secret", "down"))
    }
    async fn records(
        &self,
        _: AccountId,
        _: &str,
        _: Option<&str>,
        _: usize,
    ) -> Result<Vec<Record>, StoreError> {
        Err(StoreError::unavailable("records", "down"))
    }
    async fn swap(
        &self,
        _: AccountId,
        _: Option<&Record>,
        _: Option<&Record>,
    ) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("swap", "down"))
    }
    async fn expire(&self, _: Timestamp, _: usize) -> Result<usize, StoreError> {
        Err(StoreError::unavailable("expire", "down"))
    }
    async fn delete(&self, _: AccountId) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("delete", "down"))
    }
}

/// Neither "no such user" nor "wrong password": mail is tried again, and nobody is turned away.
#[tokio::test]
async fn a_store_out_of_reach_is_not_an_answer() {
    let accounts = Accounts::new(Arc::new(Down));
    for address in ["alice", "alice@example.com"] {
        assert_eq!(accounts.route(address).await.unwrap_err().fault, Fault::Unavailable);
        let refused = accounts.authenticate(&attempt(address, "sesame")).await;
        assert_eq!(refused.unwrap_err().fault, Fault::Unavailable);
    }
}
