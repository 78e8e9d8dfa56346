//! Every hot query uses an index and carries the shard key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use contract::account::{Account, INBOX, add, uids};
use mailstore::accounts::{AccountStore, Address, Created, Name, Profile, Quota, Record, Status};
use mailstore::backends::mongo::MongoAccounts;
use mailstore::blob::{BlobRef, ObjectName};
use mailstore::change::{ExpungeGuard, Op, Transfer};
use mailstore::flags::SystemFlag;
use mailstore::id::EmailId;
use mailstore::message::Want;
use mailstore::property::{Scope, WantedProperties};
use mailstore::random::Random;
use mailstore::store::{BlobStore, Claim, LeaseAsk, LeaseHolder, LeaseOp, Ledger};
use mailstore::time::Timestamp;
use mailstore::uid::ModSeq;
use mongodb::IndexModel;
use mongodb::bson::{Bson, Document, doc};

use crate::server::Database;
use crate::watched;

/// Collections that stay in one place.
const UNSHARDED: [&str; 5] = ["users", "addresses", "counters", "processes", "meta"];

/// What a query of a collection must say, to reach one shard.
fn shard_key(collection: &str) -> &'static [&'static str] {
    match collection {
        "accounts" => &["_id"],
        // The `_id` of a claim begins with the digest.
        "blobs" | "claims" => &["_id"],
        "objects.files" => &["_id"],
        "objects.chunks" => &["files_id"],
        _ => &["account"],
    }
}

/// The collections and filters of a command.
fn queries(name: &str, command: &Document) -> Vec<Query> {
    let collection = || command.get_str(name).unwrap().to_owned();
    let document = |value: &Document, name: &str| value.get_document(name).unwrap().clone();
    let each = |list: &str| {
        let list = command.get_array(list).unwrap().iter().filter_map(Bson::as_document);
        list.map(|each| (collection(), document(each, "q"))).collect()
    };
    match name {
        "find" => vec![(collection(), document(command, "filter"))],
        "findAndModify" => vec![(collection(), document(command, "query"))],
        "aggregate" => {
            let stages = command.get_array("pipeline").unwrap();
            let stages: Vec<_> = stages.iter().filter_map(Bson::as_document).collect();
            let mut found = vec![(collection(), document(stages[0], "$match"))];
            let joins = stages.iter().filter_map(|stage| stage.get_document("$lookup").ok());
            found.extend(joins.map(join));
            found
        }
        "update" => each("updates"),
        "delete" => each("deletes"),
        "bulkWrite" => bulk(command),
        _ => Vec::new(),
    }
}

type Query = (String, Document);

/// What finds one document, whatever else is asked of it: not all planners say so.
fn found_by(collection: &str, filter: &Document) -> Document {
    let unique: &[&str] = match collection {
        _ if filter.contains_key("_id") => &["_id"],
        "mailboxes" if filter.contains_key("id") => &["account", "id"],
        "users" if filter.contains_key("account") => &["account"],
        _ => return filter.clone(),
    };
    let fields = unique.iter().filter_map(|name| Some((*name, filter.get(name)?.clone())));
    fields.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a stage asks another collection for, with something in the place of what it is told.
fn join(join: &Document) -> Query {
    let field = join.get_str("foreignField").unwrap();
    let mut filter = doc! { field: 1_i64 };
    if let Ok(stages) = join.get_array("pipeline") {
        let first = stages[0].as_document().unwrap();
        filter.extend(first.get_document("$match").unwrap().clone());
    }
    (join.get_str("from").unwrap().to_owned(), filter)
}

fn bulk(command: &Document) -> Vec<Query> {
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
    users(&mongo.accounts()).await;
    let raw = database.raw().await;
    let mut seen = BTreeMap::<String, usize>::new();
    for (name, command) in watch.take() {
        for (collection, filter) in queries(&name, &command) {
            let key = shard_key(&collection);
            assert!(
                UNSHARDED.contains(&&*collection)
                    || key.iter().any(|field| filter.contains_key(field)),
                "{name} of {collection} reaches every shard: {filter}"
            );
            let find = doc! { "find": &collection, "filter": found_by(&collection, &filter) };
            let explain = doc! { "explain": find, "verbosity": "queryPlanner" };
            let explained = raw.run_command(explain).await.unwrap();
            let planner = explained.get_document("queryPlanner").unwrap();
            let plan = stages(planner.get_document("winningPlan").unwrap());
            assert!(
                !plan.iter().any(|stage| stage == "COLLSCAN"),
                "{name} of {collection} reads everything: {filter}: {plan:?}"
            );
            *seen.entry(collection).or_default() += 1;
        }
    }
    assert!(seen.values().sum::<usize>() > 40, "only these queries were seen: {seen:?}");
    for collection in "accounts addresses blobs claims emails journal leases mailboxes messages \
                       properties records users"
        .split_whitespace()
    {
        assert!(seen.contains_key(collection), "no query of {collection} was seen: {seen:?}");
    }
}

#[tokio::test]
async fn a_store_of_an_earlier_release_gets_the_indexes_of_this_one() {
    let database = Database::new();
    database.connect().await;
    let (raw, former) = (database.raw().await, "change_1_account_1");
    let journal = raw.collection::<Document>("journal");
    let indexes = journal.list_index_names().await.unwrap();
    let index = IndexModel::builder().keys(doc! { "change": 1, "account": 1 }).build();
    journal.drop_index("account_1_change_1").await.unwrap();
    journal.create_index(index).await.unwrap();
    let meta = raw.collection::<Document>("meta");
    meta.update_one(doc! {}, doc! { "$set": { "layout": 2 } }).await.unwrap();
    assert!(journal.list_index_names().await.unwrap().iter().any(|name| name == former));
    database.connect().await;
    let sorted = |names: Vec<String>| names.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sorted(journal.list_index_names().await.unwrap()), sorted(indexes));
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
    // What changes nothing may have been done before: the journal is asked.
    account.flag(INBOX, uids(5, 5), add(SystemFlag::Deleted)).await;
    account.open(INBOX).await;
    account.fill(INBOX, 1).await;
    account.open(INBOX).await;
    account.done(Op::TakeRecent { at: INBOX, below: u64::MAX }).await;
    for _ in 0..2 {
        account.ledger.open_named(account.id, "other").await.unwrap();
    }
    account.fetch(INBOX, &uids(1, 20), Want::Email).await;
    let sparse = uids(1, 1).union(&uids(9, 9)).union(&uids(19, 19));
    account.fetch(INBOX, &sparse, Want::Derived).await;
    account.journal(ModSeq(2)).await;
    account.mailboxes().await;
    properties(&account).await;
    lease(&account).await;
    blob(mongo, &account).await;
}

async fn properties(account: &Account) {
    let set = [("a/1".to_owned(), Some(Bytes::from_static(b"1")))];
    account.done(Op::Property { at: Some(INBOX), set: set.into() }).await;
    for scope in [Scope::Account, Scope::Mailbox(INBOX), Scope::Mailboxes] {
        let wanted = WantedProperties { scope, prefix: "a/".into(), after: None };
        account.ledger.properties(account.id, &wanted).await.unwrap();
    }
}

/// A maildrop is locked, the lock renewed and given up.
async fn lease(account: &Account) {
    let (now, until) = (Timestamp::from_secs(1), Timestamp::from_secs(60));
    for op in [LeaseOp::Take { now, until }, LeaseOp::Renew { until }, LeaseOp::Release] {
        let holder = LeaseHolder(7);
        let ask = LeaseAsk { account: account.id, name: "maildrop".into(), holder, op };
        account.ledger.lease(&ask).await.unwrap();
    }
}

/// Users are made, log in, are written to, and change what is theirs.
async fn users(accounts: &MongoAccounts) {
    let name = Name::new("alice").unwrap();
    let address = |text: &str| Address::new(text).unwrap();
    let profile = Profile {
        name: name.clone(),
        password: None,
        scram: None,
        status: Status::Active,
        quota: Quota::default(),
        created: Timestamp::from_secs(1),
    };
    let created = accounts.create(&profile, &[address("alice@a.example")]).await.unwrap();
    let Created::Done(user) = created else { panic!("{created:?}") };
    let user = accounts.update(&user).await.unwrap().unwrap();
    accounts.named(&name).await.unwrap().unwrap();
    accounts.user(user.account).await.unwrap().unwrap();
    accounts.users(Some(user.account), 10).await.unwrap();
    accounts.secret().await.unwrap();
    let other = address("a@a.example");
    accounts.claim(&other, user.account).await.unwrap();
    accounts.owner(&other).await.unwrap().unwrap();
    assert_eq!(accounts.addresses(user.account, None, 10).await.unwrap().len(), 2);
    accounts.release(&other, user.account).await.unwrap();
    let record = |value: u8| Record { key: "token/1".into(), value: vec![value], until: None };
    let (one, two) = (record(1), record(2));
    accounts.swap(user.account, None, Some(&one)).await.unwrap();
    accounts.swap(user.account, Some(&one), Some(&two)).await.unwrap();
    let page = accounts.records(user.account, "token/", Some("token/0"), 10).await.unwrap();
    assert_eq!(page, std::slice::from_ref(&two));
    accounts.swap(user.account, Some(&two), None).await.unwrap();
    accounts.delete(user.account).await.unwrap();
}

async fn blob(mongo: &mailstore::backends::mongo::Mongo, account: &Account) {
    let (ledger, blobs) = (mongo.ledger(), mongo.blobs());
    let blob = BlobRef::of(b"some bytes");
    let (at, email) = (Timestamp::now(), EmailId::new(Timestamp::now(), Random::draw()));
    let claim = Claim { digest: blob.digest, account: account.id, email };
    ledger.claim(&claim).await.unwrap();
    let name = ObjectName::new(at, &blob.digest, Random::draw());
    blobs.put(&name, Bytes::from_static(b"some bytes")).await.unwrap();
    ledger.settle(&blob, &name).await.unwrap();
    blobs.get(&name, 2..5).await.unwrap();
    ledger.is_live(&name).await.unwrap();
}
