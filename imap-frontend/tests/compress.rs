//! COMPRESS (RFC 4978) with a client that does it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{On, Options, Server};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Client {
    stream: TcpStream,
    layer: Option<(Compress, Decompress)>,
    heard: Vec<u8>,
}

impl Client {
    async fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let mut client = Self { stream, layer: None, heard: Vec::new() };
        assert!(client.until("* OK").await.ends_with("ready\r\n"));
        client
    }

    fn compress(&mut self) {
        let deflate = Compress::new(Compression::default(), false);
        self.layer = Some((deflate, Decompress::new(false)));
    }

    async fn say(&mut self, text: &str) {
        let mut out = Vec::with_capacity(text.len() + 1024);
        match &mut self.layer {
            Some((deflate, _)) => {
                deflate.compress_vec(text.as_bytes(), &mut out, FlushCompress::Sync).unwrap();
            }
            None => out.extend_from_slice(text.as_bytes()),
        }
        self.stream.write_all(&out).await.unwrap();
    }

    /// All up to the line that begins so.
    async fn until(&mut self, start: &str) -> String {
        loop {
            let text = String::from_utf8(self.heard.clone()).unwrap();
            let at =
                if text.starts_with(start) { Some(0) } else { text.find(&format!("\n{start}")) };
            if let Some(at) = at
                && let Some(end) = text[at + 1..].find("\r\n")
            {
                self.heard.drain(..at + 1 + end + 2);
                return text[..at + 1 + end + 2].to_owned();
            }
            self.hear().await;
        }
    }

    async fn hear(&mut self) {
        let mut buf = vec![0; 4096];
        let count = self.stream.read(&mut buf).await.unwrap();
        assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&self.heard));
        match &mut self.layer {
            Some((_, inflate)) => {
                let mut out = Vec::with_capacity(1 << 20);
                inflate.decompress_vec(&buf[..count], &mut out, FlushDecompress::None).unwrap();
                self.heard.extend(out);
            }
            None => self.heard.extend_from_slice(&buf[..count]),
        }
    }

    async fn ask(&mut self, command: &str) -> String {
        self.say(&format!("a {command}\r\n")).await;
        self.until("a ").await
    }
}

#[tokio::test]
async fn all_goes_on_compressed() {
    let server = Server::start(On::Memory, Options::default()).await;
    let mut client = Client::connect(&server).await;
    client.ask("LOGIN joe secret").await;
    assert_eq!(client.ask("COMPRESS DEFLATE").await, "a OK DEFLATE active\r\n");
    client.compress();
    let names = client.ask("CAPABILITY").await;
    assert!(names.contains("UNAUTHENTICATE") && !names.contains("COMPRESS"), "{names}");
    let again = client.ask("COMPRESS DEFLATE").await;
    assert_eq!(again, "a NO [COMPRESSIONACTIVE] DEFLATE is active already\r\n");
    let body = "0123456789".repeat(20_000);
    let stored = client.ask(&format!("APPEND INBOX {{{}+}}\r\n{body}", body.len())).await;
    assert!(stored.starts_with("a OK [APPENDUID "), "{stored}");
    client.ask("SELECT INBOX").await;
    let fetched = client.ask("FETCH 1 BODY.PEEK[]").await;
    assert!(fetched.contains(&body), "{} bytes", fetched.len());
    client.say("b IDLE\r\n").await;
    client.until("+ ").await;
    client.say("DONE\r\n").await;
    assert_eq!(client.until("b ").await, "b OK Done\r\n");
    server.stop().await;
}

/// The layer ends with the answer to UNAUTHENTICATE (RFC 8437 4.1).
#[tokio::test]
async fn the_next_user_begins_without() {
    let server = Server::start(On::Memory, Options::default()).await;
    let mut client = Client::connect(&server).await;
    client.ask("LOGIN joe secret").await;
    client.ask("COMPRESS DEFLATE").await;
    client.compress();
    assert!(client.ask("UNAUTHENTICATE").await.starts_with("a OK [CAPABILITY "));
    client.layer = None;
    let answer = client.ask("LOGIN jane secret").await;
    assert!(answer.contains(" COMPRESS=DEFLATE "), "{answer}");
    server.stop().await;
}

/// A line that is short when compressed is as long as it is.
#[tokio::test]
async fn limits_hold_for_what_is_inflated() {
    let server = Server::start(On::Memory, Options::default()).await;
    let mut client = Client::connect(&server).await;
    client.ask("LOGIN joe secret").await;
    client.ask("COMPRESS DEFLATE").await;
    client.compress();
    let answer = client.ask(&format!("NOOP{}", " ".repeat(10_000_000))).await;
    assert!(answer.starts_with("a BAD [TOOBIG] "), "{answer}");
    assert_eq!(client.ask("NOOP").await, "a OK Done\r\n");
    server.stop().await;
}
