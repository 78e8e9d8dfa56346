//! A server on a store of choice, and clients for it.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used)]

pub mod client;
pub mod script;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mailstore::backends::embedded::Embedded;
use mailstore::backends::memory;
use mailstore::change::{ExpungeGuard, Transfer};
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::message::{Presence, Row, Want};
use mailstore::store::StoreError;
use mailstore::store::directory::{
    Attempt, Credentials, Directory, Identity, Route, ScramKeys, Service, Takes, Verdict,
};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Backend, Incoming, Mailstore};
use pop3_frontend::{Pop3, Settings};
use wire::{AuthPolicy, ClearLogin, Listener, Shutdown, Trigger};

/// On what a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Memory,
    Embedded,
}

/// Everybody's password is `secret`, and `token` joe's token; `joe`, `jane` and `jürgen` may log in.
#[derive(Debug, Default)]
pub struct People {
    pub takes: Takes,
}

#[async_trait]
impl Directory for People {
    async fn authenticate(&self, attempt: &Attempt) -> Result<Verdict, StoreError> {
        assert_eq!(attempt.service, Service::Pop3);
        let accepted = |number| {
            let account = AccountId::new(number).unwrap();
            Verdict::Accepted(Identity { account, name: "somebody".into() })
        };
        let (name, password) = match &attempt.credentials {
            Credentials::Plain { name, password } => (name, password),
            Credentials::Bearer { token, .. } if token.expose() == "token" => {
                return Ok(accepted(1));
            }
            _ => return Ok(Verdict::Rejected),
        };
        Ok(match name.as_str() {
            "spaces" if password.expose() == " a b " => accepted(4),
            _ if password.expose() != "secret" => Verdict::Rejected,
            "joe" => accepted(1),
            "jane" => accepted(2),
            "jürgen" => accepted(3),
            "disabled" => Verdict::Disabled,
            "forbidden" => Verdict::Forbidden,
            "throttled" => Verdict::Throttled { seconds: 7 },
            "broken" => return Err(StoreError::unavailable("authenticate", "no directory")),
            _ => Verdict::Rejected,
        })
    }

    fn takes(&self, _: Service) -> Takes {
        self.takes
    }

    /// Keys that no password fits.
    async fn scram(&self, _: &str, _: Service) -> Result<Option<ScramKeys>, StoreError> {
        let keys = ScramKeys {
            salt: b"salt".to_vec(),
            iterations: 4096,
            stored_key: [1; 32],
            server_key: [2; 32],
            identity: None,
        };
        Ok(self.takes.scram.then_some(keys))
    }

    async fn route(&self, _: &str) -> Result<Route, StoreError> {
        Ok(Route::Unknown)
    }
}

/// The account of `joe`.
pub fn joe() -> AccountId {
    AccountId::new(1).unwrap()
}

pub struct Server {
    pub store: Mailstore,
    pub address: SocketAddr,
    trigger: Trigger,
    task: tokio::task::JoinHandle<()>,
    _directory: Option<tempfile::TempDir>,
}

/// What a test wants otherwise than usual.
pub struct Options {
    pub store: mailstore::Settings,
    pub pop3: Settings,
    pub wire: wire::Settings,
    pub directory: Arc<dyn Directory>,
}

impl Default for Options {
    fn default() -> Self {
        let auth =
            AuthPolicy { delay: Duration::from_millis(5), clear: ClearLogin::Local, attempts: 3 };
        Self {
            store: mailstore::Settings::default(),
            pop3: Settings::default(),
            wire: wire::Settings { auth, ..wire::Settings::default() },
            directory: Arc::new(People::default()),
        }
    }
}

impl Server {
    pub async fn start(on: On, options: Options) -> Self {
        let (backend, directory): (Backend, _) = match on {
            On::Memory => (memory::backend(), None),
            On::Embedded => {
                let directory = tempfile::tempdir().unwrap();
                let embedded = Embedded::open(directory.path()).unwrap();
                (embedded.backend(), Some(directory))
            }
        };
        Self { _directory: directory, ..Self::on_backend(backend, options).await }
    }

    pub async fn on_backend(backend: Backend, options: Options) -> Self {
        let store = Mailstore::new(backend, options.store);
        let pop3 = Pop3::new(store.clone(), options.directory, options.pop3);
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::channel();
        let serve = wire::serve(listener, options.wire, Arc::new(pop3), shutdown);
        let task = tokio::spawn(serve);
        Self { store, address, trigger, task, _directory: None }
    }

    pub async fn stop(self) {
        self.trigger.shut_down();
        self.task.await.unwrap();
    }

    /// Puts a message into joe's INBOX.
    pub async fn append(&self, raw: impl Into<bytes::Bytes>) {
        let message = self.store.prepare(raw.into()).unwrap();
        let messages = vec![Incoming::new(message)];
        self.store.append(joe().into(), MailboxId::INBOX, messages).await.unwrap();
    }

    pub async fn expunge(&self, uids: UidSet) {
        let guard = ExpungeGuard::All;
        self.store.expunge(joe().into(), MailboxId::INBOX, uids, guard).await.unwrap();
    }

    /// A mailbox of joe's.
    pub async fn mailbox(&self, name: &str) -> MailboxId {
        if name == "INBOX" {
            return MailboxId::INBOX;
        }
        let all = self.store.mailboxes(joe()).await.unwrap();
        match all.list.iter().find(|mailbox| mailbox.leaf == name) {
            Some(mailbox) => mailbox.id,
            None => self.store.create(joe().into(), name, None).await.unwrap(),
        }
    }

    pub async fn transfer(&self, from: &str, to: &str, mode: Transfer) {
        let route = (self.mailbox(from).await, self.mailbox(to).await);
        let all = self.rows(from).await.iter().map(|row| row.uid).collect();
        self.store.transfer(joe().into(), route, all, mode).await.unwrap();
    }

    /// Sets a property of joe's account.
    pub async fn set(&self, key: &str, value: &str) {
        let value = bytes::Bytes::copy_from_slice(value.as_bytes());
        let set = [(key.to_owned(), Some(value))].into();
        self.store.set_properties(joe().into(), None, set).await.unwrap();
    }

    /// What is in a mailbox of joe's.
    pub async fn rows(&self, mailbox: &str) -> Vec<Row> {
        let at = MailboxKey { account: joe(), mailbox: self.mailbox(mailbox).await };
        let (mut rows, mut rest) = (Vec::new(), UidSet::range(Uid::MIN..=Uid::MAX));
        while !rest.is_empty() {
            let page = self.store.ledger().fetch(at, &rest, Want::Row).await.unwrap();
            let live = page.messages.into_iter().filter(|found| found.presence == Presence::Live);
            rows.extend(live.map(|found| found.row));
            rest = page.rest;
        }
        rows
    }
}
