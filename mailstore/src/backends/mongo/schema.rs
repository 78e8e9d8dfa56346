//! The collections, their indexes, and the version of the whole. See docs/mongodb.md.

use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{IndexModel, bson};

use super::document::VERSION;
use super::failure::Failure;
use super::store::Store;

pub(super) const ACCOUNTS: &str = "accounts";
pub(super) const MAILBOXES: &str = "mailboxes";
pub(super) const MESSAGES: &str = "messages";
pub(super) const EMAILS: &str = "emails";
pub(super) const JOURNAL: &str = "journal";
pub(super) const PROPERTIES: &str = "properties";
pub(super) const LEASES: &str = "leases";
pub(super) const UIDS: &str = "uids";
pub(super) const BLOBS: &str = "blobs";
pub(super) const CLAIMS: &str = "claims";
pub(super) const FILES: &str = "objects.files";
pub(super) const CHUNKS: &str = "objects.chunks";
pub(super) const USERS: &str = "users";
pub(super) const ADDRESSES: &str = "addresses";
pub(super) const RECORDS: &str = "records";
pub(super) const COUNTERS: &str = "counters";
pub(super) const PROCESSES: &str = "processes";
/// What is said of the store as a whole.
const META: &str = "meta";

enum Kind {
    Plain,
    Unique,
    /// Only documents that have its (first) field.
    Where(&'static str),
}

/// Counts up with every new collection or index, so that stores that lack one get it.
const LAYOUT: i32 = 3;

/// All indexes but those over `_id`.
fn indexes() -> Vec<(&'static str, Document, Kind)> {
    vec![
        (MAILBOXES, doc! { "account": 1, "id": 1 }, Kind::Unique),
        (MAILBOXES, doc! { "gone": 1 }, Kind::Where("gone")),
        (MESSAGES, doc! { "account": 1, "mailbox": 1, "uid": 1 }, Kind::Unique),
        (MESSAGES, doc! { "email": 1, "account": 1 }, Kind::Plain),
        (MESSAGES, doc! { "gone": 1 }, Kind::Where("gone")),
        (EMAILS, doc! { "account": 1, "id": 1 }, Kind::Unique),
        (JOURNAL, doc! { "account": 1, "modseq": 1 }, Kind::Unique),
        (JOURNAL, doc! { "account": 1, "change": 1 }, Kind::Unique),
        (JOURNAL, doc! { "at": 1 }, Kind::Plain),
        (PROPERTIES, doc! { "account": 1, "mailbox": 1, "key": 1 }, Kind::Unique),
        (PROPERTIES, doc! { "key": 1, "account": 1, "mailbox": 1 }, Kind::Plain),
        (LEASES, doc! { "account": 1 }, Kind::Plain),
        (LEASES, doc! { "until": 1 }, Kind::Plain),
        (UIDS, doc! { "account": 1, "mailbox": 1 }, Kind::Unique),
        (BLOBS, doc! { "suspect": 1 }, Kind::Where("suspect")),
        (CLAIMS, doc! { "digest": 1 }, Kind::Plain),
        (CLAIMS, doc! { "account": 1, "email": 1 }, Kind::Plain),
        (CLAIMS, doc! { "pending": 1 }, Kind::Where("pending")),
        (FILES, doc! { "metadata.folder": 1 }, Kind::Plain),
        (FILES, doc! { "filename": 1, "uploadDate": 1 }, Kind::Plain),
        (CHUNKS, doc! { "files_id": 1, "n": 1 }, Kind::Unique),
        (USERS, doc! { "name": 1 }, Kind::Unique),
        (USERS, doc! { "account": 1 }, Kind::Unique),
        (ADDRESSES, doc! { "account": 1, "address": 1 }, Kind::Unique),
        (RECORDS, doc! { "account": 1, "key": 1 }, Kind::Unique),
        (RECORDS, doc! { "until": 1 }, Kind::Where("until")),
    ]
}

/// Indexes of earlier layouts, by name: others do what they did.
const FORMER: [(&str, &str); 1] = [(JOURNAL, "change_1_account_1")];

/// Collections without an index of their own.
const BARE: [&str; 3] = [ACCOUNTS, COUNTERS, PROCESSES];

/// Makes what is missing; whoever comes first does it. Refuses a store of a newer release.
pub(super) async fn prepare(store: &Store) -> Result<(), Failure> {
    if is_current(store).await? {
        return Ok(());
    }
    let database = store.client.database(&store.database);
    let existing = database.list_collection_names().await?;
    for name in BARE.iter().filter(|name| !existing.iter().any(|known| known == *name)) {
        create(store, name).await?;
    }
    for (collection, keys, kind) in indexes() {
        let options = match kind {
            Kind::Plain => IndexOptions::default(),
            Kind::Unique => IndexOptions::builder().unique(true).build(),
            Kind::Where(field) => {
                let filter = doc! { field: { "$exists": true } };
                IndexOptions::builder().partial_filter_expression(filter).build()
            }
        };
        let index = IndexModel::builder().keys(keys).options(options).build();
        store.collection(collection).create_index(index).await?;
    }
    for (collection, name) in FORMER {
        drop_index(store, (collection, name)).await?;
    }
    let format = doc! { "$setOnInsert": { "version": VERSION }, "$max": { "layout": LAYOUT } };
    let meta = store.collection(META);
    let done = meta.update_one(doc! { "_id": "format" }, format).upsert(true).await;
    // Another process may have said it at the same moment.
    done.map(drop).map_err(Failure::from).or_else(Failure::unless_duplicate)
}

/// Another process may make it at the same moment.
async fn create(store: &Store, name: &str) -> Result<(), Failure> {
    const EXISTS: i32 = 48;
    let made = store.client.database(&store.database).create_collection(name).await;
    unless(EXISTS, made)
}

/// Another process may drop it at the same moment; most stores have never had it.
async fn drop_index(store: &Store, (collection, name): (&str, &str)) -> Result<(), Failure> {
    const NOT_FOUND: i32 = 27;
    unless(NOT_FOUND, store.collection(collection).drop_index(name).await)
}

/// What was done already is no failure: the server says so with this code.
fn unless(code: i32, done: mongodb::error::Result<()>) -> Result<(), Failure> {
    match done {
        Err(error) => match &*error.kind {
            mongodb::error::ErrorKind::Command(command) if command.code == code => Ok(()),
            _ => Err(error.into()),
        },
        Ok(()) => Ok(()),
    }
}

async fn is_current(store: &Store) -> Result<bool, Failure> {
    let found = store.find_one(META, doc! { "_id": "format" }).await?;
    let number = |name| match found.as_ref().and_then(|meta| meta.get(name)) {
        Some(bson::Bson::Int32(number)) => Some(*number),
        _ => None,
    };
    match number("version") {
        None => Ok(false),
        Some(VERSION) => Ok(number("layout").is_some_and(|layout| layout >= LAYOUT)),
        Some(other) => Err(Failure::corrupt(format!(
            "the database {} is of format {other}; this release knows format {VERSION}",
            store.database
        ))),
    }
}
