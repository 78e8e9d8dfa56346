//! LMTP in front of a store of choice, a client that plays transcripts, and people made up.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used
)]

pub mod client;
pub mod people;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use contract::faults::{Interfered, Moody};
use harness::{Front, Scene, set_timeout};
pub use harness::{On, Server, account};
use lmtp_frontend::{Labels, Lmtp, Outbox, Outgoing, Settings};
use mailstore::flags::Flags;
use mailstore::id::AccountId;
use mailstore::mailbox::Quota;
use mailstore::store::{Arrival, KeyBook, KeyKind, PublicKey, StoreError};
use mailstore::{Backend, Mailstore};

use client::Client;
use people::{ALICE, BOB, CAROL, People};

/// Settings with nothing put in front of messages.
pub fn bare() -> Settings {
    Settings {
        host: "store.example".to_owned(),
        trace: lmtp_frontend::Trace::NONE,
        ..Settings::default()
    }
}

/// What a test wants otherwise than usual.
pub struct Options {
    pub store: mailstore::Settings,
    pub lmtp: Settings,
    pub wire: wire::Settings,
    pub outbox: Option<Arc<Posted>>,
    /// Whether alice's mail is to be encrypted to a key that is none.
    pub broken_key: bool,
}

impl Default for Options {
    fn default() -> Self {
        bare().into()
    }
}

impl From<Settings> for Options {
    fn from(lmtp: Settings) -> Self {
        let (store, wire) = (mailstore::Settings::default(), wire::Settings::default());
        Self { store, lmtp, wire, outbox: None, broken_key: false }
    }
}

impl Options {
    /// With an outbox.
    pub fn sending(outbox: &Arc<Posted>) -> Self {
        Self { outbox: Some(Arc::clone(outbox)), ..Self::default() }
    }
}

impl Front for Options {
    type Protocol = Lmtp;

    fn store(&self, backend: Backend) -> Mailstore {
        match self.broken_key {
            true => Mailstore::encrypting(backend, self.store.clone(), Arc::new(BrokenKey)),
            false => Mailstore::new(backend, self.store.clone()),
        }
    }

    fn serve(self, store: Mailstore) -> (Lmtp, wire::Settings) {
        let lmtp = Lmtp::new(store, Arc::new(People::default()), self.lmtp);
        let lmtp = match self.outbox {
            Some(outbox) => lmtp.with_outbox(outbox),
            None => lmtp,
        };
        (lmtp, self.wire)
    }
}

impl Scene for Options {
    type Client = Client;

    fn set(&mut self, name: &str, value: &str) {
        if set_timeout(&mut self.wire.timeouts, name, value) {
            return;
        }
        let number = || value.parse::<u64>().expect("a number");
        match name {
            "outbox" => self.outbox = Some(Arc::default()),
            "xclient" => self.lmtp.xclient = vec![value.parse().unwrap()],
            "key" if value == "broken" => self.broken_key = true,
            "labels" if value == "filed" => self.lmtp.labels = Labels::Filed,
            "errors" => self.lmtp.errors = number() as u32,
            "recipients" => self.lmtp.recipients = number() as usize,
            "max_message" => self.store.max_message = number() + self.lmtp.trace_room(),
            other => panic!("unknown setting {other} {value}"),
        }
    }

    /// In somebody's mail: `alice append text`, `alice quota 10` (bytes).
    async fn act(server: &Server, what: &str) -> Result<(), String> {
        let (who, what) = what.split_once(' ').expect("somebody");
        let number = match who {
            "alice" => ALICE,
            "bob" => BOB,
            "carol" => CAROL,
            other => return Err(format!("nobody: {other}")),
        };
        if let Some(bytes) = what.strip_prefix("quota ") {
            let quota = Quota { bytes: bytes.parse().ok(), ..Quota::default() };
            server.store.set_quota(account(number), quota).await.unwrap();
            return Ok(());
        }
        server.mail(number).act(what).await
    }
}

/// A server on an empty store.
pub async fn start(on: On, options: impl Into<Options>) -> Server {
    Server::start(on, options.into()).await
}

/// The same, whose ledger is in the mood that it is told to be in.
pub async fn moody(on: On, options: impl Into<Options>) -> (Server, Arc<Interfered<Moody>>) {
    let mut opened = on.open().await;
    let ledger = Interfered::new(opened.backend.ledger, Moody::default());
    opened.backend.ledger = ledger.clone();
    (Server::on_opened(opened, options.into()).await, ledger)
}

/// A client that has said LHLO.
pub async fn lhlo(server: &Server) -> Client {
    let mut client = Client::connect(server.address).await;
    client.lhlo().await;
    client
}

/// Plays a transcript on a connection of its own, greeting included, up to the end.
pub async fn play(server: &Server, transcript: &str) {
    Client::connect(server.address).await.play(transcript).await;
}

/// What somebody's mailbox holds: the flags of each message, and its bytes as text.
pub async fn filed(server: &Server, number: i64, name: &str) -> Vec<(Flags, String)> {
    let mail = server.mail(number);
    let flags = mail.rows(name).await.into_iter().map(|row| row.flags);
    flags.zip(mail.texts(name).await).collect()
}

/// Alice has a key that is none.
#[derive(Debug)]
struct BrokenKey;

#[async_trait]
impl KeyBook for BrokenKey {
    async fn key(&self, of: AccountId, _: Arrival) -> Result<Option<PublicKey>, StoreError> {
        let key = PublicKey { kind: KeyKind::OpenPgp, bytes: bytes::Bytes::new() };
        Ok((of == account(ALICE)).then_some(key))
    }

    async fn refused(&self, of: AccountId, _: &str) {
        assert_eq!(of, account(ALICE));
    }
}

/// What was handed to the outbox.
#[derive(Debug, Default)]
pub struct Posted {
    pub all: Mutex<Vec<Outgoing>>,
    pub fails: AtomicBool,
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
    /// What was handed over since.
    pub fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut self.all.lock().unwrap())
    }
}
