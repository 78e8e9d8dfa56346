//! Blobs in places given by URL: a directory, memory, S3.
//!
//! S3 is the double that `scripts/services start` starts.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mailstore::backends::object::ObjectBlobs;
use mailstore::blob::{Digest, ObjectName};
use mailstore::random::Random;
use mailstore::store::{BlobStore, Fault};
use mailstore::time::Timestamp;
use tempfile::TempDir;
use tokio::net::TcpListener;

type Options = Vec<(String, String)>;

fn options(endpoint: &str) -> Options {
    [
        ("endpoint", endpoint),
        ("allow_http", "true"),
        ("access_key_id", "key"),
        ("secret_access_key", "secret"),
        ("region", "us-east-1"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}

fn a_name(content: &[u8]) -> ObjectName {
    ObjectName::new(Timestamp::now(), &Digest::of(content), Random::draw())
}

/// A bucket of the double, made over its own protocol.
async fn bucket() -> (String, Options) {
    let endpoint = harness::service("MAILSTORE_TEST_S3");
    let name = format!("b{:032x}", Random::draw().0);
    let host = endpoint.strip_prefix("http://").unwrap().to_owned();
    let request = format!("PUT /{name} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    assert!(answer.contains(" 200 "), "{answer}");
    (name, options(&endpoint))
}

mod s3 {
    use super::*;

    async fn some_blobs() -> (Arc<dyn BlobStore>, ()) {
        let (bucket, options) = bucket().await;
        (Arc::new(ObjectBlobs::at(&format!("s3://{bucket}/mail/blobs"), &options).unwrap()), ())
    }

    contract::blobs_contract!(some_blobs);
}

mod file {
    use super::*;

    async fn some_blobs() -> (Arc<dyn BlobStore>, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("file://{}", dir.path().join("blobs").display());
        (Arc::new(ObjectBlobs::at(&url, &[]).unwrap()), dir)
    }

    contract::blobs_contract!(some_blobs);
}

mod memory {
    use super::*;

    async fn some_blobs() -> (Arc<dyn BlobStore>, ()) {
        (Arc::new(ObjectBlobs::at("memory:///", &[]).unwrap()), ())
    }

    contract::blobs_contract!(some_blobs);
}

/// Two stores in one bucket, under prefixes of their own.
#[tokio::test]
async fn prefixes_keep_stores_apart() {
    let (bucket, options) = bucket().await;
    let at = |prefix| ObjectBlobs::at(&format!("s3://{bucket}/{prefix}"), &options).unwrap();
    let (one, two) = (at("one"), at("two"));
    let name = a_name(b"x");
    one.put(&name, Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(one.list(name.folder().unwrap()).await.unwrap(), std::slice::from_ref(&name));
    assert_eq!(two.list(name.folder().unwrap()).await.unwrap(), []);
    assert_eq!(two.get(&name, 0..1).await.unwrap_err().fault, Fault::Corrupt);
}

/// It accepts connections and says nothing: whoever waits is told in time, for every call.
#[tokio::test]
async fn a_store_that_does_not_answer_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let blobs = ObjectBlobs::at("s3://bucket/blobs", &options(&endpoint)).unwrap();
    let blobs = blobs.with_limit(Duration::from_millis(100));
    let name = a_name(b"x");
    let begun = Instant::now();
    let failures = [
        blobs.put(&name, Bytes::from_static(b"x")).await.unwrap_err(),
        blobs.get(&name, 0..1).await.unwrap_err(),
        blobs.delete(&name).await.unwrap_err(),
        blobs.list(0).await.unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(failure.fault, Fault::Unavailable, "{failure}");
        assert!(failure.to_string().contains("no answer in 100ms"), "{failure}");
    }
    // Far less than the store's own patience, which is minutes.
    assert!(begun.elapsed() < Duration::from_secs(60));
}

/// Nobody listens: an error, not an endless retry.
#[tokio::test]
async fn a_store_that_is_away_is_unavailable() {
    let blobs = ObjectBlobs::at("s3://bucket/blobs", &options("http://127.0.0.1:1")).unwrap();
    let blobs = blobs.with_limit(Duration::from_secs(2));
    let failure = blobs.put(&a_name(b"x"), Bytes::from_static(b"x")).await.unwrap_err();
    assert_eq!(failure.fault, Fault::Unavailable, "{failure}");
}
