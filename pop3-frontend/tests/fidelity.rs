//! What is downloaded is what is stored: the whole corpus, and odd messages, out of SQLite through
//! a socket.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::client::Client;
use common::{On, Options, Server};
use harness::{JOE, Newlines};

/// Puts the messages into INBOX, and downloads them.
async fn round_trip(messages: &[Vec<u8>]) {
    let server = Server::start(On::Embedded, Options::default()).await;
    for message in messages {
        server.mail(JOE).append(message.clone()).await;
    }
    let mut client = Client::login(server.address).await;
    let octets: usize = messages.iter().map(Vec::len).sum();
    assert_eq!(client.ok("STAT").await, format!("{} {octets}", messages.len()));
    for (number, message) in (1..).zip(messages) {
        let size = client.ok(&format!("LIST {number}")).await;
        assert_eq!(size, format!("{number} {}", message.len()));
        let mut found = client.lines(&format!("RETR {number}")).await;
        if !message.ends_with(b"\r\n") {
            assert_eq!(found.split_off(found.len() - 2), b"\r\n");
        }
        assert!(found == *message, "message {number} came back altered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_comes_back() {
    let Some(messages) = harness::corpus(Newlines::AsIs) else { return };
    round_trip(&messages).await;
}

/// Large ones in pieces, from blobs and not, with dots wherever a piece may begin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_messages_come_back() {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for line in ["\r\n.", "\n.", "\r.", ".\r\n", "\r\n.\r\n", "\0", "\r\n..\r\n"] {
        messages.push(line.repeat(400_000 / line.len()).into_bytes());
        messages.push(line.into());
    }
    let head = "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    let content = (0..2_000_000_u32).map(|i| (i.wrapping_mul(i) >> 5) as u8);
    messages.push(head.bytes().chain(content).collect());
    let base64 = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\r\n";
    let head = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    messages.push([head, &base64.repeat(20_000)].concat().into_bytes());
    round_trip(&messages).await;
}
