//! The bytes behind the trace fields are the sender's: the whole corpus, through a socket, into
//! SQLite and back.

use harness::Newlines;
use lmtp_frontend::codec::data::encode;
use lmtp_frontend::{Settings, Trace};

use crate::common::client::Client;
use crate::common::people::{ALICE, BOB};
use crate::common::{On, Options, Server, bare, lhlo};

/// With a CRLF at the end of each line, the last one too.
fn in_crlf(raw: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(raw.len() + raw.len() / 32);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        message.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        message.extend_from_slice(b"\r\n");
    }
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corpus_comes_back() {
    let Some(messages) = harness::corpus(Newlines::AsIs) else { return };
    let messages: Vec<_> = messages.iter().map(|raw| in_crlf(raw)).collect();
    let traced = Settings { trace: Trace::default(), ..bare() };
    let server = Server::start(On::Embedded, Options::from(traced)).await;
    let mut client = lhlo(&server).await;
    for message in &messages {
        deliver(&mut client, message).await;
    }
    for (account, name) in [(ALICE, "alice"), (BOB, "bob")] {
        let stored = server.mail(account).messages("INBOX").await;
        assert_eq!(stored.len(), messages.len());
        for (stored, sent) in stored.iter().zip(&messages) {
            let header = stored.strip_suffix(sent.as_slice()).expect("the bytes that were sent");
            let header = String::from_utf8_lossy(header);
            let start = format!("Return-Path: <a@b>\r\nDelivered-To: {name}\r\nReceived: from ");
            assert!(header.starts_with(&start) && header.ends_with(" +0000\r\n"), "{header}");
        }
    }
}

async fn deliver(client: &mut Client<tokio::net::TcpStream>, message: &[u8]) {
    client.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<alice>\r\nRCPT TO:<bob>\r\nDATA\r\n").await;
    client.play("S: 250 2.1.0 OK\nS: 250 2.1.5 OK\nS: 250 2.1.5 OK\nS: 354 *").await;
    client.send(&encode(message)).await;
    client.play("S: 250 2.0.0 <alice> * saved\nS: 250 2.0.0 <bob> * saved").await;
}
