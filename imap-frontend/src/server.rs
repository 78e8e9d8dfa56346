//! The server: what its sessions share.

use std::sync::Arc;

use bytes::Bytes;
use mailstore::Mailstore;
use mailstore::store::Directory;
use wire::{Connection, Crowded, Protocol};

use crate::places::Places;
use crate::session::Session;
use crate::settings::Settings;

/// An IMAP server on a mail store. Give it to [`wire::serve`], once for each listener.
#[derive(Debug)]
pub struct Imap {
    store: Mailstore,
    directory: Arc<dyn Directory>,
    settings: Settings,
    places: Places,
}

impl Imap {
    /// A server of the mail in `store` for those who can log in at `directory`.
    pub fn new(store: Mailstore, directory: Arc<dyn Directory>, settings: Settings) -> Self {
        Self { store, directory, settings, places: Places::default() }
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
