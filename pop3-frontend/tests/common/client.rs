//! A client of POP3.

use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use harness::{Lines, Talk};

pub struct Client(Lines);

impl Deref for Client {
    type Target = Lines;

    fn deref(&self) -> &Lines {
        &self.0
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Lines {
        &mut self.0
    }
}

impl Talk for Client {
    async fn greeted(address: SocketAddr) -> Self {
        Self::connect(address).await
    }

    async fn silent(address: SocketAddr) -> Self {
        Self(Lines::connect(address).await)
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.send(bytes).await;
    }

    async fn line(&mut self) -> String {
        self.0.line().await
    }
}

impl Client {
    /// Connects and reads the greeting.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut client = Self::silent(address).await;
        assert_eq!(client.0.line().await, "+OK mailstore POP3 ready");
        client
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
        loop {
            // Anew each time: a connection may only try so often.
            let mut client = Self::connect(address).await;
            client.ok("USER joe").await;
            client.0.send(b"PASS secret\r\n").await;
            let line = client.0.line().await;
            if line.starts_with("+OK") {
                return client;
            }
            assert!(line.starts_with("-ERR [IN-USE]"), "{line}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends a command that must succeed; what is said after `+OK`.
    pub async fn ok(&mut self, command: &str) -> String {
        self.0.send(format!("{command}\r\n").as_bytes()).await;
        let line = self.0.line().await;
        let text = line.strip_prefix("+OK").unwrap_or_else(|| panic!("{command}: {line}"));
        text.trim_start().to_owned()
    }

    /// Sends a command whose answer has many lines: those, unstuffed, with their CRLFs.
    pub async fn lines(&mut self, command: &str) -> Vec<u8> {
        self.ok(command).await;
        let mut all = Vec::new();
        loop {
            match self.0.raw_line().await.as_slice() {
                b"." => return all,
                [b'.', line @ ..] | line => all.extend_from_slice(&[line, b"\r\n"].concat()),
            }
        }
    }

    /// The connection.
    pub fn into_lines(self) -> Lines {
        self.0
    }
}
