//! Records of users: one document each.

use mongodb::bson::{Document, doc};

use super::commit::end as commit;
use super::document::{self, Read, binary, moment};
use super::failure::Failure;
use super::retry::again_after;
use super::schema::{ADDRESSES, RECORDS, USERS};
use super::store::Store;
use crate::accounts::{Record, end};
use crate::id::AccountId;
use crate::time::Timestamp;

/// A page of records: those with keys that begin with `prefix` and are above `after`.
pub(super) async fn list(
    store: &Store,
    account: AccountId,
    (prefix, after): (&str, Option<&str>),
    limit: usize,
) -> Result<Vec<Record>, Failure> {
    let mut keys = doc! { "$gte": prefix, "$lt": end(prefix) };
    if let Some(after) = after {
        keys.insert("$gt", after);
    }
    let filter = doc! { "account": account.get(), "key": keys };
    store.page(RECORDS, (filter, "key"), limit).await?.into_iter().map(from).collect()
}

fn to(account: AccountId, record: &Record) -> Read<Document> {
    let mut document = doc! {
        "_id": document::id(account, &[record.key.as_bytes()]),
        "account": account.get(),
        "key": &record.key,
        "value": binary(record.value.clone()),
    };
    if let Some(until) = record.until {
        document.insert("until", moment(until));
    }
    document::seal(document)
}

fn from(document: Document) -> Read<Record> {
    let fields = document::open(document, "record")?;
    Ok(Record {
        key: fields.text("key")?.to_owned(),
        value: fields.bytes("value")?.to_vec(),
        until: fields.optional("until", |fields, name| fields.moment(name))?,
    })
}

/// The document of a record, as long as it is still that.
fn same(account: AccountId, record: &Record) -> Read<Document> {
    let until = record.until.map(moment);
    Ok(doc! {
        "_id": document::id(account, &[record.key.as_bytes()]),
        "account": account.get(),
        "value": binary(record.value.clone()),
        "until": until.unwrap_or_else(|| doc! { "$exists": false }.into()),
    })
}

/// Puts `new` in the place of `old`. Who loses a race finds something else there.
pub(super) async fn swap(
    store: &Store,
    account: AccountId,
    old: Option<&Record>,
    new: Option<&Record>,
) -> Result<bool, Failure> {
    let user = doc! { "account": account.get() };
    if account.get() != 0 && store.find_one(USERS, user).await?.is_none() {
        return Ok(false);
    }
    let records = store.collection(RECORDS);
    match (old, new) {
        (None, None) => Ok(true),
        (None, Some(new)) => store.insert(RECORDS, to(account, new)?).await,
        (Some(old), Some(new)) => {
            let done = records.replace_one(same(account, old)?, to(account, new)?).await?;
            Ok(done.matched_count == 1)
        }
        (Some(old), None) => Ok(records.delete_one(same(account, old)?).await?.deleted_count == 1),
    }
}

/// Removes records whose time was up before `now`.
pub(super) async fn expire(store: &Store, now: Timestamp, limit: usize) -> Result<usize, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    if limit == 0 {
        return Ok(0);
    }
    let over = doc! { "until": { "$lt": moment(now) } };
    let records = store.collection(RECORDS);
    let mut found = records.find(over.clone()).projection(doc! { "_id": 1 }).limit(limit).await?;
    let mut ids = Vec::new();
    while found.advance().await? {
        let document: Document = found.deserialize_current()?;
        ids.extend(document.get("_id").cloned());
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let mut filter = over;
    filter.insert("_id", doc! { "$in": ids });
    let done = records.delete_many(filter).await?;
    Ok(usize::try_from(done.deleted_count).unwrap_or(usize::MAX))
}

/// Removes a user with all that is kept of it, in one transaction.
pub(super) async fn delete(store: &Store, account: AccountId) -> Result<bool, Failure> {
    again_after(store, Failure::may_be_retried, || try_delete(store, account)).await
}

async fn try_delete(store: &Store, account: AccountId) -> Result<bool, Failure> {
    let of = doc! { "account": account.get() };
    let mut session = store.begin().await?;
    for collection in [RECORDS, ADDRESSES] {
        store.collection(collection).delete_many(of.clone()).session(&mut session).await?;
    }
    let done = store.collection(USERS).delete_one(of).session(&mut session).await?;
    commit(&mut session).await?;
    Ok(done.deleted_count == 1)
}
