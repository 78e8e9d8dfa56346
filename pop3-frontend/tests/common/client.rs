//! A client that knows lines, and nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// After this a test has failed; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects and reads the greeting.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut client = Self::connect_silently(address).await;
        assert_eq!(client.line().await, "+OK mailstore POP3 ready");
        client
    }

    pub async fn connect_silently(address: SocketAddr) -> Self {
        Self { stream: BufReader::new(TcpStream::connect(address).await.unwrap()) }
    }

    /// Connects and logs in as joe.
    pub async fn login(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        client.ok("USER joe").await;
        client.ok("PASS secret").await;
        client
    }

    /// The same, as soon as no other session has the maildrop.
    pub async fn login_when_free(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        loop {
            client.ok("USER joe").await;
            client.send(b"PASS secret\r\n").await;
            let line = client.line().await;
            if line.starts_with("+OK") {
                return client;
            }
            assert!(line.starts_with("-ERR [IN-USE]"), "{line}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next line without its CRLF; empty at the end of the connection.
    pub async fn line(&mut self) -> String {
        String::from_utf8(self.raw_line().await).unwrap()
    }

    /// The next line without its CRLF: only that ends one.
    pub async fn raw_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        loop {
            let read = timeout(PATIENCE, self.stream.read_until(b'\n', &mut line)).await;
            if read.expect("the server says nothing").unwrap_or(0) == 0 {
                return line;
            }
            if line.ends_with(b"\r\n") {
                line.truncate(line.len() - 2);
                return line;
            }
        }
    }

    /// Sends a command that must succeed; what is said after `+OK`.
    pub async fn ok(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes()).await;
        let line = self.line().await;
        let text = line.strip_prefix("+OK").unwrap_or_else(|| panic!("{command}: {line}"));
        text.trim_start().to_owned()
    }

    /// Sends a command whose answer has many lines: those, unstuffed, with their CRLFs.
    pub async fn lines(&mut self, command: &str) -> Vec<u8> {
        self.ok(command).await;
        let mut all = Vec::new();
        loop {
            match self.raw_line().await.as_slice() {
                b"." => return all,
                [b'.', line @ ..] | line => all.extend_from_slice(&[line, b"\r\n"].concat()),
            }
        }
    }

    /// Until the server closes.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.unwrap();
        rest
    }
}
