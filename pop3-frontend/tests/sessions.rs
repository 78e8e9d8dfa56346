//! What a script cannot say: TLS, crashes, slow peers, stores that fail.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use common::client::Client;
use common::{On, Options, Server};
use contract::faults::{FailAfter, Interfered, Lost};
use harness::{JOE, account};
use mailstore::Backend;
use mailstore::backends::memory;
use mailstore::blob::ObjectName;
use mailstore::store::{BlobStore, LeaseAsk, LeaseHolder, LeaseOp, StoreError};
use mailstore::time::Timestamp;

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

async fn counted(failing: usize) -> (Server, Arc<AtomicUsize>) {
    let backend = memory::backend();
    let reads = Arc::new(AtomicUsize::new(0));
    let blobs = Counted { blobs: backend.blobs, reads: Arc::clone(&reads), failing };
    let backend = Backend { blobs: Arc::new(blobs), ..backend };
    (Server::on_backend(backend, Options::default()).await, reads)
}

#[tokio::test]
async fn top_reads_no_part_that_it_does_not_send() {
    let (server, reads) = counted(0).await;
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
#[tokio::test]
async fn a_blob_store_that_goes_away_in_the_midst_ends_the_connection() {
    let (server, _) = counted(2).await;
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
#[tokio::test]
async fn a_failing_store_is_told() {
    let backend = memory::backend();
    let ledger = Interfered::new(backend.ledger, FailAfter::losing(Lost::Call));
    let faults = Arc::clone(&ledger);
    let server = Server::on_backend(Backend { ledger, ..backend }, Options::default()).await;
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

/// A lock that cannot be taken is not had.
#[tokio::test]
async fn without_a_lease_nobody_gets_in() {
    let backend = memory::backend();
    let ledger = Interfered::new(backend.ledger, FailAfter::losing(Lost::Call));
    let faults = Arc::clone(&ledger);
    let server = Server::on_backend(Backend { ledger, ..backend }, Options::default()).await;
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

#[tokio::test]
async fn the_lock_of_a_crashed_host_goes_away() {
    let server = Server::start(On::Memory, Options::default()).await;
    take(&server, 1).await;
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

#[tokio::test]
async fn two_hosts_share_the_lock_in_memory() {
    two_hosts_share_the_lock(On::Memory).await;
}

#[tokio::test]
async fn two_hosts_share_the_lock_embedded() {
    two_hosts_share_the_lock(On::Embedded).await;
}

#[cfg(feature = "cluster-tests")]
#[tokio::test]
async fn two_hosts_share_the_lock_cluster() {
    two_hosts_share_the_lock(On::Cluster).await;
}

/// A session outlives its first lease, for it renews it; and one that has lost it stops.
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
    assert!(said.starts_with("-ERR [SYS/TEMP] "), "{said}");
    assert_eq!(server.mail(JOE).rows("INBOX").await.len(), 1);
}

/// Hanging up is no QUIT, and frees the maildrop.
#[tokio::test]
async fn who_hangs_up_deletes_nothing() {
    let server = Server::start(On::Embedded, Options::default()).await;
    server.mail(JOE).append("one\r\n").await;
    let mut client = Client::login(server.address).await;
    client.ok("DELE 1").await;
    drop(client);
    let mut client = Client::login_when_free(server.address).await;
    assert_eq!(client.ok("STAT").await, "1 5");
}

/// A client that takes nothing of what it has asked for is let go, and its maildrop with it.
#[tokio::test]
async fn who_takes_nothing_is_let_go() {
    let mut options = Options::default();
    options.wire.timeouts.slow_write = Duration::from_millis(300);
    let server = Server::start(On::Memory, options).await;
    server.mail(JOE).append(vec![b'x'; 20_000_000]).await;
    let mut client = Client::login(server.address).await;
    client.send(b"RETR 1\r\nRETR 1\r\n").await;
    Client::login_when_free(server.address).await;
}

/// A maildrop is opened without reading a row, however many it has.
#[tokio::test]
async fn a_large_maildrop_is_listed_in_full() {
    let server = Server::start(On::Embedded, Options::default()).await;
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
