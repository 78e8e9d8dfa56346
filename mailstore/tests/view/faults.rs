//! A session on a store that fails or is slow: what could not be told has not happened.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::faults::{FailAfter, Interfered, Lost, Slow};
use mailstore::backends::memory::{self, MemoryLedger};
use mailstore::change::ExpungeGuard;
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{MailboxId, SessionId};
use mailstore::store::Ledger;
use mailstore::uid::{Uid, UidSet};
use mailstore::{Actor, Incoming, Mailstore, Settings};

use crate::client::{Client, Echo, account};

const INBOX: MailboxId = MailboxId::INBOX;

fn on(ledger: Arc<dyn Ledger>) -> Mailstore {
    Mailstore::new(mailstore::Backend { ledger, ..memory::backend() }, Settings::default())
}

fn other() -> Actor {
    Actor::new(account(), SessionId(2))
}

fn uids(from: u32, to: u32) -> UidSet {
    UidSet::range(Uid::new(from).unwrap()..=Uid::new(to).unwrap())
}

fn set(flag: SystemFlag) -> FlagUpdate {
    FlagUpdate { mode: FlagMode::Add, flags: Flags::new([flag], []) }
}

/// Makes the session behind: arrivals, departures and flags, in more than one page of journal.
async fn change(store: &Mailstore, commits: u32) {
    let message = store.prepare(Bytes::from_static(b"a: b\r\n\r\n")).unwrap();
    for _ in 0..commits {
        store.append(other(), INBOX, vec![Incoming::new(message.clone())]).await.unwrap();
    }
    let opened = store.open(mailstore::id::MailboxKey { account: account(), mailbox: INBOX });
    let all = opened.await.unwrap().unwrap().uids.to_set();
    let (half, rest) = all.split_at(all.len() / 2);
    store.expunge(other(), INBOX, half, ExpungeGuard::All).await.unwrap();
    store.flag(other(), INBOX, rest, (set(SystemFlag::Flagged), None)).await.unwrap();
}

/// A session on a ledger that can be armed to lose something, in a mailbox that was changed so often.
async fn armed(lost: Lost, commits: u32) -> (Arc<Interfered<FailAfter>>, Mailstore, Client) {
    let ledger = Interfered::new(Arc::new(MemoryLedger::default()), FailAfter::losing(lost));
    let store = on(ledger.clone());
    change(&store, commits).await;
    let client = Client::select(&store, 1).await;
    (ledger, store, client)
}

/// Whichever call fails.
#[tokio::test]
async fn a_sync_that_fails_has_changed_nothing() {
    for lost in [Lost::Call, Lost::Answer] {
        let (ledger, store, mut client) = armed(lost, 4).await;
        for calls in 0..6 {
            change(&store, if calls == 1 { 1_100 } else { 4 }).await;
            let before = client.selected.uids().clone();
            ledger.by.arm(calls);
            if client.selected.sync().await.is_err() {
                assert_eq!(client.selected.uids(), &before);
                client.sync().await.unwrap();
            } else {
                // That far no sync goes.
                assert!(calls > 1 && ledger.by.is_armed());
                ledger.by.arm(u32::MAX);
                client = Client::select(&store, 1).await;
            }
            client.check().await;
        }
    }
}

/// What was read of them was told, and the rest is told later: that all was told is not said before.
#[tokio::test]
async fn flags_that_could_not_be_read_are_told_later() {
    for lost in [Lost::Call, Lost::Answer] {
        let (ledger, store, mut client) = armed(lost, 40).await;
        let before = client.selected.modseq();
        store.flag(other(), INBOX, uids(25, 35), (set(SystemFlag::Seen), None)).await.unwrap();
        assert_eq!(client.selected.news().await.unwrap(), []);
        ledger.by.arm(0);
        assert!(client.selected.flags().await.is_err());
        assert_eq!(client.selected.modseq(), before);
        store.flag(other(), INBOX, uids(30, 44), (set(SystemFlag::Draft), None)).await.unwrap();
        client.sync().await.unwrap();
        assert!(client.selected.modseq() > before);
        client.check().await;
        assert_eq!(client.selected.sync().await.unwrap(), []);
    }
}

/// A front-end puts a limit on every call.
#[tokio::test]
async fn a_sync_that_is_given_up_has_changed_nothing() {
    let memory: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
    let store = on(Arc::clone(&memory));
    let slow = on(Interfered::new(memory, Slow(Duration::from_millis(20))));
    change(&store, 4).await;
    let mut client = Client::select(&slow, 1).await;
    for millis in (0..140).step_by(10) {
        change(&store, 4).await;
        let limit = Duration::from_millis(millis);
        let before = client.selected.uids().clone();
        match tokio::time::timeout(limit, client.selected.sync()).await {
            Err(_) => {
                assert_eq!(client.selected.uids(), &before);
                client.sync().await.unwrap();
            }
            Ok(done) => {
                done.unwrap();
                client = Client::select(&slow, 1).await;
            }
        }
        client.check().await;
    }
}

/// STORE answers NO, but it was done: the client must learn of it.
#[tokio::test]
async fn an_own_change_of_unknown_outcome_is_told() {
    for lost in [Lost::Call, Lost::Answer] {
        let (ledger, _, mut client) = armed(lost, 4).await;
        ledger.by.arm(0);
        let stored = client.store(uids(1, 9), (set(SystemFlag::Seen), None), Echo::Silent).await;
        assert!(stored.is_err());
        client.sync().await.unwrap();
        client.check().await;
    }
}

/// The connection ends, or a limit is reached, while a STORE is under way.
#[tokio::test]
async fn an_own_change_that_was_given_up_is_told() {
    let memory: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
    let slow = on(Interfered::new(memory, Slow(Duration::from_millis(20))));
    change(&slow, 4).await;
    for (millis, flag) in [(10, SystemFlag::Seen), (30, SystemFlag::Draft)] {
        let mut client = Client::select(&slow, 1).await;
        let limit = Duration::from_millis(millis);
        let storing = client.store(uids(1, 9), (set(flag), None), Echo::Silent);
        assert!(tokio::time::timeout(limit, storing).await.is_err());
        client.sync().await.unwrap();
        client.check().await;
    }
}
