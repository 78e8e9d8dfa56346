//! A client that knows lines and literals, and nothing else.

use std::net::SocketAddr;

use harness::{PATIENCE, Talk};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub struct Client {
    stream: BufReader<TcpStream>,
    tags: u32,
}

impl Talk for Client {
    async fn greeted(address: SocketAddr) -> Self {
        Self::connect(address).await
    }

    async fn silent(address: SocketAddr) -> Self {
        Self::connect_silently(address).await
    }

    async fn send(&mut self, bytes: &[u8]) {
        Self::send(self, bytes).await;
    }

    async fn line(&mut self) -> String {
        String::from_utf8_lossy(&Self::line(self).await).into_owned()
    }
}

impl Client {
    /// Connects and reads the greeting.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut client = Self::connect_silently(address).await;
        let greeting = client.line().await;
        assert!(greeting.starts_with(b"* OK [CAPABILITY "), "{greeting:?}");
        client
    }

    pub async fn connect_silently(address: SocketAddr) -> Self {
        let stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        Self { stream, tags: 0 }
    }

    /// Connects, logs in as joe and selects a mailbox.
    pub async fn select(address: SocketAddr, mailbox: &str) -> Self {
        let mut client = Self::connect(address).await;
        client.ok("LOGIN joe secret").await;
        client.ok(&format!("SELECT {mailbox}")).await;
        client
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next line without its CRLF, literals in place; empty at the end of the connection.
    pub async fn line(&mut self) -> Vec<u8> {
        timeout(PATIENCE, self.read_line()).await.expect("the server says nothing")
    }

    async fn read_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        loop {
            if self.stream.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
                return line;
            }
            let Some(text) = line.strip_suffix(b"\r\n") else {
                panic!("a line without CRLF: {:?}", String::from_utf8_lossy(&line));
            };
            let Some(len) = literal(text) else {
                line.truncate(line.len() - 2);
                return line;
            };
            let start = line.len();
            line.resize(start + len, 0);
            self.stream.read_exact(&mut line[start..]).await.unwrap();
        }
    }

    /// All that comes until the server closes.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.unwrap();
        rest
    }

    /// Sends a command; returns all lines of the answer, the tagged one last and without its tag.
    pub async fn command(&mut self, command: &str) -> Vec<Vec<u8>> {
        self.command_bytes(command.as_bytes()).await
    }

    pub async fn command_bytes(&mut self, command: &[u8]) -> Vec<Vec<u8>> {
        self.tags += 1;
        let tag = format!("t{} ", self.tags);
        self.send(&[tag.as_bytes(), command, b"\r\n"].concat()).await;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            assert!(!line.is_empty(), "closed in {:?}", String::from_utf8_lossy(command));
            if let Some(end) = line.strip_prefix(tag.as_bytes()) {
                lines.push(end.to_vec());
                return lines;
            }
            lines.push(line);
        }
    }

    /// Sends a command that must succeed; returns the untagged lines.
    pub async fn ok(&mut self, command: &str) -> Vec<String> {
        let mut lines = self.command(command).await;
        let end = String::from_utf8(lines.pop().unwrap()).unwrap();
        assert!(end.starts_with("OK"), "{command}: {end}");
        lines.into_iter().map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
    }

    /// Sends a command; returns the tagged answer.
    pub async fn end(&mut self, command: &str) -> String {
        let mut lines = self.command(command).await;
        String::from_utf8(lines.pop().unwrap()).unwrap()
    }

    /// Appends a message; returns the tagged answer.
    pub async fn append(&mut self, mailbox: &str, message: &[u8]) -> String {
        let head = format!("APPEND {mailbox} {{{}+}}\r\n", message.len());
        let mut lines = self.command_bytes(&[head.as_bytes(), message].concat()).await;
        String::from_utf8(lines.pop().unwrap()).unwrap()
    }

    /// The bytes of one content of a message, named as in the answer.
    pub async fn content(&mut self, uid: u32, item: &str, answer: &str) -> Option<Vec<u8>> {
        let lines = self.command(&format!("UID FETCH {uid} {item}")).await;
        let label = format!("{answer} ");
        for line in &lines {
            let found = line.windows(label.len()).position(|window| window == label.as_bytes());
            let Some(at) = found else { continue };
            let rest = &line[at + label.len()..];
            if rest.starts_with(b"NIL") {
                return None;
            }
            let end = rest.iter().position(|byte| *byte == b'\n').expect("a literal");
            let len = literal(rest[..end].strip_suffix(b"\r").unwrap()).unwrap();
            return Some(rest[end + 1..end + 1 + len].to_vec());
        }
        panic!("no {answer} in {:?}", String::from_utf8_lossy(&lines.concat()));
    }
}

/// The length of the literal announced at the end of a line.
fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let start = line.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(&line[start + 1..]).ok()?.parse().ok()
}
