//! INPROGRESS (RFC 9585): a client whose command takes long is told that it is at work, until it is done.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::client::Client;
use common::{Options, Server};
use contract::faults::{Interfered, Interference};
use mailstore::Backend;
use mailstore::backends::memory;
use mailstore::store::StoreError;
use tokio::sync::Mutex;

/// Every call waits while somebody holds this.
#[derive(Debug, Default)]
struct Held(Mutex<()>);

#[async_trait]
impl Interference for Held {
    async fn before(&self) -> Result<(), StoreError> {
        drop(self.0.lock().await);
        Ok(())
    }
}

#[tokio::test]
async fn who_waits_long_is_told() {
    let backend = memory::backend();
    let ledger = Interfered::new(backend.ledger, Held::default());
    let store = Arc::clone(&ledger);
    let mut options = Options::default();
    options.imap.progress = Duration::from_millis(5);
    let server = Server::on_backend(Backend { ledger, ..backend }, options).await;
    let mut client = Client::select(server.address, "INBOX").await;
    client.append("INBOX", b"Subject: one\r\n\r\nbody").await;

    let held = store.by.0.lock().await;
    client.send(b"s.1 SEARCH SUBJECT one\r\n").await;
    let told = b"* OK [INPROGRESS (\"s.1\" NIL NIL)] Still at work";
    for _ in 0..2 {
        assert_eq!(client.line().await, told);
    }
    drop(held);
    let mut line = told.to_vec();
    while line == told {
        line = client.line().await;
    }
    assert_eq!(line, b"* SEARCH 1");
    assert_eq!(client.line().await, b"s.1 OK Searched");
}
