//! A store that cannot be read for a while: sessions that wait for news go on, and are told in the end.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::client::Client;
use common::{Options, Server};
use contract::faults::{Interfered, Mood, Moody};
use mailstore::Backend;
use mailstore::backends::memory;
use mailstore::store::Fault;

async fn start() -> (Server, Arc<Interfered<Moody>>) {
    let backend = memory::backend();
    let ledger = Interfered::new(backend.ledger, Moody::default());
    let outage = Arc::clone(&ledger);
    (Server::on_backend(Backend { ledger, ..backend }, Options::default()).await, outage)
}

/// The store is away until somebody has looked for news three times.
async fn pass(outage: &Interfered<Moody>) {
    outage.by.is_in(Mood::Fails(Fault::Unavailable));
    for _ in 0..3 {
        outage.by.failed().await;
    }
    outage.by.is_in(Mood::Works);
}

#[tokio::test]
async fn idle_outlives_it() {
    let (server, outage) = start().await;
    let mut client = Client::select(server.address, "INBOX").await;
    client.send(b"i IDLE\r\n").await;
    assert_eq!(client.line().await, b"+ idling");
    pass(&outage).await;
    let mut other = Client::connect(server.address).await;
    other.ok("LOGIN joe secret").await;
    other.append("INBOX", b"Subject: 1\r\n\r\n").await;
    assert_eq!(client.line().await, b"* 1 EXISTS");
    assert_eq!(client.line().await, b"* 1 RECENT");
    client.send(b"DONE\r\n").await;
    assert_eq!(client.line().await, b"i OK Done");
}

#[tokio::test]
async fn notify_outlives_it() {
    let (server, outage) = start().await;
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    client.ok("NOTIFY SET (personal (MessageNew MessageExpunge))").await;
    pass(&outage).await;
    let mut other = Client::connect(server.address).await;
    other.ok("LOGIN joe secret").await;
    other.append("INBOX", b"Subject: 1\r\n\r\n").await;
    let told = client.line().await;
    assert!(told.starts_with(b"* STATUS INBOX (MESSAGES 1 "), "{told:?}");
}
