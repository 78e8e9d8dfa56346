//! Callers that go away while their change is under way: nobody hangs, nothing is applied twice.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::faults::{FailAfter, Interfered, Lost, Slow};
use mailstore::backends::memory::{self, MemoryLedger};
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::journal::Replay;
use mailstore::store::Ledger;
use mailstore::uid::{ModSeq, UidSet};
use mailstore::{Appended, Backend, Error, Incoming, Mailstore, Settings};
use tokio::task::JoinHandle;

/// Longer than any of these tests may take, unless somebody hangs.
const FOREVER: Duration = Duration::from_secs(60);

fn account() -> AccountId {
    AccountId::new(1).unwrap()
}

fn on(ledger: Arc<dyn Ledger>) -> Mailstore {
    Mailstore::new(Backend { ledger, ..memory::backend() }, Settings::default())
}

fn append(store: &Mailstore) -> JoinHandle<Result<Appended, Error>> {
    let store = store.clone();
    tokio::spawn(async move {
        let message = store.prepare(Bytes::from_static(b"a: b\r\n\r\n")).unwrap();
        store.append(account().into(), MailboxId::INBOX, vec![Incoming::new(message)]).await
    })
}

/// What was reported is there, once; what was not is there at most once. One record a message, no
/// MODSEQ missing.
async fn check(store: &Mailstore, reported: Vec<Appended>, dropped: usize) {
    let mut uids = UidSet::new();
    let count = reported.len();
    for each in reported {
        assert_eq!(each.uids.intersection(&uids), UidSet::new(), "two have one UID");
        uids = uids.union(&each.uids);
    }
    assert_eq!(uids.len(), count as u64);
    let key = MailboxKey { account: account(), mailbox: MailboxId::INBOX };
    let held = store.open(key).await.unwrap().unwrap().uids.to_set();
    assert!(uids.is_subset(&held));
    assert!(held.len() <= (count + dropped) as u64, "something was applied twice");
    let journal = store.ledger().journal(account(), ModSeq::ZERO, None, 10_000).await.unwrap();
    let Replay::Records { records, .. } = journal else { panic!("trimmed") };
    assert_eq!(records.len() as u64, held.len() + 1);
    assert!(records.iter().zip(1..).all(|(record, number)| record.modseq.0 == number));
}

async fn finished(tasks: Vec<JoinHandle<Result<Appended, Error>>>) -> Vec<Appended> {
    let mut all = Vec::new();
    for task in tasks {
        match tokio::time::timeout(FOREVER, task).await {
            Err(_) => panic!("somebody hangs"),
            Ok(Err(dropped)) => assert!(dropped.is_cancelled()),
            Ok(Ok(result)) => all.push(result.unwrap()),
        }
    }
    all
}

/// The one that leads goes while its group is being committed: those who wait ask again.
#[tokio::test]
async fn a_leader_goes_while_it_commits() {
    for millis in [2, 15, 25] {
        let memory = Arc::new(MemoryLedger::default());
        let store = on(Interfered::new(memory, Slow(Duration::from_millis(10))));
        store.provision(account()).await.unwrap();
        let leader = append(&store);
        tokio::task::yield_now().await;
        // These are a group of their own, behind the first.
        let mut waiting: Vec<_> = (0..5).map(|_| append(&store)).collect();
        tokio::time::sleep(Duration::from_millis(millis)).await;
        leader.abort();
        // And these come while the lane changes hands.
        waiting.extend((0..5).map(|_| append(&store)));
        let reported = finished(waiting).await;
        assert_eq!(reported.len(), 10);
        check(&store, reported, 1).await;
    }
}

/// Those that wait in the middle go: the rest are served, in whatever group.
#[tokio::test]
async fn waiters_go() {
    let memory = Arc::new(MemoryLedger::default());
    let store = on(Interfered::new(memory, Slow(Duration::from_millis(5))));
    store.provision(account()).await.unwrap();
    let tasks: Vec<_> = (0..150).map(|_| append(&store)).collect();
    tokio::time::sleep(Duration::from_millis(3)).await;
    for task in tasks.iter().skip(1).step_by(3) {
        task.abort();
    }
    let reported = finished(tasks).await;
    assert_eq!(reported.len(), 100);
    check(&store, reported, 50).await;
}

/// One after the other is led, and goes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_leader_goes() {
    let memory = Arc::new(MemoryLedger::default());
    let store = on(Interfered::new(memory, Slow(Duration::from_millis(2))));
    store.provision(account()).await.unwrap();
    let tasks: Vec<_> = (0..200).map(|_| append(&store)).collect();
    for task in tasks.iter().filter(|task| task.id().to_string().len() % 2 == 0) {
        task.abort();
    }
    for task in tasks.iter().take(150) {
        tokio::time::sleep(Duration::from_micros(300)).await;
        task.abort();
    }
    let left = tasks.len();
    let reported = finished(tasks).await;
    let dropped = left - reported.len();
    check(&store, reported, dropped).await;
    // The lane is free.
    let last = finished(vec![append(&store)]).await;
    assert_eq!(last.len(), 1);
}

/// A commit whose answer was lost, asked for again by whoever waits, is found under its id.
#[tokio::test]
async fn an_answer_that_was_lost_is_not_repeated() {
    let ledger =
        Interfered::new(Arc::new(MemoryLedger::default()), FailAfter::losing(Lost::Answer));
    let store = on(ledger.clone());
    store.provision(account()).await.unwrap();
    ledger.by.arm(0);
    assert!(matches!(append(&store).await.unwrap(), Err(Error::Store(_))));
    let reported = finished((0..5).map(|_| append(&store)).collect()).await;
    check(&store, reported, 1).await;
}
