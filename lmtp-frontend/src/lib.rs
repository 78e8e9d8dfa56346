//! LMTP for mailstore (RFC 2033): final delivery, with one reply per recipient, each sent after
//! that recipient's copy is durable.
//!
//! [`Lmtp`] is a [`wire::Protocol`]: give it to [`wire::serve`] with a listener. [`codec`] is the
//! protocol without sockets.
//!
//! Offered: PIPELINING (RFC 2920), ENHANCEDSTATUSCODES (RFC 2034), 8BITMIME (RFC 6152), SMTPUTF8
//! (RFC 6531), SIZE (RFC 1870), CHUNKING and BINARYMIME (RFC 3030), STARTTLS (RFC 3207), XCLIENT to
//! trusted proxies and, with an [`Outbox`], DSN (RFC 3461).
#![forbid(unsafe_code)]

pub mod codec;
mod command;
mod deliver;
mod hooks;
mod intake;
mod outbox;
mod place;
mod refusal;
mod route;
mod session;
mod settings;
mod trace;
mod transaction;

use std::sync::Arc;

use bytes::Bytes;
use mailstore::Mailstore;
use mailstore::store::Directory;
use wire::{Connection, Crowded, Protocol};

use codec::reply::Reply;
pub use outbox::{Outbox, Outgoing, What};
use session::Session;
pub use settings::{Labels, Settings, Trace};

/// An LMTP server: delivers into a store what a directory routes there.
#[derive(Debug)]
pub struct Lmtp {
    store: Mailstore,
    directory: Arc<dyn Directory>,
    settings: Settings,
    outbox: Option<Arc<dyn Outbox>>,
}

impl Lmtp {
    /// A server for this store.
    pub fn new(store: Mailstore, directory: Arc<dyn Directory>, settings: Settings) -> Self {
        Self { store, directory, settings, outbox: None }
    }

    /// Hands what is to be sent to this outbox. Without one nothing is: filters keep what they
    /// would forward, and nobody is answered.
    #[must_use]
    pub fn with_outbox(mut self, outbox: Arc<dyn Outbox>) -> Self {
        self.outbox = Some(outbox);
        self
    }

    /// The largest message taken from a client, in bytes: with the fields put in front of it, it
    /// is the largest that the store takes.
    pub fn largest(&self) -> u64 {
        self.store.settings().max_message.saturating_sub(self.settings.trace_room())
    }
}

impl Protocol for Lmtp {
    async fn serve(self: Arc<Self>, connection: Connection) {
        Session::new(self, connection).run().await;
    }

    fn refusal(&self, crowded: Crowded) -> Bytes {
        let from = match crowded {
            Crowded::Server => "too many connections",
            Crowded::Address => "too many connections from your address",
        };
        Reply::plain(421, format!("{} {from}", self.settings.host)).to_string().into()
    }
}
