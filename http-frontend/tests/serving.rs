//! HTTP over sockets: what a connection sees of the server's end.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_frontend::{Http, Settings};
use mailstore::Mailstore;
use mailstore::accounts::{Accounts, Grant, MemoryAccounts, NewToken, NewUser};
use mailstore::backends::memory;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use wire::{Listener, Shutdown, Trigger};

const PATIENCE: Duration = Duration::from_secs(60);

struct Server {
    address: SocketAddr,
    token: String,
    trigger: Trigger,
    task: JoinHandle<()>,
}

async fn serve() -> Server {
    let store = Mailstore::new(memory::backend(), mailstore::Settings::default());
    let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
    accounts.add(NewUser::new("alice")).await.unwrap();
    let root = NewToken { grant: Grant::Root, label: "test".into(), until: None };
    let token = accounts.issue_token(root).await.unwrap().1.expose().to_owned();
    let http = Arc::new(Http::new(store, accounts, Settings::default()));
    let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::channel();
    let task = tokio::spawn(wire::serve(listener, wire::Settings::default(), http, shutdown));
    Server { address, token, trigger, task }
}

impl Server {
    async fn ask(&self, path: &str) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        let token = &self.token;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        client
    }
}

async fn read_to(client: &mut TcpStream, end: &str) -> String {
    let mut all = String::new();
    let mut buf = [0; 4096];
    while !all.contains(end) {
        let count = tokio::time::timeout(PATIENCE, client.read(&mut buf)).await.unwrap().unwrap();
        assert!(count > 0, "closed after {all}");
        all += str::from_utf8(&buf[..count]).unwrap();
    }
    all
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let server = serve().await;
    let mut events = server.ask("/api/v1/users/1/events").await;
    let head = read_to(&mut events, "retry: 2000").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let mut idle = server.ask("/health").await;
    read_to(&mut idle, "ok\n").await;
    server.trigger.shut_down();
    for mut client in [events, idle] {
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, client.read_to_end(&mut rest)).await.unwrap().unwrap();
    }
    tokio::time::timeout(PATIENCE, server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let server = serve().await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(b"EHLO there\r\n\r\n").await.unwrap();
    assert!(read_to(&mut client, "\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
}

/// The answer comes, whatever the client was still sending.
#[tokio::test]
async fn what_is_too_long_is_refused_and_hears_it() {
    let server = serve().await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(1_000_000));
    client.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    let read = client.read_to_string(&mut said);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
}
