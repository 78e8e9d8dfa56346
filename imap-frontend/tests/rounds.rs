//! Round trips: how many commands SELECT and STORE cost on MongoDB, with all that a session reads
//! beside what it was asked for. See docs/mongodb.md.
#![cfg(feature = "cluster-tests")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::client::Client;
use common::{Options, Server};
use harness::{Hosts, Rounds};

/// What a commit takes: four for one that only adds, one more for one that changes.
const COMMIT: usize = 5;

fn at_most(most: usize, what: &str, rounds: &Rounds) {
    let names = rounds.take();
    println!("{what}: {names:?}");
    assert!(names.len() <= most, "{what}: {} round trips: {names:?}", names.len());
}

/// A host, and somebody who has logged in there.
async fn host(hosts: &Hosts) -> (Server, Client, Rounds) {
    let (backend, rounds) = hosts.host().await;
    let server = Server::on_backend(backend, Options::default()).await;
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    rounds.take();
    (server, client, rounds)
}

#[tokio::test]
async fn no_select_takes_more_than_it_may() {
    let hosts = Hosts::new();
    let (server, mut client, rounds) = host(&hosts).await;
    client.append("INBOX", b"Subject: one\r\n\r\ntext\r\n").await;
    client.append("INBOX", b"Subject: two\r\n\r\ntext\r\n").await;
    rounds.take();
    client.ok("SELECT INBOX").await;
    at_most(3 + COMMIT, "SELECT with something recent", &rounds);
    client.ok("SELECT INBOX").await;
    at_most(1, "SELECT again", &rounds);
    client.ok("STORE 1 +FLAGS (\\Seen)").await;
    at_most(1 + COMMIT, "STORE", &rounds);
    client.ok("SELECT INBOX").await;
    at_most(3, "SELECT after something happened, with something unseen", &rounds);

    let (another, mut elsewhere, rounds) = host(&hosts).await;
    elsewhere.ok("SELECT INBOX").await;
    at_most(4, "the first SELECT of a host, with something unseen", &rounds);
    client.ok("STORE 2 +FLAGS (\\Seen)").await;
    elsewhere.ok("SELECT INBOX").await;
    at_most(2, "SELECT after something happened elsewhere", &rounds);
    elsewhere.ok("SELECT INBOX").await;
    at_most(1, "SELECT again elsewhere", &rounds);
    server.stop().await;
    another.stop().await;
}
