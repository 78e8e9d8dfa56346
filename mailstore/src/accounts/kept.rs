//! Records of one kind: how they are read, listed, put and taken away.

use super::record::Record;
use super::{AccountError, Accounts};
use crate::id::AccountId;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::random::Random;
use crate::store::StoreError;
use crate::time::Timestamp;

/// How often a change is tried again because another came between.
const TRIES: usize = 16;

/// What is kept under `KIND/id`.
pub(super) trait Kept: Sized + Send + Sync {
    /// What keys begin with, with a slash at the end.
    const KIND: &'static str;

    /// The rest of the key.
    fn id(&self) -> &str;

    /// When it may be forgotten.
    fn until(&self) -> Option<Timestamp>;

    fn pack(&self, packer: &mut Packer);

    fn unpack(account: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError>;
}

/// An id that nobody has: 64 random bits, in hexadecimal.
pub(super) fn new_id() -> String {
    format!("{:016x}", Random::draw().0 as u64)
}

fn key<K: Kept>(id: &str) -> String {
    format!("{}{id}", K::KIND)
}

fn to_record<K: Kept>(account: AccountId, kept: &K) -> Record {
    Record::pack(account, key::<K>(kept.id()), kept.until(), |packer| kept.pack(packer))
}

fn from_record<K: Kept>(account: AccountId, record: &Record) -> Result<K, StoreError> {
    let id = record.key.strip_prefix(K::KIND).unwrap_or_default();
    record.unpack(account, |from| K::unpack(account, id, from))
}

impl Accounts {
    async fn record(&self, account: AccountId, key: &str) -> Result<Option<Record>, StoreError> {
        // Of the keys that begin with this one it is the first.
        let found = self.store.records(account, key, None, 1).await?.pop();
        Ok(found.filter(|record| record.key == key))
    }

    /// That of an id. An id is what somebody may have made up: one with a strange character is
    /// nobody's.
    pub(super) async fn kept<K: Kept>(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<Option<K>, StoreError> {
        if !is_id(id) {
            return Ok(None);
        }
        let record = self.record(account, &key::<K>(id)).await?;
        record.map(|record| from_record(account, &record)).transpose()
    }

    /// At most `limit`, with ids above `after`, in ascending order.
    pub(super) async fn list_kept<K: Kept>(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<K>, StoreError> {
        let after = after.map(key::<K>);
        let records = self.store.records(account, K::KIND, after.as_deref(), limit).await?;
        records.iter().map(|record| from_record(account, record)).collect()
    }

    /// Puts one that is new, unless there are `most` already; of those that are put at once one too
    /// many may get in.
    pub(super) async fn keep<K: Kept>(
        &self,
        account: AccountId,
        new: &K,
        (what, most): (&'static str, usize),
    ) -> Result<(), AccountError> {
        if self.store.records(account, K::KIND, None, most).await?.len() >= most {
            return Err(AccountError::TooMany { what, limit: most });
        }
        match self.put_new(account, new).await? {
            true => Ok(()),
            false => Err(AccountError::NoSuchUser(account.to_string())),
        }
    }

    /// Puts one where there is none; `false` if there is one, or if there is no such user.
    pub(super) async fn put_new<K: Kept>(
        &self,
        account: AccountId,
        new: &K,
    ) -> Result<bool, StoreError> {
        self.store.swap(account, None, Some(&to_record(account, new))).await
    }

    /// Changes one, unless `apply` finds nothing to change and says `None`.
    pub(super) async fn alter<K: Kept>(
        &self,
        account: AccountId,
        id: &str,
        apply: impl Fn(&mut K) -> Option<()> + Send + Sync,
    ) -> Result<Option<K>, StoreError> {
        for _ in 0..TRIES {
            let Some(old) = self.record(account, &key::<K>(id)).await? else { return Ok(None) };
            let mut kept: K = from_record(account, &old)?;
            if apply(&mut kept).is_none() {
                return Ok(None);
            }
            let new = to_record(account, &kept);
            if self.store.swap(account, Some(&old), Some(&new)).await? {
                return Ok(Some(kept));
            }
        }
        Err(StoreError::contended("change record", "it is being changed by others"))
    }

    /// Takes one away; `false` if there is none.
    pub(super) async fn discard<K: Kept>(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let found = match is_id(id) {
                true => self.record(account, &key::<K>(id)).await?,
                false => None,
            };
            let Some(old) = found else { return Ok(false) };
            if self.store.swap(account, Some(&old), None).await? {
                return Ok(true);
            }
        }
        Err(StoreError::contended("remove record", "it is being changed by others"))
    }
}

/// Whether it may be the rest of a key.
fn is_id(id: &str) -> bool {
    id.len() <= Record::MAX_KEY / 2 && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A label that a user may give: short, and without control characters.
pub(super) fn label(text: &str) -> Result<String, AccountError> {
    const MOST: usize = 100;
    let text = text.trim();
    match text.len() <= MOST && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(AccountError::Label { limit: MOST }),
    }
}
