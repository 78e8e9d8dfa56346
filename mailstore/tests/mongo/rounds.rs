//! Round trips: how many commands each call takes.

use std::sync::Arc;

use contract::account::{Account, INBOX, add, message, uids};
use mailstore::change::Op;
use mailstore::flags::SystemFlag;
use mailstore::message::Want;
use mailstore::store::Ledger;

use crate::server::Database;
use crate::watched::{self, Watch};

fn at_most(most: usize, what: &str, watch: &Watch) {
    let names = watch.names();
    assert!(names.len() <= most, "{what}: {} round trips: {names:?}", names.len());
}

#[tokio::test]
async fn no_call_takes_more_than_it_may() {
    let database = Database::new();
    let (mongo, watch) = watched::connect(&database).await;
    let ledger: Arc<dyn Ledger> = mongo.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    watch.take();
    account.fill(INBOX, 1).await;
    at_most(6, "the first commit of a message", &watch);
    account.fill(INBOX, 1).await;
    at_most(4, "a commit of a message", &watch);
    account.flag(INBOX, uids(1, 1), add(SystemFlag::Seen)).await;
    at_most(5, "a commit of a flag", &watch);

    let opened = account.open(INBOX).await;
    at_most(3, "SELECT of what nobody has opened yet", &watch);
    account.open(INBOX).await;
    at_most(1, "SELECT again", &watch);
    account.fill(INBOX, 1).await;
    watch.take();
    account.open(INBOX).await;
    at_most(1, "SELECT after something happened", &watch);
    let recent = Op::TakeRecent { at: INBOX, below: 4 };
    account.done(recent.clone()).await;
    at_most(1, "what is recent is taken", &watch);
    account.done(recent).await;
    at_most(1, "what is recent was taken before", &watch);

    for want in [Want::Row, Want::Derived, Want::Tree, Want::Email] {
        account.fetch(INBOX, &uids(2, 2), want).await;
        at_most(if want == Want::Row { 1 } else { 2 }, "a FETCH", &watch);
    }
    ledger.journal(account.id, opened.cursor, Some(INBOX), 100).await.unwrap();
    at_most(2, "NOOP with news", &watch);
    ledger.journal(account.id, opened.cursor.next(), Some(INBOX), 100).await.unwrap();
    at_most(1, "an idle NOOP", &watch);
    many_changes(&account, &watch).await;
}

/// More than are read together with a mailbox.
async fn many_changes(account: &Account, watch: &Watch) {
    for _ in 0..70 {
        account.fill(INBOX, 1).await;
    }
    watch.take();
    account.open(INBOX).await;
    at_most(2, "SELECT after much has happened", watch);
}

#[tokio::test]
async fn names_are_looked_up_once() {
    let database = Database::new();
    let (mongo, watch) = watched::connect(&database).await;
    let ledger: Arc<dyn Ledger> = mongo.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    let deep = account.create("a/b/c").await;
    account.fill(deep, 1).await;
    watch.take();
    account.mailboxes().await;
    at_most(1, "the mailboxes of an account", &watch);
    for most in [3, 1] {
        let opened = ledger.open_named(account.id, "a/b/c").await.unwrap();
        assert_eq!(opened.map(|opened| opened.mailbox.id), Some(deep));
        at_most(most, "SELECT by name", &watch);
    }
    account.fill(deep, 1).await;
    watch.take();
    ledger.open_named(account.id, "a/b/c").await.unwrap();
    at_most(1, "SELECT by name after something happened", &watch);
}

/// Those of an account that has many do not fit into one answer.
#[tokio::test]
async fn many_mailboxes_are_listed() {
    let database = Database::new();
    let ledger: Arc<dyn Ledger> = database.connect().await.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    for number in 0..5 {
        let name = format!("{number}{}", "/x".repeat(50));
        account.create(&name).await;
    }
    assert_eq!(account.mailboxes().await.list.len(), 1 + 5 * 51);
}

#[tokio::test]
async fn a_big_mailbox_is_opened_from_what_is_stored() {
    let database = Database::new();
    let ledger: Arc<dyn Ledger> = database.connect().await.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    account.fill(INBOX, 4_200).await;
    account.open(INBOX).await;
    let uids_stored = async || {
        let raw = database.raw().await;
        raw.collection::<mongodb::bson::Document>("uids").estimated_document_count().await.unwrap()
    };
    // It is stored by the way; nobody waits for it.
    for _ in 0..600 {
        if uids_stored().await > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(uids_stored().await, 1);
    account.append(INBOX, vec![message("one more")]).await;

    let (mongo, watch) = watched::connect(&database).await;
    let ledger: Arc<dyn Ledger> = mongo.ledger();
    let opened = Account::new(&ledger, 1).open(INBOX).await;
    assert_eq!(opened.uids.to_set(), uids(1, 4_201));
    at_most(3, "the first SELECT of a process", &watch);
}
