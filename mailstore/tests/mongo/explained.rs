//! Every hot query uses an index and carries the shard key.

use std::sync::Arc;

use contract::account::{Account, INBOX, add, uids};
use mailstore::blob::{BlobRef, ObjectName};
use mailstore::change::{ExpungeGuard, Op, Transfer};
use mailstore::flags::SystemFlag;
use mailstore::id::EmailId;
use mailstore::message::Want;
use mailstore::random::Random;
use mailstore::store::{BlobStore, Claim, Ledger};
use mailstore::time::Timestamp;
use mailstore::uid::ModSeq;
use mongodb::bson::{Bson, Document, doc};

use crate::server::Database;
use crate::watched;

/// What a query of a collection must say, to reach one shard.
fn shard_key(collection: &str) -> &'static [&'static str] {
    match collection {
        "accounts" | "counters" => &["_id"],
        // By their `_id` claims are found too: it begins with the digest.
        "blobs" => &["_id"],
        "claims" => &["_id", "digest"],
        "objects.files" => &["_id"],
        "objects.chunks" => &["files_id"],
        _ => &["account"],
    }
}

/// The collections and filters of a command.
fn filters(name: &str, command: &Document) -> Vec<(String, Document)> {
    let collection = || command.get_str(name).unwrap().to_owned();
    let document = |value: &Document, name: &str| value.get_document(name).unwrap().clone();
    match name {
        "find" => vec![(collection(), document(command, "filter"))],
        "findAndModify" => vec![(collection(), document(command, "query"))],
        "aggregate" => {
            let stages = command.get_array("pipeline").unwrap();
            let first = stages[0].as_document().unwrap();
            vec![(collection(), document(first, "$match"))]
        }
        "bulkWrite" => bulk(command),
        _ => Vec::new(),
    }
}

fn bulk(command: &Document) -> Vec<(String, Document)> {
    let spaces = command.get_array("nsInfo").unwrap();
    let ops = command.get_array("ops").unwrap();
    let mut found = Vec::new();
    for op in ops.iter().filter_map(Bson::as_document) {
        for kind in ["update", "delete"] {
            let Some(number) = op.get(kind) else { continue };
            let number = number.as_i64().or(number.as_i32().map(i64::from)).unwrap();
            let space = spaces[number as usize].as_document().unwrap().get_str("ns").unwrap();
            let collection = space.split_once('.').unwrap().1.to_owned();
            found.push((collection, op.get_document("filter").unwrap().clone()));
        }
    }
    found
}

fn stages(plan: &Document) -> Vec<String> {
    let mut found = vec![plan.get_str("stage").unwrap_or_default().to_owned()];
    for inner in ["inputStage", "queryPlan"] {
        if let Ok(plan) = plan.get_document(inner) {
            found.extend(stages(plan));
        }
    }
    found
}

#[tokio::test]
async fn hot_queries_use_an_index_and_reach_one_shard() {
    let database = Database::new();
    let (mongo, watch) = watched::connect(&database).await;
    exercise(&mongo).await;
    let raw = database.raw().await;
    let mut seen = 0;
    for (name, command) in watch.take() {
        for (collection, filter) in filters(&name, &command) {
            let key = shard_key(&collection);
            assert!(
                key.iter().any(|field| filter.contains_key(field)),
                "{name} of {collection} reaches every shard: {filter}"
            );
            let find = doc! { "find": &collection, "filter": filter.clone() };
            let explain = doc! { "explain": find, "verbosity": "queryPlanner" };
            let explained = raw.run_command(explain).await.unwrap();
            let planner = explained.get_document("queryPlanner").unwrap();
            let plan = stages(planner.get_document("winningPlan").unwrap());
            assert!(
                !plan.iter().any(|stage| stage == "COLLSCAN"),
                "{name} of {collection} reads everything: {filter}: {plan:?}"
            );
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} queries were seen");
}

/// All that sessions and deliveries do.
async fn exercise(mongo: &mailstore::backends::mongo::Mongo) {
    let ledger: Arc<dyn Ledger> = mongo.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    let other = account.create("other").await;
    account.fill(INBOX, 20).await;
    account.flag(INBOX, uids(1, 5), add(SystemFlag::Deleted)).await;
    account.transfer((INBOX, other), uids(6, 9), Transfer::Copy).await;
    let op = Op::Expunge { at: INBOX, uids: uids(1, 3), guard: ExpungeGuard::Deleted };
    account.done(op).await;
    account.open(INBOX).await;
    account.fill(INBOX, 1).await;
    account.open(INBOX).await;
    account.fetch(INBOX, &uids(1, 20), Want::Email).await;
    let sparse = uids(1, 1).union(&uids(9, 9)).union(&uids(19, 19));
    account.fetch(INBOX, &sparse, Want::Derived).await;
    account.journal(ModSeq(2)).await;
    account.mailboxes().await;
    blob(mongo, &account).await;
}

async fn blob(mongo: &mailstore::backends::mongo::Mongo, account: &Account) {
    let (ledger, blobs) = (mongo.ledger(), mongo.blobs());
    let blob = BlobRef::of(b"some bytes");
    let (at, email) = (Timestamp::now(), EmailId::new(Timestamp::now(), Random::draw()));
    let claim = Claim { digest: blob.digest, account: account.id, email };
    ledger.claim(&claim).await.unwrap();
    let name = ObjectName::new(at, &blob.digest, Random::draw());
    blobs.put(&name, bytes::Bytes::from_static(b"some bytes")).await.unwrap();
    ledger.settle(&blob, &name).await.unwrap();
    blobs.get(&name, 2..5).await.unwrap();
    ledger.is_live(&name).await.unwrap();
}
