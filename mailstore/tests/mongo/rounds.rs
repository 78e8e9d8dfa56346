//! Round trips: how many commands each call takes.

use std::sync::Arc;

use contract::account::{Account, INBOX, add, message, uids};
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
    at_most(2, "SELECT after something happened", &watch);

    for want in [Want::Row, Want::Derived, Want::Tree, Want::Email] {
        account.fetch(INBOX, &uids(2, 2), want).await;
        at_most(if want == Want::Row { 1 } else { 2 }, "a FETCH", &watch);
    }
    ledger.journal(account.id, opened.cursor, Some(INBOX), 100).await.unwrap();
    at_most(2, "NOOP with news", &watch);
    ledger.journal(account.id, opened.cursor.next(), Some(INBOX), 100).await.unwrap();
    at_most(1, "an idle NOOP", &watch);
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
