//! Users and addresses.

use std::sync::Arc;

use async_trait::async_trait;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;

use super::commit::end;
use super::document::{self, Fields, Read, binary, count, moment};
use super::failure::Failure;
use super::kept as record;
use super::retry::again_after;
use super::schema::{ADDRESSES, COUNTERS, USERS};
use super::store::Store;
use crate::accounts::{
    AccountStore, Address, Claimed, Created, Name, PasswordHash, Profile, Quota, Record,
    ScramSecret, Status, User,
};
use crate::id::AccountId;
use crate::store::StoreError;
use crate::time::Timestamp;

/// Users in MongoDB.
#[derive(Clone, Debug)]
pub struct MongoAccounts {
    store: Arc<Store>,
}

impl MongoAccounts {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Two that want the same name at once: one gets it, the other finds it taken.
    async fn create(&self, profile: &Profile, addresses: &[Address]) -> Result<Created, Failure> {
        let in_the_way = |failure: &Failure| failure.may_be_retried() || failure.is_duplicate();
        again_after(&self.store, in_the_way, || self.try_create(profile, addresses)).await
    }

    async fn try_create(
        &self,
        profile: &Profile,
        addresses: &[Address],
    ) -> Result<Created, Failure> {
        if self.user_where(doc! { "name": profile.name.as_str() }).await?.is_some() {
            return Ok(Created::NameTaken);
        }
        for address in addresses {
            if self.owner_of(address).await?.is_some() {
                return Ok(Created::AddressTaken(address.clone()));
            }
        }
        let mut session = self.store.begin().await?;
        let account = self.next_account(&mut session).await?;
        let user = User { account, version: 1, profile: profile.clone() };
        let users = self.store.collection(USERS);
        users.insert_one(user_to(&user)?).session(&mut session).await?;
        for address in addresses {
            let document = address_to(address, account)?;
            self.store.collection(ADDRESSES).insert_one(document).session(&mut session).await?;
        }
        end(&mut session).await?;
        Ok(Created::Done(user))
    }

    async fn next_account(&self, session: &mut ClientSession) -> Result<AccountId, Failure> {
        let (this, counters) = (doc! { "_id": "account" }, self.store.collection(COUNTERS));
        let counted = counters
            .find_one_and_update(this, doc! { "$inc": { "last": 1_i64 } })
            .return_document(ReturnDocument::After)
            .session(&mut *session)
            .await?;
        let last = match counted {
            Some(counted) => counted.get_i64("last").ok(),
            None => {
                // Of those who are the first at once one inserts it; the others begin again.
                let first = doc! { "_id": "account", "last": 1_i64 };
                counters.insert_one(first).session(session).await?;
                Some(1)
            }
        };
        let account = last.and_then(AccountId::new);
        account.ok_or_else(|| Failure::corrupt("the counter of accounts is no number"))
    }

    async fn user_where(&self, filter: Document) -> Result<Option<User>, Failure> {
        self.store.find_one(USERS, filter).await?.map(user_from).transpose()
    }

    async fn owner_of(&self, address: &Address) -> Result<Option<AccountId>, Failure> {
        let found = self.store.find_one(ADDRESSES, doc! { "_id": address.as_str() }).await?;
        Ok(found.map(address_from).transpose()?.map(|(_, account)| account))
    }

    async fn replace(&self, user: &User) -> Result<Option<User>, Failure> {
        let account = user.account.get();
        let Some(kept) = self.user_where(doc! { "account": account }).await? else {
            return Ok(None);
        };
        let mut changed = user.clone();
        changed.profile.name = kept.profile.name;
        changed.version += 1;
        let filter = doc! { "account": account, "version": count(user.version) };
        let users = self.store.collection(USERS);
        let done = users.replace_one(filter, user_to(&changed)?).await?;
        Ok((done.matched_count == 1).then_some(changed))
    }

    async fn list(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, Failure> {
        let after = after.map_or(-1, AccountId::get);
        let filter = doc! { "account": { "$gt": after } };
        let found = self.store.page(USERS, (filter, "account"), limit).await?;
        found.into_iter().map(user_from).collect()
    }

    /// The one that is kept, or, if there is none, this one from now on.
    ///
    /// Of those who ask at once one inserts, and all read what it was: an upsert that answers with
    /// the document may lose that race and answer with nothing.
    async fn keep_secret(&self, drawn: [u8; 32]) -> Result<[u8; 32], Failure> {
        loop {
            if let Some(kept) = self.store.find_one(COUNTERS, doc! { "_id": "secret" }).await? {
                return Fields::unsealed(kept, "secret").array("bytes");
            }
            let new = doc! { "_id": "secret", "bytes": binary(drawn) };
            if self.store.insert(COUNTERS, new).await? {
                return Ok(drawn);
            }
        }
    }

    async fn give(&self, address: &Address, account: AccountId) -> Result<Claimed, Failure> {
        if self.user_where(doc! { "account": account.get() }).await?.is_none() {
            return Ok(Claimed::NoUser);
        }
        loop {
            match self.owner_of(address).await? {
                Some(owner) if owner == account => return Ok(Claimed::Done),
                Some(_) => return Ok(Claimed::Taken),
                None => {}
            }
            let document = address_to(address, account)?;
            if self.store.insert(ADDRESSES, document).await? {
                return Ok(Claimed::Done);
            }
        }
    }

    async fn take(&self, address: &Address, account: AccountId) -> Result<bool, Failure> {
        let filter = doc! { "_id": address.as_str(), "account": account.get() };
        let done = self.store.collection(ADDRESSES).delete_one(filter).await?;
        Ok(done.deleted_count == 1)
    }

    async fn addresses_of(
        &self,
        account: AccountId,
        (after, limit): (Option<&Address>, usize),
    ) -> Result<Vec<Address>, Failure> {
        let after = doc! { "$gt": after.map_or("", Address::as_str) };
        let filter = doc! { "account": account.get(), "address": after };
        let found = self.store.page(ADDRESSES, (filter, "address"), limit).await?;
        found.into_iter().map(|document| Ok(address_from(document)?.0)).collect()
    }
}

#[async_trait]
impl AccountStore for MongoAccounts {
    async fn create(
        &self,
        profile: &Profile,
        addresses: &[Address],
    ) -> Result<Created, StoreError> {
        self.store.call("create user", self.create(profile, addresses)).await
    }

    async fn update(&self, user: &User) -> Result<Option<User>, StoreError> {
        self.store.call("update user", self.replace(user)).await
    }

    async fn secret(&self) -> Result<[u8; 32], StoreError> {
        let drawn = crate::random::secret()
            .map_err(|error| StoreError::unavailable("draw a secret", error.to_string()))?;
        self.store.call("draw a secret", self.keep_secret(drawn)).await
    }

    async fn user(&self, account: AccountId) -> Result<Option<User>, StoreError> {
        let filter = doc! { "account": account.get() };
        self.store.call("read user", self.user_where(filter)).await
    }

    async fn named(&self, name: &Name) -> Result<Option<User>, StoreError> {
        let filter = doc! { "name": name.as_str() };
        self.store.call("read user", self.user_where(filter)).await
    }

    async fn users(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.store.call("list users", self.list(after, limit)).await
    }

    async fn claim(&self, address: &Address, account: AccountId) -> Result<Claimed, StoreError> {
        self.store.call("claim address", self.give(address, account)).await
    }

    async fn release(&self, address: &Address, account: AccountId) -> Result<bool, StoreError> {
        self.store.call("release address", self.take(address, account)).await
    }

    async fn owner(&self, address: &Address) -> Result<Option<AccountId>, StoreError> {
        self.store.call("read address", self.owner_of(address)).await
    }

    async fn addresses(
        &self,
        account: AccountId,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, StoreError> {
        self.store.call("list addresses", self.addresses_of(account, (after, limit))).await
    }

    async fn records(
        &self,
        account: AccountId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let page = record::list(&self.store, account, (prefix, after), limit);
        self.store.call("list records", page).await
    }

    async fn swap(
        &self,
        account: AccountId,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<bool, StoreError> {
        self.store.call("change record", record::swap(&self.store, account, old, new)).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.store.call("expire records", record::expire(&self.store, now, limit)).await
    }

    async fn delete(&self, account: AccountId) -> Result<bool, StoreError> {
        self.store.call("delete user", record::delete(&self.store, account)).await
    }
}

fn user_to(user: &User) -> Read<Document> {
    let Profile { name, password, scram, status, quota, created } = &user.profile;
    let mut limits = Document::new();
    for (name, limit) in [("bytes", quota.bytes), ("messages", quota.messages)] {
        if let Some(limit) = limit {
            limits.insert(name, count(limit));
        }
    }
    let mut document = doc! {
        "_id": user.account.get(),
        "account": user.account.get(),
        "version": count(user.version),
        "name": name.as_str(),
        "status": status_to(*status),
        "quota": limits,
        "created": moment(*created),
    };
    if let Some(password) = password {
        document.insert("password", password.as_str());
    }
    if let Some(ScramSecret { salt, iterations, stored_key, server_key }) = scram {
        let scram = doc! {
            "salt": binary(*salt),
            "iterations": i64::from(*iterations),
            "storedKey": binary(*stored_key),
            "serverKey": binary(*server_key),
        };
        document.insert("scram", scram);
    }
    document::seal(document)
}

fn user_from(document: Document) -> Read<User> {
    let fields = document::open(document, "user")?;
    let quota = fields.inner("quota")?;
    let password =
        fields.optional("password", |fields, name| fields.text(name).map(str::to_owned))?;
    let profile = Profile {
        name: Name::new(fields.text("name")?).map_err(|_| fields.wrong("name"))?,
        password: password.map(PasswordHash::from_text),
        scram: fields.optional("scram", scram_from)?,
        status: status_from(fields.text("status")?).ok_or_else(|| fields.wrong("status"))?,
        quota: Quota {
            bytes: quota.optional("bytes", Fields::bits)?,
            messages: quota.optional("messages", Fields::bits)?,
        },
        created: fields.moment("created")?,
    };
    let account = AccountId::new(fields.i64("account")?).ok_or_else(|| fields.wrong("account"))?;
    Ok(User { account, version: fields.u64("version")?, profile })
}

fn scram_from(fields: &Fields, name: &str) -> Read<ScramSecret> {
    let scram = fields.inner(name)?;
    Ok(ScramSecret {
        salt: scram.array("salt")?,
        iterations: scram.u32("iterations")?,
        stored_key: scram.array("storedKey")?,
        server_key: scram.array("serverKey")?,
    })
}

const STATUSES: [(Status, &str); 3] =
    [(Status::Active, "active"), (Status::Disabled, "disabled"), (Status::Suspended, "suspended")];

fn status_to(status: Status) -> &'static str {
    STATUSES.iter().find(|(known, _)| *known == status).map_or("", |(_, name)| name)
}

fn status_from(name: &str) -> Option<Status> {
    STATUSES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
}

fn address_to(address: &Address, account: AccountId) -> Read<Document> {
    document::seal(doc! {
        "_id": address.as_str(),
        "address": address.as_str(),
        "account": account.get(),
    })
}

fn address_from(document: Document) -> Read<(Address, AccountId)> {
    let fields = document::open(document, "address")?;
    let address = Address::new(fields.text("address")?).map_err(|_| fields.wrong("address"))?;
    let account = AccountId::new(fields.i64("account")?).ok_or_else(|| fields.wrong("account"))?;
    Ok((address, account))
}
