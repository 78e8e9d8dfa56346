//! Stored bytes that were altered: never an OK for them, and never wrong bytes.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use common::client::Client;
use common::{Options, Server};
use mailstore::Backend;
use mailstore::backends::memory;
use mailstore::blob::ObjectName;
use mailstore::store::{BlobStore, StoreError};

/// Blobs of which the byte at this offset is read wrong.
#[derive(Debug)]
struct Altered {
    blobs: Arc<dyn BlobStore>,
    at: Arc<AtomicU64>,
}

#[async_trait]
impl BlobStore for Altered {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.blobs.put(name, bytes).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError> {
        let mut bytes = BytesMut::from(&self.blobs.get(name, range.clone()).await?[..]);
        let at = self.at.load(Ordering::Relaxed);
        if range.contains(&at) {
            bytes[(at - range.start) as usize] ^= 1;
        }
        Ok(bytes.freeze())
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.blobs.delete(name).await
    }

    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError> {
        self.blobs.list(folder).await
    }
}

/// A message with a large attachment between two small ones.
async fn start() -> (Server, Arc<AtomicU64>) {
    let at = Arc::new(AtomicU64::new(u64::MAX));
    let backend = memory::backend();
    let blobs = Arc::new(Altered { blobs: backend.blobs, at: Arc::clone(&at) });
    let server = Server::on_backend(Backend { blobs, ..backend }, Options::default()).await;
    let mut client = Client::connect(server.address).await;
    client.ok("LOGIN joe secret").await;
    let content: Vec<u8> = (0..4_000_000_u32).map(|i| (i.wrapping_mul(i) >> 5) as u8).collect();
    let head = "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    client.append("INBOX", b"Subject: 1\r\n\r\n").await;
    client.append("INBOX", &[head.as_bytes(), &content].concat()).await;
    client.append("INBOX", b"Subject: 3\r\n\r\n").await;
    (server, at)
}

#[tokio::test]
async fn damage_at_the_beginning_is_said_and_the_others_are_shown() {
    let (server, at) = start().await;
    let mut client = Client::select(server.address, "INBOX").await;
    at.store(5, Ordering::Relaxed);
    let lines = client.command("FETCH 1:3 (UID BODY.PEEK[])").await;
    let starts: Vec<_> = lines.iter().map(|line| &line[..9]).collect();
    assert_eq!(starts[..2], [b"* 1 FETCH", b"* 3 FETCH"]);
    assert_eq!(lines[2], b"NO [SERVERBUG] Stored data is damaged; see the server's log");
    assert_eq!(lines.len(), 3);
    // What is not damaged of it can be had.
    let lines = client.command("FETCH 2 (RFC822.SIZE BODY.PEEK[]<1000000.5>)").await;
    assert!(lines[0].starts_with(b"* 2 FETCH (RFC822.SIZE 4000062 BODY[]<1000000> {5}\r\n"));
    assert!(lines[1].starts_with(b"OK"));
    server.stop().await;
}

#[tokio::test]
async fn damage_within_a_literal_ends_the_connection() {
    let (server, at) = start().await;
    let mut client = Client::select(server.address, "INBOX").await;
    at.store(3_900_000, Ordering::Relaxed);
    client.send(b"f FETCH 2 BODY.PEEK[]\r\n").await;
    let sent = client.rest().await;
    assert!(sent.starts_with(b"* 2 FETCH (BODY[] {4000062}\r\n"));
    // Nothing after the literal, which the client therefore knows to be cut short.
    assert!(sent.len() < 3_900_000);
    server.stop().await;
}
