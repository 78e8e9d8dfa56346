//! Documents that are not what was written, and what is too large to be one.

use std::sync::Arc;

use bytes::Bytes;
use contract::account::{Account, INBOX, message, message_with, noise, uids};
use mailstore::backends::mongo::{Mongo, MongoOptions};
use mailstore::blob::{BlobRef, ObjectName};
use mailstore::change::Op;
use mailstore::message::Want;
use mailstore::mime::{Derived, Limits, parse};
use mailstore::random::Random;
use mailstore::store::{BlobStore, CommitError, Fault, Ledger, StoreError};
use mailstore::time::Timestamp;
use mongodb::bson::{Binary, Document, doc, spec::BinarySubtype};

use crate::server::{Database, uri};

async fn update(database: &Database, collection: &str, update: Document) {
    let raw = database.raw().await.collection::<Document>(collection);
    assert!(raw.update_many(doc! {}, update).await.unwrap().modified_count > 0);
}

/// An account with a message, whose documents are then changed.
async fn changed(collection: &str, change: Document) -> (Arc<Database>, Account) {
    let database = Database::new();
    let ledger: Arc<dyn Ledger> = database.connect().await.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    account.append(INBOX, vec![message("hello")]).await;
    update(&database, collection, change).await;
    (database, account)
}

fn is_corrupt<T: std::fmt::Debug>(result: Result<T, StoreError>, said: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.fault, Fault::Corrupt, "{error}");
    assert!(error.to_string().contains(said), "{error}");
}

#[tokio::test]
async fn a_newer_document_is_said() {
    for (collection, want) in [("messages", Want::Row), ("emails", Want::Tree)] {
        let (_database, account) = changed(collection, doc! { "$set": { "v": 2 } }).await;
        let page = account.ledger.fetch(account.key(INBOX), &uids(1, 1), want).await;
        is_corrupt(page, "is of document version 2; this release knows version 1");
    }
    let (_database, account) = changed("mailboxes", doc! { "$set": { "v": 2 } }).await;
    is_corrupt(account.ledger.open(account.key(INBOX)).await, "mailbox");
    let op = Op::Append { to: INBOX, messages: vec![message("x")] };
    let result = account.ledger.commit(vec![account.change(op)]).await.remove(0);
    let Err(CommitError::Store(error)) = result else { panic!("{result:?}") };
    is_corrupt(Err::<(), _>(error), "document version 2");
}

#[tokio::test]
async fn an_altered_document_is_refused() {
    let (_database, account) = changed("messages", doc! { "$set": { "uid": 2_i64 } }).await;
    let page = account.ledger.fetch(account.key(INBOX), &uids(1, 2), Want::Row).await;
    is_corrupt(page, "wrong checksum");
    let (_database, account) = changed("journal", doc! { "$set": { "by": 9_i64 } }).await;
    let journal = account.ledger.journal(account.id, Default::default(), None, 10).await;
    is_corrupt(journal, "wrong checksum");
    let set = doc! { "$set": { "tree.body": "another\r\n" } };
    let (_database, account) = changed("emails", set).await;
    let page = account.ledger.fetch(account.key(INBOX), &uids(1, 1), Want::Tree).await;
    is_corrupt(page, "treeSum");
}

#[tokio::test]
async fn a_newer_database_is_refused_at_the_start() {
    let database = Database::new();
    database.connect().await;
    update(&database, "meta", doc! { "$set": { "version": 2 } }).await;
    let opened = Mongo::connect(&uri(), &database.0, MongoOptions::default()).await;
    is_corrupt(opened, "is of format 2; this release knows format 1");
}

#[tokio::test]
async fn a_blob_that_is_missing_or_altered_is_refused() {
    let database = Database::new();
    let mongo = database.connect().await;
    let ledger: Arc<dyn Ledger> = mongo.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    let mut raw = b"Content-Type: application/octet-stream\r\n\r\n".to_vec();
    raw.extend(noise(20_000, 3));
    let message = message_with(&raw, None);
    let blob = message.content.kept[0].0.clone();
    account.append(INBOX, vec![message]).await;
    ledger.kept(blob.digest, 0..blob.size).await.unwrap();
    let other = Binary { subtype: BinarySubtype::Generic, bytes: vec![7; 20_000] };
    update(&database, "blobs", doc! { "$set": { "bytes": other } }).await;
    is_corrupt(ledger.kept(blob.digest, 0..blob.size).await, "wrong checksum");
    update(&database, "blobs", doc! { "$unset": { "bytes": "" } }).await;
    is_corrupt(ledger.kept(blob.digest, 0..blob.size).await, "missing");

    let blobs = mongo.blobs();
    let content = Bytes::from(noise(600_000, 4));
    let blob = BlobRef::of(&content);
    let name = ObjectName::new(Timestamp::now(), &blob.digest, Random::draw());
    blobs.put(&name, content).await.unwrap();
    let chunks = database.raw().await.collection::<Document>("objects.chunks");
    chunks.delete_one(doc! { "files_id": &name.0, "n": 1 }).await.unwrap();
    is_corrupt(blobs.get(&name, 0..600_000).await, "has not the bytes");
    assert!(blob.check_chunk(0, &blobs.get(&name, 0..262_144).await.unwrap()));
}

#[tokio::test]
async fn what_is_too_large_for_a_document_leaves_no_trace() {
    let database = Database::new();
    let ledger: Arc<dyn Ledger> = database.connect().await.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    let mut large = message("x");
    let raw = Bytes::from([b"Subject: x\r\n\r\n".to_vec(), vec![b'x'; 17 << 20]].concat());
    let content = Arc::make_mut(&mut large.content);
    content.email.tree = parse(raw.clone(), &Limits::default());
    content.email.derived = Derived::of(&content.email.tree, &raw);
    let good = account.change(Op::Append { to: INBOX, messages: vec![message("good")] });
    let bad = account.change(Op::Append { to: INBOX, messages: vec![large] });
    let results = ledger.commit(vec![bad, good]).await;
    let Err(CommitError::Store(error)) = &results[0] else { panic!("{:?}", results[0]) };
    assert!(error.to_string().contains("at most 16711680 can be stored"), "{error}");
    results[1].as_ref().unwrap();
    assert_eq!(account.uids(INBOX).await, uids(1, 1));
}
