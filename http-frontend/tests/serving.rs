//! HTTP over sockets: what a connection sees of the server's end.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_frontend::{Http, Settings};
use mailstore::accounts::{Accounts, Grant, MemoryAccounts, NewToken, NewUser};
use mailstore::backends::memory;
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{AccountId, MailboxId, SessionId};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Incoming, Mailstore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use wire::{Listener, Shutdown, Timeouts, Trigger};

const PATIENCE: Duration = Duration::from_secs(60);

struct Server {
    store: Mailstore,
    address: SocketAddr,
    token: String,
    trigger: Trigger,
    task: JoinHandle<()>,
}

async fn serve() -> Server {
    serve_with(Settings::default(), wire::Settings::default()).await
}

async fn serve_with(settings: Settings, wire: wire::Settings) -> Server {
    let store = Mailstore::new(memory::backend(), mailstore::Settings::default());
    let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
    accounts.add(NewUser::new("alice")).await.unwrap();
    let root = NewToken { grant: Grant::Root, label: "test".into(), until: None };
    let token = accounts.issue_token(root).await.unwrap().1.expose().to_owned();
    let http = Arc::new(Http::new(store.clone(), accounts, settings));
    let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::channel();
    let task = tokio::spawn(wire::serve(listener, wire, http, shutdown));
    Server { store, address, token, trigger, task }
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

/// Who takes nothing of what happens is cut off, and another gets the place.
#[tokio::test]
async fn a_stream_that_nobody_reads_is_cut_off() {
    let timeouts = Timeouts { slow_write: Duration::from_millis(200), ..Timeouts::default() };
    let wire = wire::Settings { timeouts, ..wire::Settings::default() };
    let server = serve_with(Settings { streams: 1, ..Settings::default() }, wire).await;
    much_happens(&server.store).await;
    let path = "/api/v1/users/1/events?since=0";
    let mut deaf = server.ask(path).await;
    read_to(&mut deaf, "retry: 2000").await;
    let busy = read_to(&mut server.ask(path).await, "\r\n\r\n").await;
    assert!(busy.starts_with("HTTP/1.1 503 "), "{busy}");
    tokio::time::timeout(PATIENCE, async {
        while !read_to(&mut server.ask(path).await, "\r\n\r\n").await.contains("200 OK") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the stream that nobody reads has its place still");
}

/// More than the sockets hold: every other message of many gets a flag, again and again.
async fn much_happens(store: &Mailstore) {
    let by = mailstore::Actor::new(AccountId::new(1).unwrap(), SessionId::NONE);
    let one = || Incoming::new(store.prepare("x\r\n".into()).unwrap());
    for _ in 0..20 {
        let messages = (0..100).map(|_| one()).collect();
        store.append(by, MailboxId::INBOX, messages).await.unwrap();
    }
    let odd: UidSet = (1..2000).step_by(2).filter_map(Uid::new).collect();
    for round in 0..600 {
        let mode = if round % 2 == 0 { FlagMode::Add } else { FlagMode::Remove };
        let update = FlagUpdate { mode, flags: Flags::new([SystemFlag::Flagged], []) };
        store.flag(by, MailboxId::INBOX, odd.clone(), (update, None)).await.unwrap();
    }
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
