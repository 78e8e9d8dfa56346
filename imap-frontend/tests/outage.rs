//! A store that cannot be reached for a while: what is asked meanwhile is refused, and sessions that
//! wait for news go on, and are told in the end.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::client::Client;
use common::{Options, Server};
use contract::faults::{FailAfter, Interfered, Lost, Mood, Moody};
use harness::{JOE, account};
use mailstore::backends::memory;
use mailstore::store::Fault;
use mailstore::{Backend, Incoming};

async fn start() -> (Server, Arc<Interfered<Moody>>) {
    let backend = memory::backend();
    let ledger = Interfered::new(backend.ledger, Moody::default());
    let outage = Arc::clone(&ledger);
    (Server::on_backend(Backend { ledger, ..backend }, Options::default()).await, outage)
}

/// A server whose store fails one call, and joe's first mail on it.
async fn failing() -> (Server, Arc<Interfered<FailAfter>>) {
    let backend = memory::backend();
    let ledger = Interfered::new(backend.ledger, FailAfter::losing(Lost::Call));
    let failure = Arc::clone(&ledger);
    let server = Server::on_backend(Backend { ledger, ..backend }, Options::default()).await;
    let mut client = Client::select(server.address, "INBOX").await;
    client.append("INBOX", b"Subject: 1\r\nMessage-ID: <a@b>\r\n\r\ntext").await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    (server, failure)
}

/// Each of those that read or write something.
const COMMANDS: [&str; 35] = [
    "SELECT INBOX",
    "EXAMINE INBOX",
    "CREATE x",
    "DELETE box",
    "RENAME box other",
    "SUBSCRIBE box",
    "UNSUBSCRIBE box",
    "LIST \"\" *",
    "LSUB \"\" *",
    "STATUS box (MESSAGES)",
    "SETACL INBOX jane lr",
    "DELETEACL INBOX jane",
    "GETACL INBOX",
    "LISTRIGHTS INBOX jane",
    "MYRIGHTS INBOX",
    "GETMETADATA INBOX /shared/comment",
    "SETMETADATA INBOX (/shared/comment \"x\")",
    "GETQUOTAROOT INBOX",
    "NOTIFY SET (personal (MessageNew MessageExpunge))",
    "NOTIFY SET STATUS (personal (MessageNew MessageExpunge))",
    "APPEND INBOX {1+}\r\nx",
    "REPLACE 1 box {1+}\r\nx",
    "COPY 1 box",
    "MOVE 1 box",
    "EXPUNGE",
    "UID EXPUNGE 1",
    "STORE 1 FLAGS (\\Seen)",
    "FETCH 1 BODY[]",
    "SEARCH SUBJECT 1",
    "ESEARCH IN (personal) SUBJECT 1",
    "SORT (SUBJECT) UTF-8 ALL",
    "THREAD REFERENCES UTF-8 ALL",
    "UID FETCH 1 FLAGS",
    "NOOP",
    "CHECK",
];

/// Whichever call of a command is the one that fails.
#[tokio::test]
async fn every_command_says_that_the_store_is_away() {
    for command in COMMANDS {
        let (mut refused, mut calls) = (0, 0);
        loop {
            let (server, failure) = failing().await;
            let mut client = Client::connect(server.address).await;
            client.ok("LOGIN joe secret").await;
            client.ok("CREATE box").await;
            client.ok("SELECT INBOX").await;
            failure.by.arm(calls);
            let end = client.end(command).await;
            if failure.by.is_armed() {
                break;
            }
            match end.as_str() {
                "NO [UNAVAILABLE] The mail store is unavailable; try again later"
                | "NO [UNAVAILABLE] The mailbox could not be read; try again" => {
                    refused += 1;
                    client.ok("NOOP").await;
                }
                // It was done, and only what happened since could not be read.
                done => assert!(done.starts_with("OK"), "{command}: {done}"),
            }
            calls += 1;
        }
        assert!(refused > 0, "{command}");
    }
}

/// What a command itself has done is told, or the session ends.
#[tokio::test]
async fn a_session_that_cannot_be_told_what_it_did_ends() {
    let (mut ended, mut calls) = (0, 0);
    loop {
        let (server, failure) = failing().await;
        let mut client = Client::select(server.address, "INBOX").await;
        failure.by.arm(calls);
        let lines = client.command("EXPUNGE").await;
        if failure.by.is_armed() {
            assert_eq!(lines, [&b"* 1 EXPUNGE"[..], b"OK Expunged"]);
            break;
        }
        if lines == [b"OK Expunged"] {
            ended += 1;
            let bye = b"* BYE [UNAVAILABLE] The mailbox could not be read; try again\r\n";
            assert_eq!(client.rest().await, bye);
        }
        calls += 1;
    }
    assert!(ended > 0);
}

/// Whichever call fails while a search is brought up to date: it is, or it is said that it is not.
#[tokio::test]
async fn a_search_that_cannot_be_kept_current_is_given_up() {
    let (mut given_up, mut calls) = (0, 0);
    loop {
        let (server, failure) = failing().await;
        let mut client = Client::select(server.address, "INBOX").await;
        client.ok("SEARCH RETURN (UPDATE COUNT) SUBJECT 1").await;
        let mut other = Client::connect(server.address).await;
        other.ok("LOGIN joe secret").await;
        other.append("INBOX", b"Subject: 12\r\n\r\n").await;
        failure.by.arm(calls);
        let lines = client.command("NOOP").await;
        let armed = failure.by.is_armed();
        let told = |line: &[u8]| lines.iter().any(|told| told == line);
        if told(b"* NO [NOUPDATE \"t3\"] The search could not be kept current") {
            given_up += 1;
        } else if told(b"OK Done") {
            assert!(told(b"* ESEARCH (TAG \"t3\") ADDTO (0 2)"), "{lines:?}");
        }
        if armed {
            break;
        }
        calls += 1;
    }
    assert!(given_up > 0);
}

/// Whichever call fails: after a search that was to be saved and is refused, `$` is empty (RFC 5182 2.1).
#[tokio::test]
async fn a_refused_search_saves_nothing() {
    for command in ["SEARCH RETURN (SAVE) TEXT x", "ESEARCH IN (selected) RETURN (SAVE) TEXT x"] {
        let (mut refused, mut calls) = (0, 0);
        loop {
            let (server, failure) = failing().await;
            let mut client = Client::select(server.address, "INBOX").await;
            client.ok("SEARCH RETURN (SAVE) ALL").await;
            failure.by.arm(calls);
            let end = client.end(command).await;
            if failure.by.is_armed() {
                break;
            }
            if end.starts_with("NO [UNAVAILABLE]") {
                refused += 1;
                assert!(client.ok("FETCH $ (UID)").await.is_empty(), "{command}, {calls}");
            }
            calls += 1;
        }
        assert!(refused > 0, "{command}");
    }
}

/// Whichever call fails while news of other mailboxes are told in IDLE: they are told later, or the
/// client hears that it has missed some.
#[tokio::test]
async fn news_are_told_later_or_said_to_be_lost() {
    for (calls, enter) in (0..12).flat_map(|calls| [(calls, "IDLE"), (calls, "NOOP")]) {
        let (server, failure) = failing().await;
        let mut client = Client::connect(server.address).await;
        client.ok("LOGIN joe secret").await;
        client.ok("CREATE box").await;
        client.ok("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))").await;
        client.send(format!("i {enter}\r\n").as_bytes()).await;
        let begun = client.line().await;
        assert!(begun.starts_with(b"+ idling") || begun.starts_with(b"i OK"), "{begun:?}");
        let message = server.store.prepare("x".into()).unwrap();
        let mailboxes = server.store.mailboxes(account(JOE)).await.unwrap();
        let into = mailboxes.find("box").unwrap().id;
        let mail = vec![Incoming::new(message)];
        failure.by.arm(calls);
        if server.store.append(account(JOE).into(), into, mail).await.is_err() {
            continue;
        }
        let told = client.line().await;
        let told = String::from_utf8_lossy(&told).into_owned();
        let lost = "* OK [NOTIFICATIONOVERFLOW] Some events were missed";
        assert!(told.starts_with("* STATUS box (MESSAGES 1 ") || told == lost, "{calls}: {told}");
    }
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
