//! The ways in which a session is known to have gone wrong elsewhere (J1 to J10), one test each.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mailstore::backends::memory;
use mailstore::change::{ExpungeGuard, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{AccountId, MailboxId, SessionId};
use mailstore::message::{Presence, Row, Want};
use mailstore::search::{Candidate, Key, Matcher, Recency, Scope};
use mailstore::store::{Beacon, LocalBeacon, Watch};
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, Uid, UidSet};
use mailstore::{Actor, Incoming, Mailstore, Notice, Selected, Settings};

use crate::client::{Client, Echo, account, trim};

const INBOX: MailboxId = MailboxId::INBOX;

fn store() -> Mailstore {
    Mailstore::new(memory::backend(), Settings::default())
}

fn by(session: u64) -> Actor {
    Actor::new(account(), SessionId(session))
}

fn uids(from: u32, to: u32) -> UidSet {
    UidSet::range(Uid::new(from).unwrap()..=Uid::new(to).unwrap())
}

fn set(flag: SystemFlag) -> (FlagUpdate, Option<ModSeq>) {
    (FlagUpdate { mode: FlagMode::Add, flags: Flags::new([flag], []) }, None)
}

async fn append(store: &Mailstore, session: u64, count: usize) {
    let message = store.prepare(Bytes::from_static(b"a: b\r\n\r\n")).unwrap();
    let messages = (0..count).map(|_| Incoming::new(message.clone())).collect();
    store.append(by(session), INBOX, messages).await.unwrap();
}

async fn expunge(store: &Mailstore, session: u64, uids: UidSet) {
    store.expunge(by(session), INBOX, uids, ExpungeGuard::All).await.unwrap();
}

/// J1: two writers; the one with the later MODSEQ must not be seen first and hide the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_no_change_is_skipped_while_many_write() {
    let store = store();
    let mut client = Client::select(&store, 1).await;
    let writers: Vec<_> = (2..8)
        .map(|session| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    append(&store, session, 1).await;
                    let some = uids(session as u32, 3 * session as u32);
                    let flag = set(SystemFlag::ALL[session as usize % 5]);
                    store.flag(by(session), INBOX, some.clone(), flag).await.unwrap();
                    tokio::task::yield_now().await;
                }
                expunge(&store, session, uids(session as u32 * 9, session as u32 * 9)).await;
            })
        })
        .collect();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        client.sync().await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    client.sync().await.unwrap();
    client.check().await;
}

/// J2: a message arrives while SELECT is under way; it is announced once, now or at the sync.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j2_what_arrives_during_a_select_is_counted_once() {
    let store = store();
    append(&store, 9, 1).await;
    for _ in 0..50 {
        let writer = store.clone();
        let writing = tokio::spawn(async move { append(&writer, 9, 1).await });
        let mut client = Client::select(&store, 1).await;
        writing.await.unwrap();
        client.sync().await.unwrap();
        client.check().await;
    }
}

/// J3: an own APPEND while others' arrivals are not yet told: the list stays in order.
#[tokio::test]
async fn j3_own_arrivals_are_told_in_their_order() {
    let store = store();
    let mut client = Client::select(&store, 1).await;
    append(&store, 2, 2).await;
    append(&store, 1, 1).await;
    append(&store, 2, 1).await;
    client.sync().await.unwrap();
    let told: Vec<u32> = client.believed.iter().map(|belief| belief.uid.get()).collect();
    assert_eq!(told, [1, 2, 3, 4]);
    let found = client.selected.fetch(&uids(3, 3), Want::Row).await.unwrap();
    assert_eq!(found.messages.len(), 1);
    client.check().await;
}

/// J4: an own arrival that another expunges, in one batch or in two, leaves no ghost.
#[tokio::test]
async fn j4_an_own_message_that_others_expunge_goes() {
    let store = store();
    let mut client = Client::select(&store, 1).await;
    append(&store, 1, 3).await;
    expunge(&store, 2, uids(2, 2)).await;
    client.sync().await.unwrap();
    client.check().await;
    store.transfer(by(1), (INBOX, INBOX), uids(1, 1), Transfer::Copy).await.unwrap();
    client.sync().await.unwrap();
    expunge(&store, 2, uids(4, 4)).await;
    client.sync().await.unwrap();
    client.check().await;
    assert_eq!(client.believed.len(), 2);
}

/// J5: an own change, then another's to the same message, in one batch: the other's is told.
#[tokio::test]
async fn j5_flags_that_others_change_after_an_own_change_are_told() {
    let store = store();
    append(&store, 2, 3).await;
    for own_first in [true, false] {
        for echo in [Echo::Flags, Echo::Silent] {
            let mut client = Client::select(&store, 1).await;
            let flagged = set(SystemFlag::Flagged);
            if own_first {
                client.store(uids(1, 2), set(SystemFlag::Seen), echo).await.unwrap();
                store.flag(by(2), INBOX, uids(2, 2), flagged.clone()).await.unwrap();
            } else {
                store.flag(by(2), INBOX, uids(2, 2), flagged.clone()).await.unwrap();
                client.store(uids(1, 2), set(SystemFlag::Seen), echo).await.unwrap();
            }
            client.sync().await.unwrap();
            client.check().await;
            let none = (FlagUpdate { mode: FlagMode::Replace, flags: Flags::NONE }, None);
            store.flag(by(2), INBOX, uids(1, 3), none).await.unwrap();
        }
    }
    let mut client = Client::select(&store, 1).await;
    append(&store, 1, 1).await;
    store.flag(by(2), INBOX, uids(4, 4), set(SystemFlag::Draft)).await.unwrap();
    client.sync().await.unwrap();
    client.check().await;
}

/// J5, the other half: what a session did itself, and has answered, it is not told again.
#[tokio::test]
async fn j5_an_own_change_is_not_told_twice() {
    let store = store();
    append(&store, 2, 2).await;
    let mut client = Client::select(&store, 1).await;
    client.store(uids(1, 2), set(SystemFlag::Seen), Echo::Silent).await.unwrap();
    assert_eq!(client.selected.sync().await.unwrap(), []);
    store.flag(by(2), INBOX, uids(2, 2), set(SystemFlag::Draft)).await.unwrap();
    let told = client.selected.sync().await.unwrap();
    assert!(matches!(&told[..], [Notice::Flags { row, .. }] if row.uid.get() == 2));
}

/// J6: a long COPY, and an APPEND meanwhile: higher UIDs are never announced before lower ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j6_uids_are_announced_ascending() {
    let store = store();
    append(&store, 9, 200).await;
    let mut client = Client::select(&store, 1).await;
    let (copier, appender) = (store.clone(), store.clone());
    let copying = tokio::spawn(async move {
        for _ in 0..5 {
            let all = (INBOX, INBOX);
            copier.transfer(by(2), all, uids(1, 200), Transfer::Copy).await.unwrap();
        }
    });
    let appending = tokio::spawn(async move {
        for _ in 0..50 {
            append(&appender, 3, 1).await;
        }
    });
    while !(copying.is_finished() && appending.is_finished()) {
        // The client panics where UIDs do not ascend.
        client.sync().await.unwrap();
        tokio::task::yield_now().await;
    }
    client.sync().await.unwrap();
    client.check().await;
    assert_eq!(client.believed.len(), 200 + 1000 + 50);
}

/// Hears nothing, or passes nothing on.
#[derive(Debug, Default)]
struct Deaf(LocalBeacon);

impl Beacon for Deaf {
    fn light(&self, _: AccountId, _: ModSeq) {}

    fn watch(&self, account: AccountId) -> Watch {
        self.0.watch(account)
    }
}

/// J7: every beacon is lost; NOOP finds out all the same.
#[tokio::test]
async fn j7_a_deaf_beacon_costs_only_time() {
    let mut backend = memory::backend();
    backend.beacon = Arc::new(Deaf::default());
    let store = Mailstore::new(backend, Settings::default());
    append(&store, 2, 1).await;
    let mut client = Client::select(&store, 1).await;
    append(&store, 2, 2).await;
    expunge(&store, 2, uids(1, 1)).await;
    let waited = tokio::time::timeout(Duration::from_millis(20), client.selected.changed()).await;
    assert!(waited.is_err());
    client.sync().await.unwrap();
    client.check().await;
}

/// J7 with ears: what commits at any moment after SELECT wakes the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j7_no_wakeup_is_lost() {
    let store = store();
    append(&store, 2, 1).await;
    let mut client = Client::select(&store, 1).await;
    for round in 1..50 {
        let writer = store.clone();
        let writing = tokio::spawn(async move { append(&writer, 2, 1).await });
        client.selected.changed().await;
        writing.await.unwrap();
        client.sync().await.unwrap();
        assert_eq!(client.believed.len(), 1 + round);
    }
    client.check().await;
}

/// J8: the journal does not reach back: the difference is told, and nothing stays listed.
#[tokio::test]
async fn j8_a_trimmed_journal_leads_to_a_resync() {
    let store = store();
    append(&store, 2, 5).await;
    let mut slept = Client::select(&store, 1).await;
    append(&store, 2, 3).await;
    expunge(&store, 2, uids(2, 3).union(&uids(7, 7))).await;
    store.flag(by(2), INBOX, uids(4, 8), set(SystemFlag::Answered)).await.unwrap();
    slept.store(uids(1, 1), set(SystemFlag::Seen), Echo::Silent).await.unwrap();
    trim(&store).await;
    append(&store, 2, 1).await;
    slept.sync().await.unwrap();
    slept.check().await;
    assert_eq!(slept.selected.sync().await.unwrap(), []);
}

/// J8, when the mailbox itself went meanwhile.
#[tokio::test]
async fn j8_a_mailbox_that_is_gone_is_told() {
    for trims in [false, true] {
        let store = store();
        let id = store.create(by(2), "gone", None).await.unwrap();
        let access = mailstore::Access::ReadWrite;
        let mut selected = store.select(by(1), id, access).await.unwrap().unwrap();
        let delete = mailstore::change::MailboxOp::Delete { name: "gone".to_owned() };
        store.change_mailbox(by(2), delete).await.unwrap();
        if trims {
            trim(&store).await;
        }
        assert_eq!(selected.sync().await.unwrap(), [Notice::Gone]);
    }
}

/// J8: of a mailbox that is gone, and whose journal is, it is told once; and the session waits for
/// what comes after that, not for what it has heard already.
#[tokio::test]
async fn j8_a_mailbox_that_is_gone_is_told_once() {
    let store = store();
    let id = store.create(by(2), "gone", None).await.unwrap();
    let access = mailstore::Access::ReadWrite;
    let mut selected = store.select(by(1), id, access).await.unwrap().unwrap();
    let delete = mailstore::change::MailboxOp::Delete { name: "gone".to_owned() };
    store.change_mailbox(by(2), delete).await.unwrap();
    for told in [&[Notice::Gone][..], &[]] {
        append(&store, 2, 1).await;
        trim(&store).await;
        assert_eq!(selected.sync().await.unwrap(), told);
        let head = store.mailboxes(account()).await.unwrap().head;
        assert_eq!(selected.view().cursor(), head.modseq);
    }
}

/// J9: what is announced can be read, however soon, and even if it goes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j9_what_is_announced_is_readable() {
    let store = store();
    let mut client = Client::select(&store, 1).await;
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for number in 1..=60 {
            append(&writer, 2, 1).await;
            if number % 2 == 0 {
                expunge(&writer, 2, uids(number, number)).await;
            }
        }
    });
    while !writing.is_finished() {
        let before = client.selected.uids().last();
        // Panics if a message that was announced has no row.
        client.sync().await.unwrap();
        let after = client.selected.uids().last();
        if after > before {
            let new = UidSet::single(after.unwrap());
            let page = client.selected.fetch(&new, Want::Email).await.unwrap();
            assert!(page.messages[0].tree.is_some());
        }
    }
    writing.await.unwrap();
    client.sync().await.unwrap();
    client.check().await;
}

/// J10: there is one truth about flags: a search for them, the counters and the rows agree.
#[tokio::test]
async fn j10_searching_by_flags_agrees_with_the_flags() {
    let store = store();
    append(&store, 2, 8).await;
    let mut client = Client::select(&store, 1).await;
    let both = Flags::new([SystemFlag::Seen, SystemFlag::Flagged], []);
    let update = FlagUpdate { mode: FlagMode::Add, flags: both };
    client.store(uids(1, 4), (update, None), Echo::Flags).await.unwrap();
    store.flag(by(2), INBOX, uids(3, 6), set(SystemFlag::Deleted)).await.unwrap();
    let keys = [
        (Key::Flag(SystemFlag::Seen), uids(1, 4)),
        (Key::Flag(SystemFlag::Flagged), uids(1, 4)),
        (Key::Flag(SystemFlag::Deleted), uids(3, 6)),
    ];
    let page = client.selected.fetch(&uids(1, 8), Want::Row).await.unwrap();
    for (key, expected) in keys {
        let found: UidSet = page
            .messages
            .iter()
            .filter(|found| found.presence == Presence::Live)
            .filter(|found| matches(&client.selected, &key, &found.row))
            .map(|found| found.row.uid)
            .collect();
        assert_eq!(found, expected, "{key:?}");
    }
    let counts = client.selected.present().await.unwrap().unwrap().mailbox.counts;
    assert_eq!((counts.unseen, counts.deleted), (4, 4));
}

fn matches(selected: &Selected, key: &Key, row: &Row) -> bool {
    let candidate = Candidate {
        uid: row.uid,
        flags: &row.flags,
        recency: Recency::Old,
        internal: row.internal_date,
        size: row.size,
        modseq: row.modseq,
        email: row.email,
        thread: row.thread,
        saved: row.saved,
        header: None,
        body: None,
    };
    Matcher::new(key, &Scope::of(selected.uids(), Timestamp::now())).matches(&candidate).unwrap()
}
