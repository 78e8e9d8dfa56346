//! A message to many puts its attachments once, and a blob store that is away is no OK.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lmtp_frontend::Settings;
use mailstore::blob::ObjectName;
use mailstore::store::{BlobStore, StoreError};

use crate::common::people::{ALICE, BOB, CAROL};
use crate::common::{On, Options, Server, bare, lhlo};

harness::everywhere! {
    an_attachment_to_many_is_put_once
    a_full_blob_store_is_no_ok
    a_blob_store_that_never_answers_is_no_ok
}

/// Counts what is put; takes no more than it is allowed.
#[derive(Debug)]
struct Counting {
    blobs: Arc<dyn BlobStore>,
    puts: AtomicUsize,
    most: usize,
    then: Then,
}

/// What becomes of what is too much.
#[derive(Clone, Copy, Debug)]
enum Then {
    Fails,
    Hangs,
}

#[async_trait]
impl BlobStore for Counting {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        // Others get their turn while this is under way.
        tokio::task::yield_now().await;
        if self.puts.fetch_add(1, Ordering::SeqCst) >= self.most {
            match self.then {
                Then::Fails => return Err(StoreError::unavailable("put", "no space left")),
                Then::Hangs => std::future::pending().await,
            }
        }
        self.blobs.put(name, bytes).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.blobs.get(name, range).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.blobs.delete(name).await
    }

    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError> {
        self.blobs.list(folder).await
    }
}

/// A server whose blobs go to a store that takes `most` of them.
async fn server(on: On, most: usize, then: Then) -> (Server, Arc<Counting>) {
    let mut opened = on.open().await;
    let (blobs, puts) = (opened.backend.blobs, AtomicUsize::new(0));
    let counting = Arc::new(Counting { blobs, puts, most, then });
    opened.backend.blobs = counting.clone();
    let settings = match then {
        Then::Fails => bare(),
        Then::Hangs => Settings { delivery: Duration::from_secs(2), ..bare() },
    };
    (Server::on_opened(opened, Options::from(settings)).await, counting)
}

/// One whose attachment no ledger keeps.
fn message() -> String {
    let attachment =
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\r\n".repeat(20_000);
    let header = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n";
    format!("{header}\r\n{attachment}")
}

async fn deliver(server: &Server, replies: &str) {
    let mut client = lhlo(server).await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: RCPT TO:<bob>
             C: RCPT TO:<carol>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 354 *",
        )
        .await;
    client.send(format!("{}.\r\n", message()).as_bytes()).await;
    client.play(replies).await;
}

async fn an_attachment_to_many_is_put_once(on: On) {
    let (server, counting) = server(on, usize::MAX, Then::Fails).await;
    deliver(&server, "S: 250 2.0.0 <alice> *\nS: 250 2.0.0 <bob> *\nS: 250 2.0.0 <carol> *").await;
    assert_eq!(counting.puts.load(Ordering::SeqCst), 1);
    for account in [ALICE, BOB, CAROL] {
        assert_eq!(server.mail(account).texts("INBOX").await, [message()]);
    }
}

async fn a_full_blob_store_is_no_ok(on: On) {
    let (server, _) = server(on, 0, Then::Fails).await;
    let no = |name| format!("S: 451 4.3.0 <{name}> the store is not available\n");
    deliver(&server, &["alice", "bob", "carol"].map(no).concat()).await;
    for account in [ALICE, BOB, CAROL] {
        assert!(server.mail(account).texts("INBOX").await.is_empty());
    }
}

/// A blob store that never answers is given up, and what had no part in it goes on.
async fn a_blob_store_that_never_answers_is_no_ok(on: On) {
    let (server, _) = server(on, 0, Then::Hangs).await;
    let no = |name| format!("S: 451 4.3.0 <{name}> the store does not answer\n");
    deliver(&server, &["alice", "bob", "carol"].map(no).concat()).await;
    let mut client = lhlo(&server).await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: small
             C: .
             S: 250 2.0.0 <alice> * saved",
        )
        .await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["small\r\n"]);
}
