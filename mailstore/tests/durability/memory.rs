//! What a message of 50 MB costs while it comes in and while it goes out.

use std::fs;

use bytes::Bytes;
use mailstore::backends::embedded::Embedded;
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::Want;
use mailstore::uid::{Uid, UidSet};
use mailstore::{Access, Incoming, Mailstore, Settings};

use super::shim::{again, role};
use super::workload::noise;

const SIZE: usize = 50_000_000;

/// One attachment in base64: it leaves the tree decoded.
#[test]
fn an_attachment() {
    stays_under_three_times("memory::an_attachment", || {
        let head = "Subject: big\r\nContent-Type: application/zip\r\n\
                    Content-Transfer-Encoding: base64\r\n\r\n";
        let line = data_encoding::BASE64.encode(&noise(1, 57)) + "\r\n";
        fill(head, &line)
    });
}

/// Text: it leaves the tree as it is.
#[test]
fn a_text() {
    stays_under_three_times("memory::a_text", || {
        fill("Subject: big\r\nContent-Type: text/plain\r\n\r\n", "a line of some text\r\n")
    });
}

/// Thousands of parts, none of them big.
#[test]
fn many_parts() {
    stays_under_three_times("memory::many_parts", || {
        let head = "Subject: big\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n";
        let part = format!("--x\r\n\r\n{}", "a line of some text\r\n".repeat(400));
        fill(head, &part)
    });
}

fn fill(head: &str, again: &str) -> Bytes {
    let mut raw = Vec::with_capacity(SIZE);
    raw.extend_from_slice(head.as_bytes());
    while raw.len() + again.len() <= SIZE {
        raw.extend_from_slice(again.as_bytes());
    }
    raw.into()
}

/// Appends it in one process and reads it in another; either takes less than three times its size
/// more than it took before.
fn stays_under_three_times(test: &str, message: fn() -> Bytes) {
    if let Some(role) = role() {
        let (task, dir) = role.split_once(' ').unwrap();
        let store = Embedded::open(dir).unwrap();
        let store = Mailstore::new(store.backend(), Settings::default());
        let before = peak();
        if task == "append" {
            append(&store, message())
        } else {
            read(&store)
        }
        let taken = peak() - before;
        println!("{test}: {task} takes {} MB", taken / 1_000_000);
        assert!(taken < 3 * SIZE, "{taken} bytes for a message of {SIZE}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for task in ["append", "read"] {
        let mut command = again(test, &format!("{task} {}", dir.path().display()));
        assert!(command.status().unwrap().success(), "{test}: {task}");
    }
}

#[tokio::main]
async fn append(store: &Mailstore, raw: Bytes) {
    let _admission = store.admit(raw.len() as u64).await;
    let message = Incoming::new(store.prepare(raw).unwrap());
    let account = AccountId::new(1).unwrap();
    store.append(account.into(), MailboxId::INBOX, vec![message]).await.unwrap();
}

#[tokio::main]
async fn read(store: &Mailstore) {
    let account = AccountId::new(1).unwrap();
    let inbox = store.select(account.into(), MailboxId::INBOX, Access::ReadWrite).await.unwrap();
    let page = inbox.unwrap().fetch(&UidSet::single(Uid::MIN), Want::Email).await.unwrap();
    let mut reader = store.read(page.messages[0].tree.as_ref().unwrap().plan());
    let mut size = 0;
    while let Some(bytes) = reader.next().await.unwrap() {
        size += bytes.len() as u64;
    }
    assert_eq!(size, page.messages[0].row.size);
}

/// The most memory that this process ever had, in bytes.
pub(crate) fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes << 10
}
