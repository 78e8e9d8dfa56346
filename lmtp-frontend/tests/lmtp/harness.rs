//! A server, a client that plays transcripts, and a directory of people made up.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use lmtp_frontend::{Lmtp, Outbox, Outgoing, Settings};
use mailstore::backends::embedded::Embedded;
use mailstore::backends::memory;
use mailstore::flags::Flags;
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::message::Want;
use mailstore::store::directory::{Attempt, Route, ScramKeys, Service, Verdict};
use mailstore::store::{Directory, StoreError};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Access, Mailstore};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use wire::{Listener, Shutdown, Trigger};

pub(crate) const ALICE: i64 = 1;
pub(crate) const BOB: i64 = 2;
pub(crate) const CAROL: i64 = 3;
pub(crate) const LEAVING: i64 = 4;

/// Has `leaving` been asked for? It is there the first time only, in one test only.
static LEFT: AtomicBool = AtomicBool::new(false);

/// Knows a few people, at any domain and at none.
#[derive(Debug)]
pub(crate) struct People;

#[async_trait]
impl Directory for People {
    async fn authenticate(&self, _: &Attempt) -> Result<Verdict, StoreError> {
        Ok(Verdict::Rejected)
    }

    async fn scram(&self, _: &str, _: Service) -> Result<Option<ScramKeys>, StoreError> {
        Ok(None)
    }

    async fn route(&self, address: &str) -> Result<Route, StoreError> {
        let local = address.split(['@', '+']).next().unwrap_or_default();
        let before = address.split('@').next().unwrap_or_default();
        let label = before.split_once('+').map(|(_, label)| label);
        let local_route = |number| local_route(number, label);
        match local {
            "away" => Ok(Route::Forward(vec!["x@a.example".into(), "y@b.example".into()])),
            "alice" | "alias" | "δοκιμή" => Ok(local_route(ALICE)),
            "bob" | "\"bob b\"" => Ok(local_route(BOB)),
            "carol" => Ok(local_route(CAROL)),
            "leaving" if !LEFT.swap(true, Ordering::SeqCst) => Ok(local_route(LEAVING)),
            "disabled" => Ok(Route::Disabled),
            "broken" => Err(StoreError::unavailable("route", "the directory is away")),
            "slow" => std::future::pending().await,
            _ => Ok(Route::Unknown),
        }
    }
}

pub(crate) fn account(number: i64) -> AccountId {
    AccountId::new(number).unwrap()
}

fn local_route(number: i64, label: Option<&str>) -> Route {
    Route::Local { account: account(number), label: label.map(str::to_owned) }
}

/// What was handed to the outbox.
#[derive(Debug, Default)]
pub(crate) struct Posted {
    pub(crate) all: Mutex<Vec<Outgoing>>,
    pub(crate) fails: AtomicBool,
}

#[async_trait]
impl Outbox for Posted {
    async fn send(&self, outgoing: Outgoing) -> Result<(), StoreError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("send", "the queue is full"));
        }
        self.all.lock().unwrap().push(outgoing);
        Ok(())
    }
}

impl Posted {
    /// What was handed over since, as text: kind, and to whom.
    pub(crate) fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut self.all.lock().unwrap())
    }
}

/// Settings with nothing put in front of messages.
pub(crate) fn bare() -> Settings {
    Settings {
        host: "store.example".to_owned(),
        trace: lmtp_frontend::Trace::NONE,
        ..Settings::default()
    }
}

/// A running server. It ends when dropped.
pub(crate) struct Server {
    pub(crate) store: Mailstore,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) trigger: Trigger,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(bare()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::on(store(mailstore::Settings::default()), settings, wire::Settings::default()).await
    }

    pub(crate) async fn on(store: Mailstore, settings: Settings, wired: wire::Settings) -> Self {
        let lmtp = Lmtp::new(store.clone(), Arc::new(People), settings);
        Self::of(store, lmtp, wired).await
    }

    /// With an outbox, in front of a store in memory.
    pub(crate) async fn sending(settings: Settings, outbox: Arc<Posted>) -> Self {
        let store = store(mailstore::Settings::default());
        let lmtp = Lmtp::new(store.clone(), Arc::new(People), settings).with_outbox(outbox);
        Self::of(store, lmtp, wire::Settings::default()).await
    }

    async fn of(store: Mailstore, lmtp: Lmtp, wired: wire::Settings) -> Self {
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::channel();
        tokio::spawn(wire::serve(listener, wired, Arc::new(lmtp), shutdown));
        Self { store, address, trigger }
    }

    pub(crate) async fn client(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// A client that has said LHLO.
    pub(crate) async fn lhlo(&self) -> Client<TcpStream> {
        let mut client = self.client().await;
        client.lhlo().await;
        client
    }

    /// Plays a transcript on a connection of its own, greeting included, up to the end.
    pub(crate) async fn play(&self, transcript: &str) {
        let mut client = self.client().await;
        client.play(transcript).await;
    }

    /// The messages in somebody's INBOX, as text.
    pub(crate) async fn inbox(&self, number: i64) -> Vec<String> {
        let messages = self.messages(number).await;
        messages.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// The messages in somebody's INBOX.
    pub(crate) async fn messages(&self, number: i64) -> Vec<Bytes> {
        self.messages_in(number, MailboxId::INBOX).await
    }

    /// A mailbox of somebody's.
    pub(crate) async fn mailbox(&self, number: i64, name: &str) -> MailboxId {
        let all = self.store.mailboxes(account(number)).await.unwrap();
        match all.find(name) {
            Some(found) => found.id,
            None => self.store.create(account(number).into(), name, None).await.unwrap(),
        }
    }

    /// What somebody's mailbox holds: the flags of each message, and its bytes as text.
    pub(crate) async fn filed(&self, number: i64, name: &str) -> Vec<(Flags, String)> {
        let mailbox = self.mailbox(number, name).await;
        let at = MailboxKey { account: account(number), mailbox };
        let all = UidSet::range(Uid::MIN..=Uid::MAX);
        let page = self.store.ledger().fetch(at, &all, Want::Row).await.unwrap();
        let flags = page.messages.into_iter().map(|found| found.row.flags);
        let texts = self.messages_in(number, mailbox).await;
        let texts = texts.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        flags.zip(texts).collect()
    }

    async fn messages_in(&self, number: i64, mailbox: MailboxId) -> Vec<Bytes> {
        let by = account(number).into();
        let inbox = self.store.select(by, mailbox, Access::ReadOnly).await.unwrap();
        let inbox = inbox.expect("an INBOX");
        let mut messages = Vec::new();
        let mut rest = inbox.uids().to_set();
        while !rest.is_empty() {
            let page = inbox.fetch(&rest, Want::Email).await.unwrap();
            for message in page.messages {
                let plan = message.tree.expect("a tree").plan();
                messages.push(self.store.read(plan).to_bytes().await.unwrap());
            }
            rest = page.rest;
        }
        messages
    }
}

/// A store in memory.
pub(crate) fn store(settings: mailstore::Settings) -> Mailstore {
    Mailstore::new(memory::backend(), settings)
}

/// A store in a directory.
pub(crate) fn embedded(directory: &Path) -> Mailstore {
    let embedded = Embedded::open(directory).unwrap();
    Mailstore::new(embedded.backend(), mailstore::Settings::default())
}

/// Plays transcripts.
pub(crate) struct Client<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// The stream, with nothing unread.
    pub(crate) fn into_inner(self) -> S {
        assert!(self.stream.buffer().is_empty());
        self.stream.into_inner()
    }

    /// `C: ` lines are sent; `S: ` lines must come, `*` standing for any text; `S-` is the end of
    /// the connection.
    pub(crate) async fn play(&mut self, transcript: &str) {
        let mut group = String::new();
        for line in transcript.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
            match line.split_at_checked(3) {
                Some(("C: ", text)) => group.push_str(&format!("{text}\r\n")),
                Some(("S: ", text)) => {
                    self.send(std::mem::take(&mut group).as_bytes()).await;
                    self.expect(text).await;
                }
                None if line == "C:" => group.push_str("\r\n"),
                None if line == "S-" => {
                    self.send(std::mem::take(&mut group).as_bytes()).await;
                    assert_eq!(self.line().await, None);
                }
                _ => panic!("not a line of a transcript: {line:?}"),
            }
        }
        self.send(group.as_bytes()).await;
    }

    /// Reads the greeting and says LHLO.
    pub(crate) async fn lhlo(&mut self) {
        self.play("S: 220 *\nC: LHLO client.example").await;
        while self.line().await.expect("an answer to LHLO").starts_with("250-") {}
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next line without its CRLF; `None` at the end.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.stream.read_line(&mut line).await.unwrap();
        (count > 0).then(|| line.strip_suffix("\r\n").expect("CRLF").to_owned())
    }

    async fn expect(&mut self, pattern: &str) {
        let line = self.line().await.unwrap_or_else(|| panic!("no {pattern:?}, but the end"));
        assert!(matches(pattern, &line), "expected {pattern:?}, got {line:?}");
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
