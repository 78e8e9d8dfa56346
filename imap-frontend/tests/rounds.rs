//! Round trips: how many commands each IMAP command costs on MongoDB, with all that a session reads
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
    let client = log_in(&server).await;
    rounds.take();
    (server, client, rounds)
}

async fn log_in(server: &Server) -> Client {
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    client
}

#[tokio::test]
async fn no_command_takes_more_than_it_may() {
    let hosts = Hosts::new();
    let (server, mut client, rounds) = host(&hosts).await;
    client.ok("SELECT INBOX").await;
    at_most(4 + COMMIT, "the first SELECT of an account, which makes INBOX", &rounds);
    let mut other = log_in(&server).await;
    for _ in 0..3 {
        other.append("INBOX", b"Subject: one\r\n\r\ntext\r\n").await;
        at_most(4, "APPEND", &rounds);
        client.ok("NOOP").await;
        at_most(4, "NOOP that tells of something recent", &rounds);
        client.append("Drafts", b"Subject: one\r\n\r\ntext\r\n").await;
        at_most(7, "APPEND to another mailbox than the one that is selected", &rounds);
    }
    client.ok("NOOP").await;
    rounds.take();
    client.ok("NOOP").await;
    at_most(1, "an idle NOOP", &rounds);
    for (number, what) in [(1, "BODY.PEEK[]"), (2, "(FLAGS UID)"), (3, "(ENVELOPE BODYSTRUCTURE)")]
    {
        client.ok(&format!("FETCH {number} {what}")).await;
        at_most(2, &format!("FETCH {what}"), &rounds);
        client.ok(&format!("UID FETCH {number} {what}")).await;
        at_most(2, &format!("UID FETCH {what}"), &rounds);
    }
    server.stop().await;
}

#[tokio::test]
async fn no_select_takes_more_than_it_may() {
    for mailbox in ["INBOX", "Drafts", "work/this-year"] {
        no_select_takes_more(mailbox).await;
    }
}

/// With something recent, something unseen, and news; and with all of it at once.
async fn no_select_takes_more(mailbox: &str) {
    let hosts = Hosts::new();
    let (server, mut client, rounds) = host(&hosts).await;
    let (another, mut elsewhere, rounds_elsewhere) = host(&hosts).await;
    let select = format!("SELECT \"{mailbox}\"");
    if mailbox.contains('/') {
        client.ok(&format!("CREATE \"{mailbox}\"")).await;
    }
    client.append(mailbox, b"Subject: one\r\n\r\n").await;
    client.append(mailbox, b"Subject: two\r\n\r\n").await;
    rounds.take();
    client.ok(&select).await;
    at_most(4, "the first SELECT of a host, with something recent", &rounds);
    client.ok(&select).await;
    at_most(1, "SELECT again", &rounds);
    client.ok("STORE 1 +FLAGS (\\Seen)").await;
    at_most(1 + COMMIT, "STORE", &rounds);
    client.ok(&select).await;
    at_most(2, "SELECT after something happened, with something unseen", &rounds);

    rounds_elsewhere.take();
    elsewhere.ok(&select).await;
    at_most(4, "the first SELECT of a host, with something unseen", &rounds_elsewhere);
    elsewhere.ok("UNSELECT").await;
    for number in 0..30 {
        elsewhere.append(mailbox, format!("Subject: {number}\r\n\r\n").as_bytes()).await;
    }
    rounds.take();
    client.ok(&select).await;
    at_most(3, "SELECT with all of it", &rounds);
    client.ok("ENABLE IMAP4rev2").await;
    rounds.take();
    elsewhere.append(mailbox, b"Subject: last\r\n\r\n").await;
    client.ok(&select).await;
    at_most(3, "SELECT of IMAP4rev2, with all of it", &rounds);
    server.stop().await;
    another.stop().await;
}
