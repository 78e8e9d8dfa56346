//! The embedded store, in process: append by one and by many writers, fetch, select.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mailstore::backends::embedded::Embedded;
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::Want;
use mailstore::uid::{Uid, UidSet};
use mailstore::{Access, Incoming, Mailstore, Selected, Settings};
use tokio::runtime::Runtime;

const MESSAGES: u32 = 10_000;

fn message(number: u32) -> Bytes {
    let body = "A line of text, as people write them in their mails.\r\n".repeat(80);
    let head = format!(
        "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: number {number}\r\n\
         Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{number}@example.org>\r\n\r\n"
    );
    Bytes::from(head + &body)
}

async fn append(store: &Mailstore, account: AccountId, raw: Bytes) {
    let message = store.prepare(raw).unwrap();
    store.append(account.into(), MailboxId::INBOX, vec![Incoming::new(message)]).await.unwrap();
}

/// `count` messages by `writers` tasks; how long it took.
async fn append_many(store: &Mailstore, writers: u64, count: u64) -> Duration {
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let account = AccountId::new(writer as i64).unwrap();
                for number in 0..count.div_ceil(writers) {
                    append(&store, account, message(number as u32)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    start.elapsed()
}

fn open(dir: &tempfile::TempDir) -> Mailstore {
    Mailstore::new(Embedded::open(dir.path()).unwrap().backend(), Settings::default())
}

fn appends(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group("append");
    group.throughput(Throughput::Elements(1));
    for writers in [1, 4, 16] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        group.bench_function(format!("{writers} writers"), |b| {
            b.iter_custom(|count| runtime.block_on(append_many(&store, writers, count)));
        });
    }
    group.finish();
}

async fn fetch_all(inbox: &Selected, want: Want) -> u64 {
    let mut rest = UidSet::range(Uid::MIN..=Uid::MAX);
    let mut bytes = 0;
    while !rest.is_empty() {
        let page = inbox.fetch(&rest, want).await.unwrap();
        bytes += page.messages.iter().map(|message| message.row.size).sum::<u64>();
        rest = page.rest;
    }
    bytes
}

fn fetches(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let account = AccountId::new(0).unwrap();
    runtime.block_on(append_many(&store, 1, 1));
    runtime.block_on(async {
        let tasks = (0..16).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..MESSAGES / 16 {
                    append(&store, account, message(number)).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    let select = || store.select(account.into(), MailboxId::INBOX, Access::ReadWrite);
    let inbox = runtime.block_on(select()).unwrap().unwrap();
    let mut group = c.benchmark_group("fetch");
    group.throughput(Throughput::Elements(u64::from(inbox.uids().len())));
    for (name, want) in [("rows", Want::Row), ("derived", Want::Derived), ("emails", Want::Email)] {
        group.bench_function(name, |b| b.iter(|| runtime.block_on(fetch_all(&inbox, want))));
    }
    group.finish();
    c.bench_function("select", |b| b.iter(|| runtime.block_on(select()).unwrap()));
}

criterion_group!(store, appends, fetches);
criterion_main!(store);
