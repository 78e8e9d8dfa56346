//! A server on a store of choice, and clients for it.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used)]

pub mod client;
#[cfg(feature = "cluster-tests")]
pub mod cluster;
pub mod model;
pub mod script;
pub mod sections;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use imap_frontend::{Imap, Settings};
use mailstore::backends::embedded::Embedded;
use mailstore::backends::memory;
use mailstore::id::AccountId;
use mailstore::store::directory::{
    Attempt, Credentials, Directory, Identity, Route, ScramKeys, Service, Takes, Verdict,
};
use mailstore::store::{Beacon, Beam, StoreError, Watch};
use mailstore::uid::ModSeq;
use mailstore::{Backend, Mailstore};
use wire::{AuthPolicy, ClearLogin, Listener, Shutdown, Trigger};

/// On what a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Memory,
    Embedded,
    /// In memory, with a beacon that never fires.
    DeafMemory,
    /// In SQLite, with a beacon that never fires.
    DeafEmbedded,
    /// In MongoDB and GridFS, with Redis.
    #[cfg(feature = "cluster-tests")]
    Cluster,
    /// In MongoDB and S3, with Redis.
    #[cfg(feature = "cluster-tests")]
    ClusterS3,
}

/// A beacon that never fires.
#[derive(Debug, Default)]
pub struct Deaf(Beam);

impl Beacon for Deaf {
    fn light(&self, _: AccountId, _: ModSeq) {}

    fn watch(&self, _: AccountId) -> Watch {
        self.0.watch()
    }
}

/// Who may log in.
const NAMES: [(i64, &str); 3] = [(1, "joe"), (2, "jane"), (3, "jürgen")];

/// Everybody's password is `secret`, and `token` joe's token; `joe`, `jane` and `jürgen` may log in.
#[derive(Debug, Default)]
pub struct People {
    pub takes: Takes,
}

#[async_trait]
impl Directory for People {
    async fn authenticate(&self, attempt: &Attempt) -> Result<Verdict, StoreError> {
        let accepted = |number| {
            let account = AccountId::new(number).unwrap();
            let named = NAMES.iter().find(|(known, _)| *known == number).unwrap();
            Verdict::Accepted(Identity { account, name: named.1.into() })
        };
        let (name, password) = match &attempt.credentials {
            Credentials::Plain { name, password } => (name, password),
            Credentials::Bearer { token, .. } if token.expose() == "token" => {
                return Ok(accepted(1));
            }
            _ => return Ok(Verdict::Rejected),
        };
        Ok(match name.as_str() {
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

    async fn find(&self, name: &str) -> Result<Option<Identity>, StoreError> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        Ok(found.map(|(number, known)| Identity {
            account: AccountId::new(*number).unwrap(),
            name: (*known).to_owned(),
        }))
    }

    async fn name_of(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        let found = NAMES.iter().find(|(number, _)| *number == account.get());
        Ok(found.map(|(_, name)| (*name).to_owned()))
    }

    /// `jane` may set quotas.
    async fn administers(&self, user: AccountId, _: AccountId) -> Result<bool, StoreError> {
        Ok(user.get() == 2)
    }

    async fn route(&self, _: &str) -> Result<Route, StoreError> {
        Ok(Route::Unknown)
    }
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
    pub imap: Settings,
    pub wire: wire::Settings,
    pub directory: Arc<dyn Directory>,
}

impl Default for Options {
    fn default() -> Self {
        let auth =
            AuthPolicy { delay: Duration::from_millis(5), clear: ClearLogin::Local, attempts: 3 };
        Self {
            store: mailstore::Settings::default(),
            // Short, since a deaf beacon leaves nothing else.
            imap: Settings { idle_poll: Duration::from_millis(100), ..Settings::default() },
            wire: wire::Settings { auth, ..wire::Settings::default() },
            directory: Arc::new(People::default()),
        }
    }
}

impl Server {
    pub async fn start(on: On, options: Options) -> Self {
        let (mut backend, directory): (Backend, _) = match on {
            On::Memory | On::DeafMemory => (memory::backend(), None),
            On::Embedded | On::DeafEmbedded => {
                let directory = tempfile::tempdir().unwrap();
                let embedded = Embedded::open(directory.path()).unwrap();
                (embedded.backend(), Some(directory))
            }
            #[cfg(feature = "cluster-tests")]
            On::Cluster => (cluster::backend().await, None),
            #[cfg(feature = "cluster-tests")]
            On::ClusterS3 => (cluster::with_s3(cluster::backend().await), None),
        };
        if matches!(on, On::DeafMemory | On::DeafEmbedded) {
            backend.beacon = Arc::new(Deaf::default());
        }
        Self { _directory: directory, ..Self::on_backend(backend, options).await }
    }

    pub async fn on_backend(backend: Backend, options: Options) -> Self {
        let store = Mailstore::new(backend, options.store);
        let imap = Imap::new(store.clone(), options.directory, options.imap);
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::channel();
        let serve = wire::serve(listener, options.wire, Arc::new(imap), shutdown);
        let task = tokio::spawn(serve);
        Self { store, address, trigger, task, _directory: None }
    }

    pub async fn stop(self) {
        self.trigger.shut_down();
        self.task.await.unwrap();
    }

    pub fn shut_down(&self) {
        self.trigger.shut_down();
    }
}
