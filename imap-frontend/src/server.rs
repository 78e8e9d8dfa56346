//! The server: what its sessions share.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use mailstore::id::AccountId;
use mailstore::store::Directory;
use mailstore::{Admission, Mailstore};
use tokio::time::timeout;
use wire::{Connection, Crowded, Places, Protocol};

use crate::codec::Limits;
use crate::session::Session;
use crate::settings::{Literals, Settings};

/// An IMAP server on a mail store. Give it to [`wire::serve`], once for each listener.
#[derive(Debug)]
pub struct Imap {
    store: Mailstore,
    directory: Arc<dyn Directory>,
    settings: Settings,
    places: Places,
    /// Those that follow from the settings.
    capabilities: Vec<Cow<'static, str>>,
}

impl Imap {
    /// A server of the mail in `store` for those who can log in at `directory`.
    pub fn new(store: Mailstore, directory: Arc<dyn Directory>, settings: Settings) -> Self {
        let literals = match settings.literals {
            Literals::Plus => "LITERAL+",
            Literals::Minus => "LITERAL-",
        };
        let append_limit = format!("APPENDLIMIT={}", store.settings().max_message);
        let mut capabilities = vec![literals.into(), append_limit.into()];
        capabilities.extend(settings.message_limit.capability().map(Cow::Owned));
        let places = Places::new(Arc::clone(store.shared()), "IMAP sessions");
        Self { store, directory, settings, places, capabilities }
    }

    /// The store.
    pub fn store(&self) -> &Mailstore {
        &self.store
    }

    /// Who can log in.
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The capabilities that follow from the settings.
    pub(crate) fn capabilities(&self) -> &[Cow<'static, str>] {
        &self.capabilities
    }

    /// What may be sent before login.
    pub(crate) fn limits_before_login(&self) -> Limits {
        self.literals(Limits::NOT_AUTHENTICATED)
    }

    /// What may be sent after login.
    pub(crate) fn limits(&self) -> Limits {
        self.literals(Limits::authenticated(self.store.settings().max_message))
    }

    fn literals(&self, limits: Limits) -> Limits {
        match self.settings.literals {
            Literals::Plus => limits,
            Literals::Minus => limits.with_literal_minus(),
        }
    }

    /// Takes memory out of the share that an account has of the budget of the process, waiting for
    /// it a while; `None` if there is none.
    pub(crate) async fn admit(&self, account: AccountId, bytes: u64) -> Option<Admission> {
        timeout(self.settings.memory_wait, self.store.admit_for(account, bytes)).await.ok()
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }
}

impl Protocol for Imap {
    async fn serve(self: Arc<Self>, connection: Connection) {
        // Boxed, since a future keeps room for what moves into it twice over.
        Box::new(Session::new(self, connection)).run().await;
    }

    fn refusal(&self, crowded: Crowded) -> Bytes {
        Bytes::from_static(match crowded {
            Crowded::Server => b"* BYE [LIMIT] Too many connections\r\n",
            Crowded::Address => b"* BYE [LIMIT] Too many connections from your address\r\n",
        })
    }
}
