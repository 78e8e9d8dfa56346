//! A mailbox of a million messages.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use mailstore::backends::embedded::{self, Embedded};
use mailstore::change::MAX_APPEND;
use mailstore::id::{AccountId, MailboxId};
use mailstore::{Access, Incoming, Mailstore, Settings};

const COUNT: u32 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn selecting_it_takes_next_to_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let by = AccountId::new(1).unwrap().into();
    let open =
        || Mailstore::new(Embedded::open(dir.path()).unwrap().backend(), Settings::default());
    let store = open();
    let message = store.prepare(Bytes::from_static(b"Subject: one\r\n\r\nof many\r\n")).unwrap();
    let group = Arc::new(vec![Incoming::new(message); MAX_APPEND]);
    for _ in 0..COUNT / MAX_APPEND as u32 {
        store.append(by, MailboxId::INBOX, group.to_vec()).await.unwrap();
    }
    for state in ["after writing", "warm"] {
        select(&store, state).await;
    }
    drop(store);
    let store = open();
    for state in ["in a new process", "warm"] {
        select(&store, state).await;
    }
    drop(store);
    assert_eq!(embedded::check(dir.path()).unwrap().findings, []);
}

async fn select(store: &Mailstore, state: &str) {
    let by = AccountId::new(1).unwrap().into();
    let start = Instant::now();
    let inbox = store.select(by, MailboxId::INBOX, Access::ReadOnly).await.unwrap().unwrap();
    println!("select, {state}: {:?}", start.elapsed());
    assert_eq!(inbox.uids().len(), COUNT);
    assert!(inbox.uids().memory() < 1024, "{} bytes", inbox.uids().memory());
}
