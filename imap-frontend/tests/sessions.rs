//! The ten ways in which sessions of other servers were seen to go wrong, as tests that pass here;
//! and what happens around sessions: shutdown, quota, slow peers.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::client::Client;
use common::model::Model;
use common::{On, Options, Server};
use mailstore::id::{AccountId, MailboxId};
use mailstore::mailbox::Quota;
use mailstore::time::Timestamp;
use mailstore::{Incoming, Mailstore};

harness::everywhere! {
    [
        memory = On::Memory,
        embedded = On::Embedded,
        memory_with_a_deaf_beacon = On::DeafMemory,
        embedded_with_a_deaf_beacon = On::DeafEmbedded
    ]
    j1_whatever_order_writers_finish_in_all_is_told
    j2_an_arrival_during_select_is_counted_once
    j3_an_own_append_comes_after_what_came_before
    j4_an_own_append_that_another_expunges_goes
    j5_an_own_append_that_another_flags_is_told
    j6_a_move_and_an_append_at_once_stay_in_order
    j7_noop_needs_no_beacon
    j8_a_journal_that_is_trimmed_leads_to_a_resync
    j9_what_is_announced_can_be_read
    j10_many_flags_at_once_all_count
    idle_tells_what_others_do
    only_so_many_accounts_are_watched
    over_quota_is_said
    a_shutdown_is_told
    a_peer_that_stops_reading_holds_up_nobody
}

fn joe() -> AccountId {
    AccountId::new(1).unwrap()
}

async fn deliver(store: &Mailstore, text: &str) {
    let message = store.prepare(Bytes::copy_from_slice(text.as_bytes())).unwrap();
    store.append(joe().into(), MailboxId::INBOX, vec![Incoming::new(message)]).await.unwrap();
}

async fn fresh(server: &Server, mailbox: &str) -> Vec<(u32, String)> {
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let model = Model::select(&mut client, mailbox).await;
    model.known()
}

/// J1: a change whose MODSEQ is lower but which is committed later is lost to a session that reads
/// between the two.
async fn j1_whatever_order_writers_finish_in_all_is_told(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut writers = Vec::new();
    for writer in 0..3_usize {
        let (store, address) = (server.store.clone(), server.address);
        writers.push(tokio::spawn(async move {
            let mut client = Client::select(address, "INBOX").await;
            for round in 0..12 {
                match (round + writer) % 4 {
                    0 | 1 => deliver(&store, "Subject: x\r\n\r\n").await,
                    2 => drop(client.command("STORE 1:* +FLAGS.SILENT (\\Flagged)").await),
                    _ => {
                        client.command("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
                        client.command("EXPUNGE").await;
                    }
                }
                client.command("STORE 1:* -FLAGS (\\Flagged)").await;
            }
        }));
    }
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let mut model = Model::select(&mut client, "INBOX").await;
    while writers.iter().any(|writer| !writer.is_finished()) {
        model.noop(&mut client).await;
        model.known();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    model.noop(&mut client).await;
    assert_eq!(model.known(), fresh(&server, "INBOX").await);
    server.stop().await;
}

/// J2: an arrival between the reading of the head and of the UIDs is counted twice.
async fn j2_an_arrival_during_select_is_counted_once(on: On) {
    let server = Server::start(on, Options::default()).await;
    let store = server.store.clone();
    let writer = tokio::spawn(async move {
        for _ in 0..40 {
            deliver(&store, "x").await;
        }
    });
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let mut model;
    loop {
        let done = writer.is_finished();
        model = Model::select(&mut client, "INBOX").await;
        model.noop(&mut client).await;
        model.known();
        if done {
            break;
        }
    }
    assert_eq!(model.known().len(), 40);
    writer.await.unwrap();
    server.stop().await;
}

/// J3: one's own APPEND is put before an arrival that has not been told yet.
async fn j3_an_own_append_comes_after_what_came_before(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::select(server.address, "INBOX").await;
    deliver(&server.store, "theirs").await;
    assert!(client.append("INBOX", b"mine").await.starts_with("OK [APPENDUID"));
    deliver(&server.store, "theirs").await;
    client.ok("NOOP").await;
    for (uid, text) in [(1, "theirs"), (2, "mine"), (3, "theirs")] {
        let body = client.content(uid, "BODY.PEEK[]", "BODY[]").await;
        assert_eq!(body.unwrap(), text.as_bytes());
    }
    server.stop().await;
}

/// J4: a message of one's own that another session expunges at once stays as a ghost.
async fn j4_an_own_append_that_another_expunges_goes(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let mut model = Model::select(&mut client, "INBOX").await;
    let mut other = Client::select(server.address, "INBOX").await;
    client.send(b"x APPEND INBOX {4+}\r\nmine\r\n").await;
    // The other session is quick: nothing is read of the first one's answer before it is done.
    while other.ok("NOOP").await.is_empty() {}
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    loop {
        let line = String::from_utf8(client.line().await).unwrap();
        if line.starts_with("x OK") {
            break;
        }
        model.hear(&line);
    }
    model.noop(&mut client).await;
    assert_eq!(model.known(), []);
    server.stop().await;
}

/// J5: a flag that another session sets on it at once is lost.
async fn j5_an_own_append_that_another_flags_is_told(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let mut model = Model::select(&mut client, "INBOX").await;
    let mut other = Client::select(server.address, "INBOX").await;
    client.append("INBOX", b"mine").await;
    model.hear("* 1 EXISTS");
    other.ok("NOOP").await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Draft)").await;
    for _ in 0..2 {
        model.noop(&mut client).await;
    }
    assert_eq!(model.known(), [(1, "\\Draft \\Flagged \\Seen".to_owned())]);
    server.stop().await;
}

/// J6: the UIDs of a MOVE are told after that of an APPEND that came between.
async fn j6_a_move_and_an_append_at_once_stay_in_order(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut mover = Client::connect(server.address).await;
    mover.ok("LOGIN joe secret").await;
    let message = server.store.prepare(Bytes::from_static(b"x")).unwrap();
    let many = (0..600).map(|_| Incoming::new(message.clone())).collect();
    mover.ok("CREATE many").await;
    let mailboxes = server.store.mailboxes(joe()).await.unwrap();
    let id = mailboxes.find("many").unwrap().id;
    server.store.append(joe().into(), id, many).await.unwrap();
    mover.ok("SELECT many").await;

    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let mut model = Model::select(&mut client, "INBOX").await;
    let moving = tokio::spawn(async move { mover.ok("MOVE 1:* INBOX").await.len() });
    let mut delivered = 0;
    while !moving.is_finished() {
        deliver(&server.store, "between").await;
        delivered += 1;
        model.noop(&mut client).await;
        model.known();
    }
    assert!(moving.await.unwrap() >= 600);
    model.noop(&mut client).await;
    assert_eq!(model.known().len(), 600 + delivered);
    assert_eq!(model.known(), fresh(&server, "INBOX").await);
    server.stop().await;
}

/// J7: NOOP only tells what a beacon has announced.
async fn j7_noop_needs_no_beacon(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::select(server.address, "INBOX").await;
    deliver(&server.store, "x").await;
    assert_eq!(client.ok("NOOP").await, ["* 1 EXISTS", "* 1 RECENT"]);
    server.stop().await;
}

/// J8: what is no longer in the journal is never told.
async fn j8_a_journal_that_is_trimmed_leads_to_a_resync(on: On) {
    let store = mailstore::Settings {
        journal: Duration::ZERO,
        grace: Duration::ZERO,
        ..mailstore::Settings::default()
    };
    let server = Server::start(on, Options { store, ..Options::default() }).await;
    for _ in 0..5 {
        deliver(&server.store, "x").await;
    }
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let mut model = Model::select(&mut client, "INBOX").await;
    let mut other = Client::select(server.address, "INBOX").await;
    other.ok("STORE 2,4 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    other.ok("STORE 2 +FLAGS.SILENT (\\Flagged)").await;
    deliver(&server.store, "new").await;
    let later = Timestamp::from_millis(Timestamp::now().millis() + 3_600_000);
    server.store.sweep(later).await.unwrap();
    model.noop(&mut client).await;
    let uids: Vec<_> = model.known().into_iter().map(|message| message.0).collect();
    assert_eq!(uids, [1, 3, 5, 6]);
    assert_eq!(model.known(), fresh(&server, "INBOX").await);
    server.stop().await;
}

/// J9: a message that has been announced cannot be read yet.
async fn j9_what_is_announced_can_be_read(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::select(server.address, "INBOX").await;
    let store = server.store.clone();
    let writer = tokio::spawn(async move {
        for number in 0..30 {
            deliver(&store, &format!("message {number}")).await;
        }
    });
    let mut told = 0;
    while told < 30 {
        for line in client.ok("NOOP").await {
            if let Some(count) = line.strip_suffix(" EXISTS") {
                told = count[2..].parse().unwrap();
                let lines = client.ok(&format!("FETCH 1:{told} BODY.PEEK[]")).await;
                assert_eq!(lines.len(), told);
            }
        }
    }
    writer.await.unwrap();
    server.stop().await;
}

/// J10: STORE of several flags updates only some of what is searched and counted.
async fn j10_many_flags_at_once_all_count(on: On) {
    let server = Server::start(on, Options::default()).await;
    deliver(&server.store, "x").await;
    let mut client = Client::select(server.address, "INBOX").await;
    let all = "(\\Seen \\Flagged \\Deleted \\Draft)";
    client.ok(&format!("STORE 1 +FLAGS.SILENT {all}")).await;
    assert_eq!(client.ok("SEARCH SEEN FLAGGED DELETED DRAFT").await, ["* SEARCH 1"]);
    let status = client.ok("STATUS INBOX (UNSEEN DELETED)").await;
    assert_eq!(status, ["* STATUS INBOX (UNSEEN 0 DELETED 1)"]);
    client.ok("STORE 1 -FLAGS.SILENT (\\Deleted \\Draft)").await;
    assert_eq!(client.ok("SEARCH SEEN FLAGGED UNDELETED UNDRAFT").await, ["* SEARCH 1"]);
    client.ok("EXPUNGE").await;
    let status = client.ok("STATUS INBOX (MESSAGES UNSEEN DELETED)").await;
    assert_eq!(status, ["* STATUS INBOX (MESSAGES 1 UNSEEN 0 DELETED 0)"]);
    server.stop().await;
}

async fn idle_tells_what_others_do(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let mut model = Model::select(&mut client, "INBOX").await;
    client.send(b"i IDLE\r\n").await;
    assert_eq!(client.line().await, b"+ idling");
    let mut other = Client::select(server.address, "INBOX").await;
    for _ in 0..5 {
        deliver(&server.store, "x").await;
    }
    while model.messages.len() < 5 {
        model.hear(&String::from_utf8(client.line().await).unwrap());
    }
    other.ok("NOOP").await;
    other.ok("STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    while model.messages.len() > 4 {
        model.hear(&String::from_utf8(client.line().await).unwrap());
    }
    client.send(b"DONE\r\n").await;
    loop {
        let line = String::from_utf8(client.line().await).unwrap();
        if line.starts_with("i OK") {
            break;
        }
        model.hear(&line);
    }
    model.noop(&mut client).await;
    assert_eq!(model.known(), fresh(&server, "INBOX").await);
    server.stop().await;
}

/// NOTIFY watches the mailboxes of 64 users in one session, and says so of more.
async fn only_so_many_accounts_are_watched(on: On) {
    let server = Server::start(on, Options::default()).await;
    for number in 0..64 {
        share_with_joe(&server, number, "SETACL INBOX joe lr").await;
    }
    let mut client = Client::select(server.address, "INBOX").await;
    let command = "NOTIFY SET (subscribed (MessageNew MessageExpunge))";
    let end = client.end(command).await;
    assert_eq!(end, "NO [NOTIFICATIONOVERFLOW] These are too many users' mailboxes");
    share_with_joe(&server, 0, "DELETEACL INBOX joe").await;
    client.ok(command).await;
}

async fn share_with_joe(server: &Server, number: u32, command: &str) {
    let mut other = Client::connect(server.address).await;
    other.ok(&format!("LOGIN user{number} secret")).await;
    other.ok(command).await;
}

async fn over_quota_is_said(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut client = Client::select(server.address, "INBOX").await;
    let quota = Quota { bytes: Some(100), messages: Some(3) };
    server.store.set_quota(joe(), quota).await.unwrap();
    assert!(client.append("INBOX", &[b'x'; 101]).await.starts_with("NO [OVERQUOTA]"));
    assert!(client.append("INBOX", &[b'x'; 90]).await.starts_with("OK [APPENDUID"));
    assert!(client.end("COPY 1 Sent").await.starts_with("NO [OVERQUOTA]"));
    assert!(client.end("MOVE 1 Sent").await.starts_with("OK"));
    server.stop().await;
}

async fn a_shutdown_is_told(on: On) {
    let server = Server::start(on, Options::default()).await;
    let mut waiting = Client::select(server.address, "INBOX").await;
    let mut idling = Client::select(server.address, "INBOX").await;
    idling.send(b"i IDLE\r\n").await;
    assert_eq!(idling.line().await, b"+ idling");
    server.shut_down();
    for client in [&mut waiting, &mut idling] {
        assert_eq!(client.line().await, b"* BYE The server is shutting down");
        assert_eq!(client.line().await, b"");
    }
    server.stop().await;
}

/// A client asks for more than the socket holds and reads nothing of it.
async fn a_peer_that_stops_reading_holds_up_nobody(on: On) {
    let server = Server::start(on, Options::default()).await;
    let text = "x".repeat(500_000);
    for _ in 0..20 {
        deliver(&server.store, &text).await;
    }
    let mut stuck = Vec::new();
    for _ in 0..5 {
        let mut client = Client::select(server.address, "INBOX").await;
        client.send(b"f FETCH 1:* BODY.PEEK[]\r\n").await;
        client.line().await;
        stuck.push(client);
    }
    let mut client = Client::select(server.address, "INBOX").await;
    deliver(&server.store, "small").await;
    assert_eq!(client.ok("NOOP").await, ["* 21 EXISTS", "* 1 RECENT"]);
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    // Who reads on at last gets all of what was asked for.
    for mut client in stuck {
        for number in 2..=20 {
            let line = client.line().await;
            assert!(line.starts_with(format!("* {number} FETCH (BODY[] {{500000}}").as_bytes()));
            assert_eq!(line.iter().filter(|byte| **byte == b'x').count(), 500_000);
        }
        assert!(client.line().await.starts_with(b"f OK"));
    }
    drop(client);
    server.stop().await;
}
