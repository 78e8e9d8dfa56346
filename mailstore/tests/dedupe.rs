//! One attachment, mailed a thousand times in different messages, is stored once; and when the
//! last of them is gone, so is it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use bytes::Bytes;
use contract::account::noise;
use mailstore::backends::embedded::{self, Embedded};
use mailstore::change::ExpungeGuard;
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::message::Want;
use mailstore::time::Timestamp;
use mailstore::{Incoming, Mailstore, Settings};

const TIMES: usize = 1_000;
const HOUR: i64 = 3_600_000;

fn account() -> AccountId {
    AccountId::new(1).unwrap()
}

/// A message of its own, with the content in base64 as one of many clients would wrap it.
fn message(number: usize, content: &[u8]) -> Vec<u8> {
    let line = 4 * (10 + number % 10);
    let newline = if number.is_multiple_of(3) { "\n" } else { "\r\n" };
    let mut raw = format!(
        "Subject: number {number}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n\
         --b{number}\r\n\r\nHello {number}\r\n--b{number}\r\n\
         Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    let text = data_encoding::BASE64.encode(content);
    for line in text.as_bytes().chunks(line) {
        raw.push_str(std::str::from_utf8(line).unwrap());
        raw.push_str(newline);
    }
    raw.push_str(&format!("--b{number}--\r\n"));
    raw.into_bytes()
}

async fn append(store: &Mailstore, raw: Vec<u8>) {
    let message = store.prepare(Bytes::from(raw)).unwrap();
    let messages = vec![Incoming::new(message)];
    store.append(account().into(), MailboxId::INBOX, messages).await.unwrap();
}

/// Bytes of all files below a directory, and how many there are.
fn files(dir: &Path) -> (u64, usize) {
    let (mut bytes, mut count) = (0, 0);
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let entry = entry.unwrap();
        let (more, below) = match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => (entry.metadata().unwrap().len(), 1),
        };
        bytes += more;
        count += below;
    }
    (bytes, count)
}

async fn mailed_often(content: Vec<u8>, objects: usize) {
    let dir = tempfile::tempdir().unwrap();
    let embedded = Embedded::open(dir.path()).unwrap();
    let store = Mailstore::new(embedded.backend(), Settings::default());
    for number in 0..TIMES {
        append(&store, message(number, &content)).await;
    }
    let (bytes, count) = files(&dir.path().join("blobs"));
    let most = objects * (content.len() + 64);
    assert!(count == objects && bytes <= most as u64, "{count} objects of {bytes} bytes");

    let key = MailboxKey { account: account(), mailbox: MailboxId::INBOX };
    let all = store.open(key).await.unwrap().unwrap().uids.to_set();
    assert_eq!(all.len(), TIMES as u64);
    let (first, rest) = all.split_at(1);
    let found = store.ledger().fetch(key, &first, Want::Email).await.unwrap();
    let plan = found.messages[0].tree.as_ref().unwrap().plan();
    assert!(store.read(plan).to_bytes().await.unwrap() == message(0, &content));

    // As long as one is there, so is the content; then nothing is.
    for (uids, messages, blobs) in [(rest, TIMES as u64 - 1, 0), (first, 1, 1)] {
        store.expunge(account().into(), MailboxId::INBOX, uids, ExpungeGuard::All).await.unwrap();
        let early = Timestamp::from_millis(Timestamp::now().millis() + 23 * HOUR);
        assert_eq!(store.sweep(early).await.unwrap(), Default::default());
        let late = Timestamp::from_millis(Timestamp::now().millis() + 30 * HOUR);
        let swept = store.sweep(late).await.unwrap();
        assert_eq!((swept.messages, swept.blobs), (messages, blobs));
    }
    assert_eq!(files(&dir.path().join("blobs")), (0, 0));
    let head = store.mailboxes(account()).await.unwrap().head;
    assert_eq!(head.usage, Default::default());
    drop((store, embedded));
    let report = embedded::check(dir.path()).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.messages, report.emails, report.blobs), (0, 0, 0));
}

/// Small enough that the ledger keeps it.
#[tokio::test]
async fn an_attachment_kept_by_the_ledger_is_stored_once() {
    mailed_often(noise(40_000, 1), 0).await;
}

/// An object in the blob store.
#[tokio::test]
async fn an_attachment_in_the_blob_store_is_stored_once() {
    mailed_often(noise(300_000, 2), 1).await;
}
