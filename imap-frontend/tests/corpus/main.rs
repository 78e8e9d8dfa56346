//! Real mail and generated mail: what comes in by APPEND goes out by FETCH, byte for byte; all of
//! it, each part, any range; as it is, in LF and in CRLF; from memory and from SQLite, and some of it
//! from MongoDB, GridFS and S3.
//!
//! With `MAILSTORE_FULL=1` there are 20,000 generated messages in place of 1,000, and big ones.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;
mod round_trip;

use common::{On, Options, Server};
use harness::Newlines;
use round_trip::{Lane, Seen};

/// Four connections, each with a mailbox of its own.
const LANES: [(&str, &str); 4] = [("joe", "INBOX"), ("jane", "INBOX"), ("joe", "a"), ("jane", "b")];

fn full() -> bool {
    std::env::var_os("MAILSTORE_FULL").is_some_and(|value| value == "1")
}

/// Puts the messages on a server and looks at what comes back.
async fn all_come_back(on: On, messages: Vec<Vec<u8>>) -> Seen {
    let server = Server::start(on, Options::default()).await;
    let mut lanes = LANES.map(|(user, mailbox)| Lane::new(user, mailbox));
    let count = messages.len();
    for (number, raw) in messages.into_iter().enumerate() {
        lanes[number % LANES.len()].push(number, raw);
    }
    let running = lanes.map(|lane| tokio::spawn(lane.run(server.address)));
    let mut seen = Seen::default();
    for lane in running {
        seen += lane.await.unwrap();
    }
    server.stop().await;
    assert_eq!(seen.messages, count);
    seen
}

async fn corpus_comes_back(on: On, newlines: Newlines) {
    let Some(messages) = harness::corpus(newlines) else { return };
    assert!(messages.len() > 4_900, "{}", messages.len());
    let seen = all_come_back(on, messages).await;
    assert!(seen.parts > 11_000 && seen.ranges > 100_000, "{seen:?}");
}

/// A tenth of the corpus; in a full run, all of it, and generated messages.
#[cfg(feature = "cluster-tests")]
async fn a_tenth_comes_back(on: On, seed: usize) {
    let Some(messages) = harness::corpus(Newlines::AsIs) else { return };
    let step = if full() { 1 } else { 10 };
    let messages: Vec<_> = messages.into_iter().step_by(step).collect();
    assert!(messages.len() > 4_900 / step, "{}", messages.len());
    let seen = all_come_back(on, messages).await;
    assert!(seen.parts > 11_000 / step - 200 && seen.ranges > 90_000 / step, "{seen:?}");
    if full() {
        generated_come_back(on, seed..seed + 5).await;
    }
}

/// 1,000 messages of the first seed; in a full run, of each.
async fn generated_come_back(on: On, seeds: std::ops::Range<usize>) {
    let count = if full() { seeds.len() } else { 1 };
    for seed in seeds.take(count) {
        let arguments = ["--count", "1000", "--seed", &seed.to_string()];
        let Some(messages) = harness::generated(&arguments) else { return };
        assert!(messages.len() > 980, "{}", messages.len());
        let seen = all_come_back(on, messages).await;
        assert!(seen.parts > 2_000 && seen.ranges > 10_000, "{seen:?}");
    }
}

async fn big_ones_come_back(on: On) {
    if !full() {
        eprintln!("NOT RUN: the big generated messages; set MAILSTORE_FULL=1");
        return;
    }
    let arguments = ["--seed", "3", "--big", "--attachment-mb", "3"];
    let Some(messages) = harness::generated(&arguments) else { return };
    assert!(messages.len() > 170, "{}", messages.len());
    let seen = all_come_back(on, messages).await;
    assert!(seen.parts > 20_000, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_as_it_is_embedded() {
    corpus_comes_back(On::Embedded, Newlines::AsIs).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_in_lf_embedded() {
    corpus_comes_back(On::Embedded, Newlines::Lf).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_in_crlf_embedded() {
    corpus_comes_back(On::Embedded, Newlines::Crlf).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_as_it_is_memory() {
    corpus_comes_back(On::Memory, Newlines::AsIs).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_in_lf_memory() {
    corpus_comes_back(On::Memory, Newlines::Lf).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_in_crlf_memory() {
    corpus_comes_back(On::Memory, Newlines::Crlf).await;
}

#[cfg(feature = "cluster-tests")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_as_it_is_cluster() {
    a_tenth_comes_back(On::Cluster, 121).await;
}

#[cfg(feature = "cluster-tests")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corpus_as_it_is_cluster_with_s3() {
    a_tenth_comes_back(On::ClusterS3, 126).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_embedded() {
    generated_come_back(On::Embedded, 100..120).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_memory() {
    generated_come_back(On::Memory, 101..121).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn big_embedded() {
    big_ones_come_back(On::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn big_memory() {
    big_ones_come_back(On::Memory).await;
}
