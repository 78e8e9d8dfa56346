//! What a script cannot say: TLS, crashes, slow peers, stores that fail.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use common::client::Client;
use common::{On, Options, Server};
use contract::faults::{FailAfter, Interfered, Lost, Mood, Moody};
use harness::{JOE, Talk, account};
use mailstore::blob::ObjectName;
use mailstore::change::Refusal;
use mailstore::store::{BlobStore, Fault, LeaseAsk, LeaseHolder, LeaseOp, StoreError};
use mailstore::time::Timestamp;
use wire::{Gate, Limits};

harness::everywhere! {
    top_reads_no_part_that_it_does_not_send
    a_blob_store_that_goes_away_in_the_midst_ends_the_connection
    a_failing_store_is_told
    a_store_in_a_bad_mood_is_told
    one_connection_too_many
    without_a_lease_nobody_gets_in
    the_lock_of_a_crashed_host_goes_away
    two_hosts_share_the_lock
    who_hangs_up_deletes_nothing
    who_takes_nothing_is_let_go
    a_large_maildrop_is_listed_in_full
}

/// Blobs that count how often they are read, and may fail.
#[derive(Debug)]
struct Counted {
    blobs: Arc<dyn BlobStore>,
    reads: Arc<AtomicUsize>,
    /// The read that fails, counted from 1; 0 for none.
    failing: usize,
}

#[async_trait]
impl BlobStore for Counted {
    async fn put(&self, name: &ObjectName, bytes: bytes::Bytes) -> Result<(), StoreError> {
        self.blobs.put(name, bytes).await
    }

    async fn get(
        &self,
        name: &ObjectName,
        range: std::ops::Range<u64>,
    ) -> Result<bytes::Bytes, StoreError> {
        let count = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
        if count == self.failing {
            return Err(StoreError::unavailable("get", "the blobs are away"));
        }
        self.blobs.get(name, range).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.blobs.delete(name).await
    }

    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError> {
        self.blobs.list(folder).await
    }
}

/// A message whose second part stands in the blob store.
fn with_attachment() -> Vec<u8> {
    let mut raw = b"Subject: two parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\n\r\none\r\ntwo\r\n--b\r\nContent-Type: image/png\r\n\r\n"
        .to_vec();
    raw.extend((0..3_000_000_u32).map(|i| ((i.wrapping_mul(i) >> 5) as u8) | 0x80));
    raw.extend(b"\r\n--b--\r\n");
    raw
}

async fn counted(on: On, failing: usize) -> (Server, Arc<AtomicUsize>) {
    let mut opened = on.open().await;
    let reads = Arc::new(AtomicUsize::new(0));
    let blobs = Counted { blobs: opened.backend.blobs, reads: Arc::clone(&reads), failing };
    opened.backend.blobs = Arc::new(blobs);
    (Server::on_opened(opened, Options::default()).await, reads)
}

/// A server whose ledger loses a call when it is told to.
async fn failing(on: On) -> (Server, Arc<Interfered<FailAfter>>) {
    let mut opened = on.open().await;
    let ledger = Interfered::new(opened.backend.ledger, FailAfter::losing(Lost::Call));
    opened.backend.ledger = ledger.clone();
    (Server::on_opened(opened, Options::default()).await, ledger)
}

async fn top_reads_no_part_that_it_does_not_send(on: On) {
    let (server, reads) = counted(on, 0).await;
    server.mail(JOE).append(with_attachment()).await;
    let mut client = Client::login(server.address).await;
    let top = client.lines("TOP 1 4").await;
    assert!(top.ends_with(b"\r\n\r\n--b\r\n\r\none\r\ntwo\r\n"));
    assert_eq!(reads.load(Ordering::SeqCst), 0);
    let whole = client.lines("TOP 1 1000000000").await;
    assert!(whole == with_attachment());
    assert!(reads.load(Ordering::SeqCst) > 1);
}

/// A message that breaks off is no message: there is no end, and the connection is closed.
async fn a_blob_store_that_goes_away_in_the_midst_ends_the_connection(on: On) {
    let (server, _) = counted(on, 2).await;
    server.mail(JOE).append(with_attachment()).await;
    let mut client = Client::login(server.address).await;
    client.send(b"RETR 1\r\n").await;
    let said = client.rest().await;
    assert!(said.starts_with(b"+OK ") && !said.ends_with(b"\r\n.\r\n"), "{}", said.len());
    drop(client);
    let mut client = Client::login_when_free(server.address).await;
    assert!(client.lines("RETR 1").await == with_attachment());
}

/// One that is away from the start is told as an error, and the session goes on.
async fn a_failing_store_is_told(on: On) {
    let (server, faults) = failing(on).await;
    server.mail(JOE).append("one\r\n").await;
    let mut client = Client::login(server.address).await;
    for command in ["RETR 1", "TOP 1 1", "LIST", "UIDL 1", "DELE 1"] {
        faults.by.arm(0);
        client.send(format!("{command}\r\n").as_bytes()).await;
        assert_eq!(client.line().await, "-ERR [SYS/TEMP] the store is not available");
    }
    client.ok("DELE 1").await;
    // The lease is confirmed, then the commit fails.
    faults.by.arm(1);
    client.send(b"QUIT\r\n").await;
    let said = client.line().await;
    assert!(said.starts_with("-ERR [SYS/TEMP] some deleted messages were not removed"), "{said}");
    assert_eq!(client.line().await, "");
    assert_eq!(server.mail(JOE).rows("INBOX").await.len(), 1);
}

/// What cannot be done is told as what it is.
async fn a_store_in_a_bad_mood_is_told(on: On) {
    let mut opened = on.open().await;
    let ledger = Interfered::new(opened.backend.ledger, Moody::default());
    opened.backend.ledger = ledger.clone();
    let server = Server::on_opened(opened, Options::default()).await;
    server.mail(JOE).append("one\r\n").await;
    for (mood, reply) in [
        (Mood::Fails(Fault::Unavailable), "-ERR [SYS/TEMP] the store is not available"),
        (Mood::Fails(Fault::Contended), "-ERR [SYS/TEMP] the store is busy"),
        (Mood::Fails(Fault::Corrupt), "-ERR [SYS/PERM] the store is damaged"),
    ] {
        let mut client = Client::login_when_free(server.address).await;
        client.ok("DELE 1").await;
        ledger.by.is_in(mood);
        client.send(b"RSET\r\nRETR 1\r\n").await;
        assert_eq!(client.line().await, "+OK maildrop has 1 messages (5 octets)");
        assert_eq!(client.line().await, reply);
        ledger.by.is_in(Mood::Works);
        client.ok("QUIT").await;
    }
    let mut client = Client::login_when_free(server.address).await;
    client.ok("DELE 1").await;
    ledger.by.is_in(Mood::Refuses(Refusal::NoRight));
    client.send(b"QUIT\r\n").await;
    let reply =
        "-ERR [SYS/PERM] some deleted messages were not removed: you have no right to do that";
    assert_eq!(client.line().await, reply);
    assert_eq!(server.mail(JOE).rows("INBOX").await.len(), 1);
}

async fn one_connection_too_many(on: On) {
    for (limits, why) in [
        (Limits { total: 1, per_address: 9 }, "too many connections"),
        (Limits { total: 9, per_address: 1 }, "too many connections from your address"),
    ] {
        let mut options = Options::default();
        options.wire.gate = Gate::new(limits);
        let server = Server::start(on, options).await;
        let _first = Client::connect(server.address).await;
        let mut second = Client::silent(server.address).await;
        assert_eq!(second.line().await, format!("-ERR [SYS/TEMP] {why}"));
        assert_eq!(second.line().await, "");
    }
}

/// A lock that cannot be taken is not had.
async fn without_a_lease_nobody_gets_in(on: On) {
    let (server, faults) = failing(on).await;
    let mut client = Client::connect(server.address).await;
    client.ok("USER joe").await;
    faults.by.arm(0);
    client.send(b"PASS secret\r\n").await;
    assert_eq!(client.line().await, "-ERR [SYS/TEMP] the store is not available");
    client.ok("USER joe").await;
    client.ok("PASS secret").await;
}

/// The lease of a session that is gone without a word.
async fn take(server: &Server, seconds: i64) {
    let now = Timestamp::now();
    let until = Timestamp::from_millis(now.millis() + 1_000 * seconds);
    let op = LeaseOp::Take { now, until };
    let ask = LeaseAsk { account: account(JOE), name: "pop3".into(), holder: LeaseHolder(7), op };
    let held = server.store.ledger().lease(&ask).await.unwrap();
    assert_eq!(held.map(|held| held.holder), Some(LeaseHolder(7)));
}

async fn the_lock_of_a_crashed_host_goes_away(on: On) {
    let server = Server::start(on, Options::default()).await;
    take(&server, 5).await;
    let mut client = Client::connect(server.address).await;
    client.ok("USER joe").await;
    client.send(b"PASS secret\r\n").await;
    assert_eq!(client.line().await, "-ERR [IN-USE] another session has the maildrop");
    Client::login_when_free(server.address).await;
}

/// The lock is the store's: two servers on one store share it.
async fn two_hosts_share_the_lock(on: On) {
    let opened = on.open().await;
    let here = Server::on_backend(opened.backend.clone(), Options::default()).await;
    let there = Server::on_backend(opened.backend, Options::default()).await;
    here.mail(JOE).append("one\r\n").await;
    let mut client = Client::login(here.address).await;
    client.ok("DELE 1").await;
    let mut second = Client::connect(there.address).await;
    second.ok("USER joe").await;
    second.send(b"PASS secret\r\n").await;
    assert_eq!(second.line().await, "-ERR [IN-USE] another session has the maildrop");
    client.ok("QUIT").await;
    second.ok("USER joe").await;
    assert_eq!(second.ok("PASS secret").await, "maildrop has 0 messages (0 octets)");
}

/// A session outlives its first lease, for it renews it; and one that has lost it stops. In memory,
/// where nothing but the time that passes lets a lease end.
#[tokio::test]
async fn a_lease_is_renewed_and_its_loss_noticed() {
    let mut options = Options::default();
    options.pop3.lease = Duration::from_millis(600);
    let server = Server::start(On::Memory, options).await;
    server.mail(JOE).append("one\r\n").await;
    let mut client = Client::login(server.address).await;
    client.ok("DELE 1").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let mut second = Client::connect(server.address).await;
    second.ok("USER joe").await;
    second.send(b"PASS secret\r\n").await;
    assert_eq!(second.line().await, "-ERR [IN-USE] another session has the maildrop");

    // Another has the lease, as if this host had been asleep.
    server.store.ledger().forget(account(JOE)).await.unwrap();
    server.mail(JOE).append("two\r\n").await;
    take(&server, 60).await;
    client.send(b"QUIT\r\n").await;
    let said = client.line().await;
    assert!(said.ends_with("the maildrop was given to another session"), "{said}");
    assert_eq!(server.mail(JOE).rows("INBOX").await.len(), 1);
}

/// Hanging up is no QUIT, and frees the maildrop.
async fn who_hangs_up_deletes_nothing(on: On) {
    let server = Server::start(on, Options::default()).await;
    server.mail(JOE).append("one\r\n").await;
    let mut client = Client::login(server.address).await;
    client.ok("DELE 1").await;
    drop(client);
    let mut client = Client::login_when_free(server.address).await;
    assert_eq!(client.ok("STAT").await, "1 5");
}

/// A client that takes nothing of what it has asked for is let go, and its maildrop with it.
async fn who_takes_nothing_is_let_go(on: On) {
    let mut options = Options::default();
    options.wire.timeouts.slow_write = Duration::from_millis(300);
    let server = Server::start(on, options).await;
    server.mail(JOE).append(vec![b'x'; 20_000_000]).await;
    let mut client = Client::login(server.address).await;
    client.send(b"RETR 1\r\nRETR 1\r\n").await;
    Client::login_when_free(server.address).await;
}

/// A maildrop is opened without reading a row, however many it has.
async fn a_large_maildrop_is_listed_in_full(on: On) {
    let server = Server::start(on, Options::default()).await;
    for _ in 0..10 {
        let raw = || server.store.prepare("x\r\n".into()).unwrap();
        let messages = (0..100).map(|_| mailstore::Incoming::new(raw())).collect();
        let inbox = mailstore::id::MailboxId::INBOX;
        server.store.append(account(JOE).into(), inbox, messages).await.unwrap();
    }
    let mut client = Client::login(server.address).await;
    assert_eq!(client.ok("STAT").await, "1000 3000");
    for command in ["LIST", "UIDL"] {
        let list = String::from_utf8(client.lines(command).await).unwrap();
        let numbers: Vec<u32> =
            list.lines().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(numbers, (1..=1000).collect::<Vec<_>>());
    }
    for number in 1..=1000 {
        client.ok(&format!("DELE {number}")).await;
    }
    let before = server.store.mailboxes(account(JOE)).await.unwrap().head.modseq;
    client.ok("QUIT").await;
    let after = server.store.mailboxes(account(JOE)).await.unwrap().head.modseq;
    assert_eq!(after, before.next(), "deletions are one commit");
    assert!(server.mail(JOE).rows("INBOX").await.is_empty());
}
