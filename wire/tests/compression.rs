//! COMPRESS=DEFLATE, as RFC 4978 has it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::Write;

use bytes::BytesMut;
use common::{Running, line, localhost_tls, named, start, trusting};
use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use wire::{Connection, Encryption, Ended, Settings};

/// Turns compression on, then sends back line by line; "plain" turns it off.
async fn squeezed_echo(mut connection: Connection) {
    let mut buf = BytesMut::new();
    connection.compress();
    while let Ok(text) = line(&mut connection, &mut buf).await {
        connection.write(&text[..]).await.unwrap();
        if text == b"plain\r\n" {
            connection.end_compression(&mut buf);
        }
    }
    connection.close().await;
}

/// A client's side of it.
struct Squeezer<S> {
    stream: S,
    deflate: Compress,
    inflate: Decompress,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Squeezer<S> {
    fn new(stream: S) -> Self {
        let deflate = Compress::new(Compression::best(), false);
        Self { stream, deflate, inflate: Decompress::new(false) }
    }

    async fn send(&mut self, text: &[u8]) {
        let mut out = Vec::with_capacity(text.len() + 1024);
        self.deflate.compress_vec(text, &mut out, FlushCompress::Sync).unwrap();
        self.stream.write_all(&out).await.unwrap();
    }

    async fn receive(&mut self, len: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(len);
        while out.len() < len {
            let mut buf = [0; 4096];
            let count = self.stream.read(&mut buf).await.unwrap();
            assert!(count > 0, "closed after {} bytes", out.len());
            let status =
                self.inflate.decompress_vec(&buf[..count], &mut out, FlushDecompress::None);
            assert_ne!(status.unwrap(), Status::StreamEnd);
        }
        out
    }

    async fn ask(&mut self, text: &[u8]) -> Vec<u8> {
        self.send(text).await;
        self.receive(text.len()).await
    }
}

async fn squeezer(server: &Running) -> Squeezer<tokio::net::TcpStream> {
    Squeezer::new(server.connect().await)
}

#[tokio::test]
async fn each_answer_can_be_read_at_once() {
    let server = start(Settings::default(), squeezed_echo);
    let mut client = squeezer(&server).await;
    for text in ["a1 NOOP\r\n", "a2 NOOP\r\n", "\r\n"] {
        assert_eq!(client.ask(text.as_bytes()).await, text.as_bytes());
    }
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn it_goes_into_tls() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let settings = Settings { encryption: Encryption::Implicit(tls), ..Settings::default() };
    let server = start(settings, |connection| async move {
        assert!(connection.is_tls());
        squeezed_echo(connection).await;
    });
    let clear = server.connect().await;
    let stream = trusting(certificate).connect(named("localhost"), clear).await.unwrap();
    let mut client = Squeezer::new(stream);
    assert_eq!(client.ask(b"within\r\n").await, b"within\r\n");
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let server = start(Settings::default(), squeezed_echo);
    let mut client = squeezer(&server).await;
    assert_eq!(client.ask(b"plain\r\n").await, b"plain\r\n");
    client.stream.write_all(b"bare\r\n").await.unwrap();
    let mut answer = [0; 6];
    client.stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"bare\r\n");
    drop(client);
    server.stop().await;
}

/// Two hundred thousand bytes that stand for two hundred million come in pieces no larger than asked
/// for.
#[tokio::test]
async fn a_bomb_does_not_go_off() {
    let server = start(Settings::default(), |mut connection| async move {
        connection.compress();
        let (mut buf, mut all) = (BytesMut::new(), 0_u64);
        while let Ok(count) = connection.read(&mut buf, 8192, common::soon()).await {
            assert!(count <= 8192 && buf.capacity() <= 64 * 1024, "{count}");
            all += count as u64;
            buf.clear();
            if all >= 200_000_000 {
                break;
            }
        }
        connection.write(&all.to_be_bytes()[..]).await.unwrap();
        connection.close().await;
    });
    let mut client = squeezer(&server).await;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    for _ in 0..200 {
        encoder.write_all(&[0; 1_000_000]).unwrap();
    }
    encoder.flush().unwrap();
    client.stream.write_all(&encoder.finish().unwrap()).await.unwrap();
    assert_eq!(client.receive(8).await, 200_000_000_u64.to_be_bytes());
    drop(client);
    server.stop().await;
}

/// Bytes that are not DEFLATE end the connection, and nothing else.
#[tokio::test]
async fn garbage_ends_the_connection() {
    let server = start(Settings::default(), |mut connection| async move {
        connection.compress();
        let mut buf = BytesMut::new();
        let ended = connection.read(&mut buf, 99, common::soon()).await.unwrap_err();
        assert!(!matches!(ended, Ended::TimedOut), "{ended}");
    });
    let mut client = server.connect().await;
    client.write_all(&[0xff; 64]).await.unwrap();
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest).await;
    assert_eq!(rest, b"");
    server.stop().await;
}

/// What a compressed connection costs, by what the process grows for many.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_is_as_stated() {
    const MANY: usize = 64;
    fn resident() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }
    let server = start(Settings::default(), squeezed_echo);
    let text =
        [(0..2000).map(|at| b'a' + (at * at % 23) as u8).collect(), b"\r\n".to_vec()].concat();
    // One, so that what is needed once is there; clients that do not compress cost next to nothing.
    let first = squeezer(&server).await.ask(&text).await;
    assert_eq!(first, text);
    let mut squeezed = Vec::with_capacity(4096);
    let mut deflate = Compress::new(Compression::fast(), false);
    deflate.compress_vec(&text, &mut squeezed, FlushCompress::Sync).unwrap();
    let mut streams = Vec::new();
    let before = resident();
    for _ in 0..MANY {
        let mut stream = server.connect().await;
        stream.write_all(&squeezed).await.unwrap();
        let mut first = [0; 1];
        stream.read_exact(&mut first).await.unwrap();
        streams.push(stream);
    }
    let each = resident().saturating_sub(before) / MANY;
    assert!(each <= 320 * 1024, "{each} bytes for each");
    drop(streams);
    server.stop().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_lines(texts in proptest::collection::vec("[a-z]{0,9}|[ab]{20000,60000}", 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = start(Settings::default(), squeezed_echo);
            let mut client = squeezer(&server).await;
            for text in &texts {
                let text = format!("{text}\r\n");
                assert_eq!(client.ask(text.as_bytes()).await, text.as_bytes());
            }
            drop(client);
            server.stop().await;
        });
    }
}
