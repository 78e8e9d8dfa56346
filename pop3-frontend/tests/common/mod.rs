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
    Attempt, Credentials, Directory, Identity, Route, ScramKeys, Service, Verdict,
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

/// Everybody's password is `secret`; `joe`, `jane` and `jürgen` may log in.
#[derive(Debug)]
pub struct People;

#[async_trait]
impl Directory for People {
    async fn authenticate(&self, attempt: &Attempt) -> Result<Verdict, StoreError> {
        assert_eq!(attempt.service, Service::Pop3);
        let Credentials::Plain { name, password } = &attempt.credentials else {
            return Ok(Verdict::Rejected);
        };
        let accepted = |number| {
            let account = AccountId::new(number).unwrap();
            Verdict::Accepted(Identity { account, name: name.clone() })
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

    async fn scram(&self, _: &str, _: Service) -> Result<Option<ScramKeys>, StoreError> {
        Ok(None)
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
}

impl Default for Options {
    fn default() -> Self {
        let auth =
            AuthPolicy { delay: Duration::from_millis(5), clear: ClearLogin::Local, attempts: 3 };
        Self {
            store: mailstore::Settings::default(),
            pop3: Settings::default(),
            wire: wire::Settings { auth, ..wire::Settings::default() },
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
        let pop3 = Pop3::new(store.clone(), Arc::new(People), options.pop3);
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
        let all = UidSet::range(Uid::MIN..=Uid::MAX);
        let page = self.store.ledger().fetch(at, &all, Want::Row).await.unwrap();
        assert!(page.rest.is_empty());
        let live = page.messages.into_iter().filter(|found| found.presence == Presence::Live);
        live.map(|found| found.row).collect()
    }
}
