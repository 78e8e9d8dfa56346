//! Account stores that are broken on purpose are found out.
#![allow(clippy::unwrap_used, reason = "tests")]

/// Each fault, and a rule that finds it.
mod broken {
    use std::sync::Arc;

    use async_trait::async_trait;
    use contract::accounts as rules;
    use mailstore::accounts::{
        AccountStore, Address, Claimed, Created, MemoryAccounts, Name, Profile, Record, User,
    };
    use mailstore::id::AccountId;
    use mailstore::store::StoreError;
    use mailstore::time::Timestamp;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fault {
        /// Writes over what others have written.
        LostUpdate,
        /// Adds the user before it looks at the addresses.
        TornCreate,
        /// Lets anybody take an address away.
        OpenRelease,
        /// Does not look at what a record was before.
        BlindSwap,
    }

    #[derive(Debug)]
    struct Broken(MemoryAccounts, Fault);

    fn broken(fault: Fault) -> Arc<dyn AccountStore> {
        Arc::new(Broken(MemoryAccounts::default(), fault))
    }

    #[tokio::test]
    #[should_panic(expected = "assertion `left == right` failed")]
    async fn a_lost_update_is_found() {
        rules::a_stale_update_changes_nothing(broken(Fault::LostUpdate)).await;
    }

    #[tokio::test]
    #[should_panic(expected = "assertion `left == right` failed")]
    async fn a_torn_create_is_found() {
        rules::nothing_of_a_refused_user_is_kept(broken(Fault::TornCreate)).await;
    }

    #[tokio::test]
    #[should_panic(expected = "assertion failed: !store.release")]
    async fn an_open_release_is_found() {
        rules::only_the_owner_releases(broken(Fault::OpenRelease)).await;
    }

    #[tokio::test]
    #[should_panic(expected = "assertion failed: !store.swap")]
    async fn a_blind_swap_is_found() {
        rules::only_what_was_read_is_replaced(broken(Fault::BlindSwap)).await;
    }

    #[async_trait]
    impl AccountStore for Broken {
        async fn create(
            &self,
            profile: &Profile,
            addresses: &[Address],
        ) -> Result<Created, StoreError> {
            if self.1 != Fault::TornCreate {
                return self.0.create(profile, addresses).await;
            }
            let created = self.0.create(profile, &[]).await?;
            let Created::Done(user) = &created else { return Ok(created) };
            for address in addresses {
                if self.0.claim(address, user.account).await? == Claimed::Taken {
                    return Ok(Created::AddressTaken(address.clone()));
                }
            }
            Ok(created)
        }

        async fn update(&self, user: &User) -> Result<Option<User>, StoreError> {
            let mut user = user.clone();
            if self.1 == Fault::LostUpdate {
                user.version = self.0.user(user.account).await?.map_or(0, |kept| kept.version);
            }
            self.0.update(&user).await
        }

        async fn release(&self, address: &Address, account: AccountId) -> Result<bool, StoreError> {
            let account = match self.1 {
                Fault::OpenRelease => self.0.owner(address).await?.unwrap_or(account),
                _ => account,
            };
            self.0.release(address, account).await
        }

        async fn user(&self, account: AccountId) -> Result<Option<User>, StoreError> {
            self.0.user(account).await
        }

        async fn named(&self, name: &Name) -> Result<Option<User>, StoreError> {
            self.0.named(name).await
        }

        async fn users(
            &self,
            after: Option<AccountId>,
            limit: usize,
        ) -> Result<Vec<User>, StoreError> {
            self.0.users(after, limit).await
        }

        async fn claim(
            &self,
            address: &Address,
            account: AccountId,
        ) -> Result<Claimed, StoreError> {
            self.0.claim(address, account).await
        }

        async fn owner(&self, address: &Address) -> Result<Option<AccountId>, StoreError> {
            self.0.owner(address).await
        }

        async fn addresses(
            &self,
            account: AccountId,
            after: Option<&Address>,
            limit: usize,
        ) -> Result<Vec<Address>, StoreError> {
            self.0.addresses(account, after, limit).await
        }

        async fn secret(&self) -> Result<[u8; 32], StoreError> {
            self.0.secret().await
        }

        async fn records(
            &self,
            account: AccountId,
            prefix: &str,
            after: Option<&str>,
            limit: usize,
        ) -> Result<Vec<Record>, StoreError> {
            self.0.records(account, prefix, after, limit).await
        }

        async fn swap(
            &self,
            account: AccountId,
            old: Option<&Record>,
            new: Option<&Record>,
        ) -> Result<bool, StoreError> {
            if self.1 != Fault::BlindSwap {
                return self.0.swap(account, old, new).await;
            }
            let Some(record) = new.or(old) else { return Ok(true) };
            let found = self.0.records(account, &record.key, None, 1).await?.pop();
            self.0.swap(account, found.as_ref(), new).await
        }

        async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
            self.0.expire(now, limit).await
        }

        async fn delete(&self, account: AccountId) -> Result<bool, StoreError> {
            self.0.delete(account).await
        }
    }
}
