//! The façade over both backends: messages in, the same messages out.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use mailstore::backends::embedded::Embedded;
use mailstore::backends::memory;
use mailstore::change::{ExpungeGuard, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{AccountId, MailboxId, SessionId};
use mailstore::message::{Presence, Want};
use mailstore::time::Timestamp;
use mailstore::uid::{Uid, UidSet};
use mailstore::{Access, Actor, Incoming, Mailstore, Notice, Selected, Settings};

const ME: SessionId = SessionId(7);

fn me() -> Actor {
    Actor::new(AccountId::new(1).unwrap(), ME)
}

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

async fn append(store: &Mailstore, raw: &[u8]) {
    let message = store.prepare(Bytes::copy_from_slice(raw)).unwrap();
    store.append(me(), MailboxId::INBOX, vec![Incoming::new(message)]).await.unwrap();
}

async fn inbox(store: &Mailstore) -> Selected {
    store.select(me(), MailboxId::INBOX, Access::ReadWrite).await.unwrap().unwrap()
}

async fn read(inbox: &Selected, uid: Uid) -> Bytes {
    let page = inbox.fetch(&UidSet::single(uid), Want::Email).await.unwrap();
    let tree = page.messages[0].tree.clone().unwrap();
    inbox.store().read(tree.plan()).to_bytes().await.unwrap()
}

/// A message with an attachment of so many bytes, in base64 with lines of that length.
fn with_attachment(bytes: usize, line: usize) -> Vec<u8> {
    let content: Vec<u8> = (0..bytes).map(|i| ((i * i) >> 7) as u8).collect();
    let text = data_encoding::BASE64.encode(&content);
    let mut raw = b"Subject: file\r\nContent-Type: application/octet-stream\r\n\
                    Content-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    for line in text.as_bytes().chunks(line) {
        raw.extend_from_slice(line);
        raw.extend_from_slice(b"\r\n");
    }
    raw
}

async fn a_message_comes_back(store: Mailstore) {
    let odd: [&[u8]; 4] = [b"", b"\n", b"no header at all", b"a: b\r\n\r\n\0\r\n\xff\n\r"];
    let big = [with_attachment(100_000, 76), with_attachment(2_000_000, 60)];
    let all: Vec<&[u8]> = odd.into_iter().chain(big.iter().map(Vec::as_slice)).collect();
    for raw in &all {
        append(&store, raw).await;
    }
    let inbox = inbox(&store).await;
    for (raw, uid) in all.iter().zip(inbox.uids().iter()) {
        assert_eq!(read(&inbox, uid).await, raw);
    }
}

async fn a_session_sees_others_only_when_it_may(store: Mailstore) {
    append(&store, b"one: 1\r\n\r\n").await;
    append(&store, b"two: 2\r\n\r\n").await;
    let mut inbox = inbox(&store).await;
    assert_eq!(inbox.recent(), 2);

    let other = Actor { session: SessionId(8), ..me() };
    append(&store, b"three: 3\r\n\r\n").await;
    let seen = FlagUpdate { mode: FlagMode::Add, flags: Flags::new([SystemFlag::Seen], []) };
    let all = UidSet::range(uid(1)..=uid(3));
    store.flag(other, MailboxId::INBOX, all, (seen, None)).await.unwrap();
    let first = UidSet::single(uid(1));
    store.expunge(other, MailboxId::INBOX, first.clone(), ExpungeGuard::All).await.unwrap();

    assert_eq!(inbox.uids().len(), 2);
    let ghost = inbox.fetch(&first, Want::Row).await.unwrap();
    assert_eq!(ghost.messages[0].presence, Presence::Expunged);

    let notices = inbox.sync().await.unwrap();
    let seq = |n| mailstore::uid::Seq::new(n).unwrap();
    assert!(matches!(&notices[0], Notice::Expunged(gone)
        if gone.numbered().eq([(seq(1), uid(1))]) && *gone.uids() == first));
    let arrived = UidSet::single(uid(3));
    assert_eq!(notices[1], Notice::Exists { count: 2, arrived });
    assert!(matches!(&notices[2], Notice::Flags { seq: s, row }
        if *s == seq(1) && row.uid == uid(2) && row.flags.has(SystemFlag::Seen)));
    assert_eq!(notices.len(), 3);
    assert!(inbox.sync().await.unwrap().is_empty());
}

async fn what_is_expunged_leaves_no_trace(store: Mailstore) {
    for line in [76, 60, 72] {
        append(&store, &with_attachment(100_000, line)).await;
        append(&store, &with_attachment(600_000, line)).await;
    }
    let target = store.create(me(), "a/b", None).await.unwrap();
    let all = UidSet::range(uid(1)..=uid(6));
    let places = (MailboxId::INBOX, target);
    store.transfer(me(), places, all.clone(), Transfer::Copy).await.unwrap();
    store.transfer(me(), places, all.clone(), Transfer::Move).await.unwrap();
    let copies = UidSet::range(uid(1)..=uid(12));
    let gone = store.expunge(me(), target, copies.clone(), ExpungeGuard::All).await.unwrap();
    assert_eq!(gone, copies);

    let now = Timestamp::now().millis();
    assert_eq!(store.sweep(Timestamp::from_millis(now)).await.unwrap().blobs, 0);
    let later = Timestamp::from_millis(now + 3 * 24 * 3600 * 1000);
    let swept = store.sweep(later).await.unwrap();
    assert_eq!((swept.messages, swept.blobs), (18, 2));
    let mailboxes = store.mailboxes(me().account).await.unwrap();
    assert_eq!(mailboxes.head.usage, Default::default());
}

macro_rules! on_both {
    ($($rule:ident)*) => {
        $(mod $rule {
            use super::*;

            #[tokio::test]
            async fn memory() {
                super::$rule(Mailstore::new(memory::backend(), Settings::default())).await;
            }

            #[tokio::test]
            async fn embedded() {
                let dir = tempfile::tempdir().unwrap();
                let embedded = Embedded::open(dir.path()).unwrap();
                super::$rule(Mailstore::new(embedded.backend(), Settings::default())).await;
            }
        })*
    };
}

on_both! {
    a_message_comes_back
    a_session_sees_others_only_when_it_may
    what_is_expunged_leaves_no_trace
}

/// Every message packed, expunged ones gone: nothing is wrong, and everything reads the same.
#[tokio::test]
async fn a_packed_store_is_whole() {
    use mailstore::backends::embedded;
    let dir = tempfile::tempdir().unwrap();
    let opened = Embedded::open(dir.path()).unwrap();
    let store = Mailstore::new(opened.backend(), Settings::default());
    let text = b"Subject: text\r\n\r\nthe same line again\r\n".repeat(500);
    let all = [text.clone(), with_attachment(100_000, 76), with_attachment(2_000_000, 60)];
    for raw in all.iter().chain([&text]) {
        append(&store, raw).await;
    }
    let last = UidSet::single(uid(4));
    store.expunge(me(), MailboxId::INBOX, last, ExpungeGuard::All).await.unwrap();
    let later = Timestamp::from_millis(Timestamp::now().millis() + 3 * 24 * 3600 * 1000);
    store.sweep(later).await.unwrap();

    let report = embedded::check(dir.path()).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.messages, report.emails, report.blobs), (3, 3, 2));
    let inbox = inbox(&store).await;
    for (raw, uid) in all.iter().zip(inbox.uids().iter()) {
        assert_eq!(read(&inbox, uid).await, raw);
    }
}

/// A second process is refused by name; a store is found again as it was left.
#[tokio::test]
async fn a_directory_is_opened_by_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Embedded::open(dir.path()).unwrap();
    let error = Embedded::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    let store = Mailstore::new(opened.backend(), Settings::default());
    append(&store, b"one: 1\r\n\r\n").await;
    drop((opened, store));

    let opened = Embedded::open(dir.path()).unwrap();
    let store = Mailstore::new(opened.backend(), Settings::default());
    append(&store, b"two: 2\r\n\r\n").await;
    let inbox = inbox(&store).await;
    assert_eq!(read(&inbox, uid(1)).await, b"one: 1\r\n\r\n"[..]);
    assert_eq!(read(&inbox, uid(2)).await, b"two: 2\r\n\r\n"[..]);
}

/// A property that is altered, that stands under another key, or whose mailbox is none is found;
/// and a store from before there was an index of them gets it.
#[tokio::test]
async fn properties_are_checked() {
    use mailstore::backends::embedded;
    let dir = tempfile::tempdir().unwrap();
    {
        let opened = Embedded::open(dir.path()).unwrap();
        let store = Mailstore::new(opened.backend(), Settings::default());
        for at in [None, Some(MailboxId::INBOX)] {
            let set = [("a/1".to_owned(), Some(Bytes::from_static(b"one")))].into();
            store.set_properties(me(), at, set).await.unwrap();
        }
    }
    let report = embedded::check(dir.path()).unwrap();
    assert_eq!((report.properties, report.findings), (2, vec![]));
    let db = rusqlite::Connection::open(dir.path().join("mail.sqlite")).unwrap();
    let faults = [
        "UPDATE property SET v = x'00' || v WHERE mailbox = 1",
        "UPDATE property SET key = 'a/2' WHERE mailbox = 1",
        "UPDATE property SET mailbox = 7 WHERE mailbox = 1",
        "INSERT INTO property SELECT account, 9, key, v FROM property WHERE mailbox = 1",
    ];
    for fault in faults {
        db.execute_batch(fault).unwrap();
        let report = embedded::check(dir.path()).unwrap();
        assert_eq!(report.findings.len(), 1, "{fault}: {:?}", report.findings);
        db.execute_batch("DELETE FROM property WHERE mailbox > 0").unwrap();
        let store = Embedded::open(dir.path()).unwrap();
        let store = Mailstore::new(store.backend(), Settings::default());
        let set = [("a/1".to_owned(), Some(Bytes::from_static(b"one")))].into();
        store.set_properties(me(), Some(MailboxId::INBOX), set).await.unwrap();
    }
    db.execute_batch("DROP INDEX property_by_key").unwrap();
    let store = Mailstore::new(Embedded::open(dir.path()).unwrap().backend(), Settings::default());
    let found = store.ledger().mailboxes_with("a/1", 9).await.unwrap();
    assert_eq!(found.len(), 1);
    let index = "SELECT count(*) FROM sqlite_schema WHERE name = 'property_by_key'";
    assert_eq!(db.query_row(index, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}
