//! The bytes behind the trace fields are the sender's: the whole corpus, through a socket, into
//! SQLite and back.

use std::io::Read;
use std::path::Path;

use lmtp_frontend::codec::data::encode;
use lmtp_frontend::{Settings, Trace};

use crate::harness::{ALICE, BOB, Client, Server, bare, embedded};

/// The messages of the corpus in CRLF and with one at the end; none if it is not there.
fn corpus() -> Vec<Vec<u8>> {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus.tar.zst");
    let Ok(packed) = std::fs::File::open(archive) else {
        eprintln!("NOT RUN: there is no ../shared/corpus.tar.zst beside the workspace");
        return Vec::new();
    };
    let mut tar = Vec::new();
    zstd::Decoder::new(packed).unwrap().read_to_end(&mut tar).unwrap();
    files(&tar).into_iter().map(in_crlf).collect()
}

/// The files of a tar archive, whatever their names.
fn files(tar: &[u8]) -> Vec<&[u8]> {
    let mut files = Vec::new();
    let mut at = 0;
    while let Some(header) = tar.get(at..at + 512).filter(|header| header[0] != 0) {
        let digits = std::str::from_utf8(&header[124..135]).unwrap();
        let size = usize::from_str_radix(digits.trim_matches(['\0', ' ']), 8).unwrap();
        if matches!(header[156], b'0' | 0) {
            files.push(&tar[at + 512..at + 512 + size]);
        }
        at += 512 + size.next_multiple_of(512);
    }
    files
}

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
    let messages = corpus();
    let directory = tempfile::tempdir().unwrap();
    let traced = Settings { trace: Trace::default(), ..bare() };
    let server = Server::on(embedded(directory.path()), traced, wire::Settings::default()).await;
    let mut client = server.lhlo().await;
    for message in &messages {
        deliver(&mut client, message).await;
    }
    if messages.is_empty() {
        return;
    }
    for (account, name) in [(ALICE, "alice"), (BOB, "bob")] {
        let stored = server.messages(account).await;
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
