//! Clients that go away, directories that are slow, ledgers that fail, servers that stop.

use std::time::Duration;

use contract::faults::Mood;
use lmtp_frontend::Settings;
use mailstore::change::Refusal;
use mailstore::store::Fault;

use crate::common::people::{ALICE, BOB, LEAVING};
use crate::common::{On, Options, account, bare, lhlo, moody, play, start};

harness::everywhere! {
    a_client_that_leaves_in_the_middle_of_a_message_leaves_nothing_behind
    a_failing_ledger_is_no_ok
    a_ledger_that_never_answers_is_given_up
    a_directory_that_never_answers_is_given_up
    a_message_that_never_ends_is_given_up
    a_shutdown_waits_for_the_message_under_way
    one_connection_too_many
    one_connection_from_an_address_too_many
    a_recipient_removed_meanwhile_is_no_ok
    a_recipient_disabled_or_moved_meanwhile_is_told
    a_client_that_leaves_before_the_replies_finds_whole_messages
}

const READY: &str = "
    C: MAIL FROM:<a@b>
    C: RCPT TO:<alice>
    C: DATA
    S: 250 2.1.0 OK
    S: 250 2.1.5 OK
    S: 354 *";

async fn a_client_that_leaves_in_the_middle_of_a_message_leaves_nothing_behind(on: On) {
    let server = start(on, Options::default()).await;
    let mut client = lhlo(&server).await;
    client.play(READY).await;
    client.send(b"Subject: half of it\r\n\r\n.\r").await;
    drop(client);
    let mut other = lhlo(&server).await;
    other.play(READY).await;
    other.play("C: whole\nC: .\nS: 250 2.0.0 *").await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["whole\r\n"]);
}

async fn a_failing_ledger_is_no_ok(on: On) {
    let (server, ledger) = moody(on, Options::default()).await;
    let mut client = lhlo(&server).await;
    for (mood, reply) in [
        (Mood::Fails(Fault::Unavailable), "451 4.3.0 <alice> the store is not available"),
        (Mood::CommitsFail(Fault::Unavailable), "451 4.3.0 <alice> the store is not available"),
        (Mood::Fails(Fault::Contended), "451 4.3.0 <alice> the store is busy"),
        (Mood::CommitsFail(Fault::Corrupt), "451 4.3.0 <alice> the store is damaged"),
        (Mood::Refuses(Refusal::NoSuchMailbox), "550 5.2.1 <alice> no such mailbox"),
        (Mood::Refuses(Refusal::UidsExhausted), "452 4.2.2 <alice> the mailbox is full"),
        (
            Mood::Refuses(Refusal::NoRight),
            "451 4.2.0 <alice> the mailbox cannot take it at present",
        ),
    ] {
        ledger.by.is_in(mood);
        client.play(READY).await;
        client.play(&format!("C: lost?\nC: .\nS: {reply}")).await;
    }
    ledger.by.is_in(Mood::Works);
    client.play(READY).await;
    client.play("C: again\nC: .\nS: 250 2.0.0 <alice> * saved").await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["again\r\n"]);
}

async fn a_ledger_that_never_answers_is_given_up(on: On) {
    let settings = Settings { delivery: Duration::from_millis(20), ..bare() };
    let (server, ledger) = moody(on, settings).await;
    let mut client = lhlo(&server).await;
    for mood in [Mood::Hangs, Mood::CommitsHang] {
        ledger.by.is_in(mood);
        client.play(READY).await;
        client.play("C: lost?\nC: .\nS: 451 4.3.0 <alice> the store does not answer").await;
    }
}

async fn a_directory_that_never_answers_is_given_up(on: On) {
    let settings = Settings { routing: Duration::from_millis(20), ..bare() };
    let server = start(on, settings).await;
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

async fn a_message_that_never_ends_is_given_up(on: On) {
    let server = start(on, Settings { message: Duration::from_millis(50), ..bare() }).await;
    let mut client = lhlo(&server).await;
    client.play(READY).await;
    client.play("C: and then\nS: 421 4.4.2 you took too long\nS-").await;
    let mut other = lhlo(&server).await;
    other.play("C: NOOP\nS: 250 2.0.0 OK").await;
}

async fn a_shutdown_waits_for_the_message_under_way(on: On) {
    let server = start(on, Options::default()).await;
    let (mut idle, mut busy) = (lhlo(&server).await, lhlo(&server).await);
    busy.play(READY).await;
    server.shut_down();
    idle.play("S: 421 4.3.2 shutting down\nS-").await;
    busy.play("C: text\nC: .\nS: 250 2.0.0 <alice> * saved\nS: 421 4.3.2 shutting down\nS-").await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["text\r\n"]);
}

async fn one_connection_too_many(on: On) {
    let limits = wire::Limits { total: 1, per_address: 1 };
    the_second_is_refused(on, limits, "too many connections").await;
}

async fn one_connection_from_an_address_too_many(on: On) {
    let limits = wire::Limits { total: 9, per_address: 1 };
    the_second_is_refused(on, limits, "too many connections from your address").await;
}

async fn the_second_is_refused(on: On, limits: wire::Limits, why: &str) {
    let wire = wire::Settings { gate: wire::Gate::new(limits), ..wire::Settings::default() };
    let server = start(on, Options { wire, ..Options::default() }).await;
    let _first = lhlo(&server).await;
    play(&server, &format!("S: 421 store.example {why}\nS-")).await;
}

/// Somebody who was there at RCPT and is not at the end of the message gets nothing, and the sender
/// is told so: nothing is stored for an account that nobody has.
async fn a_recipient_removed_meanwhile_is_no_ok(on: On) {
    let server = start(on, Settings { route_age: Duration::ZERO, ..bare() }).await;
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

/// Whoever takes no mail any more, or whose address leads elsewhere since, is heard of again when
/// the sender tries again.
async fn a_recipient_disabled_or_moved_meanwhile_is_told(on: On) {
    let server = start(on, Settings { route_age: Duration::ZERO, ..bare() }).await;
    let mut client = lhlo(&server).await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<moving>
             C: RCPT TO:<pausing>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: text
             C: .
             S: 451 4.4.3 <moving> the mail for it goes elsewhere since
             S: 450 4.2.1 <pausing> takes no mail at present",
        )
        .await;
    for number in [LEAVING, BOB] {
        assert_eq!(server.mail(number).texts("INBOX").await, [""; 0]);
    }
    client.play(&READY.replace("alice", "moving")).await;
    client.play("C: text\nC: .\nS: 250 2.0.0 <moving> * saved").await;
    assert_eq!(server.mail(BOB).texts("INBOX").await, ["text\r\n"]);
}

/// A client that is gone before it hears the replies: what was stored is stored whole, once for each.
async fn a_client_that_leaves_before_the_replies_finds_whole_messages(on: On) {
    let server = start(on, Options::default()).await;
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
