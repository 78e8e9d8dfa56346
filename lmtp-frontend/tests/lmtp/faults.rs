//! Clients that go away, directories that are slow, ledgers that fail, servers that stop.

use std::sync::Arc;
use std::time::Duration;

use lmtp_frontend::Settings;
use mailstore::backends::memory;

use crate::common::people::{ALICE, LEAVING};
use crate::common::{Options, Server, account, bare, lhlo, play, start};
use crate::failing::Failing;

const READY: &str = "
    C: MAIL FROM:<a@b>
    C: RCPT TO:<alice>
    C: DATA
    S: 250 2.1.0 OK
    S: 250 2.1.5 OK
    S: 354 *";

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_message_leaves_nothing_behind() {
    let server = start(Options::default()).await;
    let mut client = lhlo(&server).await;
    client.play(READY).await;
    client.send(b"Subject: half of it\r\n\r\n.\r").await;
    drop(client);
    let mut other = lhlo(&server).await;
    other.play(READY).await;
    other.play("C: whole\nC: .\nS: 250 2.0.0 *").await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["whole\r\n"]);
}

#[tokio::test]
async fn a_failing_ledger_is_no_ok() {
    let mut backend = memory::backend();
    let failing = Arc::new(Failing::new(backend.ledger.clone()));
    backend.ledger = failing.clone();
    let server = Server::on_backend(backend, Options::default()).await;
    let mut client = lhlo(&server).await;
    failing.fail();
    client.play(READY).await;
    client.play("C: lost?\nC: .\nS: 451 4.3.0 <alice> the store is not available").await;
    failing.recover();
    client.play(READY).await;
    client.play("C: again\nC: .\nS: 250 2.0.0 <alice> * saved").await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["again\r\n"]);
}

#[tokio::test]
async fn a_ledger_that_never_answers_is_given_up() {
    let mut backend = memory::backend();
    let failing = Arc::new(Failing::new(backend.ledger.clone()));
    backend.ledger = failing.clone();
    let settings = Settings { delivery: Duration::from_millis(20), ..bare() };
    let server = Server::on_backend(backend, Options::from(settings)).await;
    let mut client = lhlo(&server).await;
    failing.hang();
    client.play(READY).await;
    client.play("C: lost?\nC: .\nS: 451 4.3.0 <alice> the store does not answer").await;
}

#[tokio::test]
async fn a_directory_that_never_answers_is_given_up() {
    let settings = Settings { routing: Duration::from_millis(20), ..bare() };
    let server = start(settings).await;
    let mut client = lhlo(&server).await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<slow>
             S: 250 2.1.0 OK
             S: 451 4.4.3 <slow> the directory does not answer",
        )
        .await;
}

#[tokio::test]
async fn a_message_that_never_ends_is_given_up() {
    let server = start(Settings { message: Duration::from_millis(50), ..bare() }).await;
    let mut client = lhlo(&server).await;
    client.play(READY).await;
    client.play("C: and then\nS: 421 4.4.2 you took too long\nS-").await;
    let mut other = lhlo(&server).await;
    other.play("C: NOOP\nS: 250 2.0.0 OK").await;
}

#[tokio::test]
async fn a_shutdown_waits_for_the_message_under_way() {
    let server = start(Options::default()).await;
    let (mut idle, mut busy) = (lhlo(&server).await, lhlo(&server).await);
    busy.play(READY).await;
    server.shut_down();
    idle.play("S: 421 4.3.2 shutting down\nS-").await;
    busy.play("C: text\nC: .\nS: 250 2.0.0 <alice> * saved\nS: 421 4.3.2 shutting down\nS-").await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["text\r\n"]);
}

#[tokio::test]
async fn one_connection_too_many() {
    let gate = wire::Gate::new(wire::Limits { total: 1, per_address: 1 });
    let wire = wire::Settings { gate, ..wire::Settings::default() };
    let server = start(Options { wire, ..Options::default() }).await;
    let _first = lhlo(&server).await;
    play(&server, "S: 421 store.example too many connections\nS-").await;
}

/// Somebody who was there at RCPT and is not at the end of the message gets nothing, and the sender
/// is told so: nothing is stored for an account that nobody has.
#[tokio::test]
async fn a_recipient_removed_meanwhile_is_no_ok() {
    let server = start(Settings { route_age: Duration::ZERO, ..bare() }).await;
    let mut client = lhlo(&server).await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<leaving>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: text
             C: .
             S: 550 5.1.1 <leaving> no such user
             S: 250 2.0.0 <alice> * saved",
        )
        .await;
    let left = server.store.ledger().mailboxes(account(LEAVING)).await.unwrap();
    assert!(left.list.is_empty());
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["text\r\n"]);
}

/// A client that is gone before it hears the replies: what was stored is stored whole, once for each.
#[tokio::test]
async fn a_client_that_leaves_before_the_replies_finds_whole_messages() {
    let server = start(Options::default()).await;
    let mut client = lhlo(&server).await;
    client.play(READY).await;
    client.send(b"whole\r\n.\r\n").await;
    drop(client);
    for _ in 0..600 {
        let opened = server.store.mailboxes(account(ALICE)).await.unwrap();
        if opened.list.iter().any(|mailbox| mailbox.counts.messages > 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["whole\r\n"]);
}
