//! Contents that are kept in memory: a session reads the same with them as without, whatever there
//! is room for, and what changes is never kept.
#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use mailstore::backends::embedded::Embedded;
use mailstore::change::ExpungeGuard;
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::{Fetched, Want};
use mailstore::store::{PAGE_BYTES, PAGE_ROWS};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Access, Incoming, Mailstore, Selected, Settings};

const WANTS: [Want; 4] = [Want::Row, Want::Derived, Want::Tree, Want::Email];

fn account() -> AccountId {
    AccountId::new(7).unwrap()
}

/// A store that keeps so many bytes of contents.
fn open(dir: &tempfile::TempDir, content_cache: u64) -> Mailstore {
    let backend = Embedded::open(dir.path()).unwrap().backend();
    Mailstore::new(backend, Settings { content_cache, ..Settings::default() })
}

/// Messages of these lengths, about.
async fn fill(store: &Mailstore, lengths: impl Iterator<Item = usize>) {
    let mut messages = Vec::new();
    for (number, length) in lengths.enumerate() {
        let text = format!("Subject: {number}\r\n\r\n{}", "0123456789\r\n".repeat(length / 12));
        messages.push(Incoming::new(store.prepare(text.into()).unwrap()));
    }
    for part in messages.chunks(500) {
        store.append(account().into(), MailboxId::INBOX, part.to_vec()).await.unwrap();
    }
}

async fn select(store: &Mailstore) -> Selected {
    let selected = store.select(account().into(), MailboxId::INBOX, Access::ReadWrite).await;
    selected.unwrap().unwrap()
}

async fn read(inbox: &Selected, uids: &UidSet, want: Want) -> Vec<Fetched> {
    let (mut rest, mut all) = (uids.clone(), Vec::new());
    while !rest.is_empty() {
        let page = inbox.fetch(&rest, want).await.unwrap();
        assert!(page.messages.len() <= PAGE_ROWS);
        let before = page.messages.split_last().map_or(0, |(_, before)| content_len(before));
        assert!(before < PAGE_BYTES, "a page of {before} bytes");
        all.extend(page.messages);
        rest = page.rest;
    }
    all
}

fn content_len(messages: &[Fetched]) -> usize {
    messages.iter().flat_map(|message| &message.tree).map(|tree| tree.inline_len()).sum()
}

async fn read_past(store: &Mailstore, uids: &UidSet, want: Want) -> Vec<Fetched> {
    let at = mailstore::id::MailboxKey { account: account(), mailbox: MailboxId::INBOX };
    let (mut rest, mut all) = (uids.clone(), Vec::new());
    while !rest.is_empty() {
        let page = store.ledger().fetch(at, &rest, want).await.unwrap();
        all.extend(page.messages);
        rest = page.rest;
    }
    all
}

fn uids(ranges: &[(u32, u32)]) -> UidSet {
    let uid = |number| Uid::new(number).unwrap();
    UidSet::from_ranges(ranges.iter().map(|(from, to)| uid(*from)..=uid(*to)))
}

#[tokio::test]
async fn reads_are_the_same_with_any_room() {
    for room in [0, 1 << 10, 300 << 10, 64 << 20] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir, room);
        fill(&store, (0..PAGE_ROWS + 100).map(|number| number % 700)).await;
        fill(&store, (0..20).map(|number| number * 30_000)).await;
        let inbox = select(&store).await;
        let all = inbox.uids().to_set();
        let some = uids(&[(3, 5), (9, 9), (700, PAGE_ROWS as u32 + 110), (9_000, 9_999)]);
        for wanted in [&some, &all, &some, &all] {
            for want in WANTS {
                let found = read(&inbox, wanted, want).await;
                assert_eq!(found, read_past(&store, wanted, want).await, "{room}, {want:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_content_is_read_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir, 64 << 20);
    fill(&store, [100, 200].into_iter()).await;
    let inbox = select(&store).await;
    let both = inbox.uids().to_set();
    let first = read(&inbox, &uids(&[(2, 2)]), Want::Email).await;
    let again = read(&inbox, &both, Want::Email).await;
    assert!(Arc::ptr_eq(first[0].tree.as_ref().unwrap(), again[1].tree.as_ref().unwrap()));
    let third = read(&inbox, &both, Want::Derived).await;
    let derived = |message: &Fetched| message.derived.clone().unwrap();
    assert!(again.iter().zip(&third).all(|(a, b)| Arc::ptr_eq(&derived(a), &derived(b))));
    assert!(third.iter().all(|message| message.tree.is_none()));

    store.forget(account()).await.unwrap();
    assert!(read(&inbox, &both, Want::Email).await.is_empty());
}

#[tokio::test]
async fn what_changes_is_never_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir, 64 << 20);
    fill(&store, [100, 200, 300].into_iter()).await;
    let mut inbox = select(&store).await;
    let all = inbox.uids().to_set();
    let before = read(&inbox, &all, Want::Email).await;
    let flags = Flags::new([SystemFlag::Seen], []);
    let update = FlagUpdate { mode: FlagMode::Add, flags: flags.clone() };
    inbox.flag(uids(&[(2, 2)]), (update, None)).await.unwrap();
    let gone = uids(&[(3, 3)]);
    let guard = ExpungeGuard::All;
    store.expunge(account().into(), MailboxId::INBOX, gone, guard).await.unwrap();
    let after = read(&inbox, &all, Want::Email).await;
    assert_eq!(after, read_past(&store, &all, Want::Email).await);
    assert_eq!(after[1].row.flags, flags);
    assert_ne!(after[2].presence, before[2].presence);
    assert_eq!(after[2].tree, before[2].tree);
}
