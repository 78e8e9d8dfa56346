//! A client that plays short transcripts that stand in a test.

use std::net::SocketAddr;

use harness::{Lines, Talk};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Plays transcripts.
pub struct Client<S = TcpStream>(Lines<S>);

impl Talk for Client {
    async fn greeted(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        client.lhlo().await;
        client
    }

    async fn silent(address: SocketAddr) -> Self {
        Self::connect(address).await
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.send(bytes).await;
    }

    async fn line(&mut self) -> String {
        self.0.line().await
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(Lines::connect(address).await)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub fn over(stream: S) -> Self {
        Self(Lines::over(stream))
    }

    pub fn into_inner(self) -> S {
        self.0.into_inner()
    }

    /// `C: ` lines are sent, those that follow one another in one piece; `S: ` lines must come, `*`
    /// standing for any text; `S-` is the end of the connection.
    pub async fn play(&mut self, transcript: &str) {
        let mut group = String::new();
        for line in transcript.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
            match line.split_at_checked(3) {
                Some(("C: ", text)) => group.push_str(&format!("{text}\r\n")),
                Some(("S: ", text)) => {
                    self.send(std::mem::take(&mut group).as_bytes()).await;
                    let line = self.line().await;
                    assert!(matches(text, &line), "expected {text:?}, got {line:?}");
                }
                None if line == "C:" => group.push_str("\r\n"),
                None if line == "S-" => {
                    self.send(std::mem::take(&mut group).as_bytes()).await;
                    assert_eq!(self.line().await, "");
                }
                _ => panic!("not a line of a transcript: {line:?}"),
            }
        }
        self.send(group.as_bytes()).await;
    }

    /// Reads the greeting and says LHLO.
    pub async fn lhlo(&mut self) {
        self.play("S: 220 *\nC: LHLO client.example").await;
        while self.line().await.starts_with("250-") {}
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.send(bytes).await;
    }

    /// The next line without its CRLF; empty at the end.
    pub async fn line(&mut self) -> String {
        self.0.line().await
    }
}

/// Whether `line` is `pattern`, each `*` of which stands for any text.
fn matches(pattern: &str, line: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == line,
        Some((before, after)) => line.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|tail| matches(after, tail))
        }),
    }
}
