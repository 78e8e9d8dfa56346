//! Peers that stop reading in the middle of something hold up nobody: no snapshot of the database
//! is pinned, so its log is reset again and again while mail comes in.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use mailstore::backends::embedded::Embedded;
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::Want;
use mailstore::uid::{Uid, UidSet};
use mailstore::{Access, Incoming, Mailstore, Reader, Selected, Settings};

use rusqlite::Connection;

use super::memory::peak;
use super::shim::{again, role};
use super::workload::noise;

const PEERS: usize = 100;
/// What comes in while they do not read: much more than the log may hold.
const MESSAGES: u32 = 2_500;
const SIZE: usize = 200_000;
const LOG_LIMIT: u64 = 256 << 20;
const MEMORY_LIMIT: usize = 512 << 20;

/// They stand still, with half of a page and half of a message read.
#[test]
fn who_does_not_read_pins_nothing() {
    alone("slow_peers::who_does_not_read_pins_nothing", |store, dir| async move {
        let mut peers = Vec::new();
        for _ in 0..PEERS {
            peers.push(half_way(&store).await);
        }
        deliver_all(&store, &dir).await;
        for (inbox, mut reader, first) in peers {
            let mut size = first;
            while let Some(bytes) = reader.next().await.unwrap() {
                size += bytes.len() as u64;
            }
            assert_eq!(size, message(0).len() as u64);
            assert_eq!(inbox.uids().len(), 3);
        }
    });
}

/// Reads overlap without end: there is never a moment without one under way.
#[test]
fn who_always_reads_pins_nothing() {
    alone("slow_peers::who_always_reads_pins_nothing", |store, dir| async move {
        let done = Arc::new(AtomicBool::new(false));
        let reads = std::thread::spawn({
            let (done, path) = (Arc::clone(&done), dir.join("mail.sqlite"));
            move || read_overlapping(&path, &done)
        });
        deliver_all(&store, &dir).await;
        done.store(true, Ordering::Relaxed);
        assert!(reads.join().unwrap() > 0);
    });
}

/// Two readers take turns; either begins before the other ends. Returns how often.
fn read_overlapping(path: &Path, done: &AtomicBool) -> u32 {
    let mut readers = [Connection::open(path).unwrap(), Connection::open(path).unwrap()];
    let begin = "BEGIN; SELECT count(*) FROM account;";
    readers[1].execute_batch(begin).unwrap();
    let mut turns = 0;
    while !done.load(Ordering::Relaxed) {
        readers[0].execute_batch(begin).unwrap();
        std::thread::sleep(Duration::from_millis(2));
        readers[1].execute_batch("COMMIT").unwrap();
        readers.swap(0, 1);
        turns += 1;
    }
    turns
}

/// Runs `work` in a process of its own, with a store that holds three messages.
fn alone<W: Future<Output = ()>>(test: &str, work: fn(Mailstore, std::path::PathBuf) -> W) {
    let Some(dir) = role() else {
        let dir = tempfile::tempdir().unwrap();
        let mut command = again(test, dir.path().to_str().unwrap());
        assert!(command.status().unwrap().success(), "{test}");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let embedded = Embedded::open(&dir).unwrap();
        let store = Mailstore::new(embedded.backend(), Settings::default());
        for number in 0..3 {
            deliver(&store, number).await;
        }
        work(store, dir.into()).await;
    });
    println!("peak memory {} MB", peak() >> 20);
    assert!(peak() < MEMORY_LIMIT, "{} bytes of memory", peak());
}

/// A blob that the ledger keeps, different in each message.
fn message(number: u32) -> Bytes {
    let mut raw = b"Content-Type: application/x\r\n\r\n".to_vec();
    raw.extend_from_slice(&noise(number, SIZE));
    raw.into()
}

async fn deliver(store: &Mailstore, number: u32) {
    let message = Incoming::new(store.prepare(message(number)).unwrap());
    let account = AccountId::new(1).unwrap();
    store.append(account.into(), MailboxId::INBOX, vec![message]).await.unwrap();
}

/// Four writers; after each message the log is looked at.
async fn deliver_all(store: &Mailstore, dir: &Path) {
    let longest = Arc::new(AtomicU64::new(0));
    let tasks = (0..4).map(|writer| {
        let (store, longest) = (store.clone(), Arc::clone(&longest));
        let log = dir.join("mail.sqlite-wal");
        tokio::spawn(async move {
            for number in 0..MESSAGES / 4 {
                deliver(&store, 100 + writer * MESSAGES + number).await;
                longest.fetch_max(fs::metadata(&log).unwrap().len(), Ordering::Relaxed);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let longest = longest.load(Ordering::Relaxed);
    println!("the log grew to {} MB", longest >> 20);
    assert!(longest < LOG_LIMIT, "the log grew to {longest} bytes");
}

/// A mailbox, a message half read, and how many bytes of it have been read.
async fn half_way(store: &Mailstore) -> (Selected, Reader, u64) {
    let account = AccountId::new(1).unwrap();
    let inbox = store.select(account.into(), MailboxId::INBOX, Access::ReadOnly).await.unwrap();
    let inbox = inbox.unwrap();
    let uids = UidSet::range(Uid::MIN..=Uid::MAX);
    let page = inbox.fetch(&uids, Want::Email).await.unwrap();
    let mut reader = store.read(page.messages[0].tree.as_ref().unwrap().plan());
    let first = reader.next().await.unwrap().unwrap().len() as u64;
    (inbox, reader, first)
}
