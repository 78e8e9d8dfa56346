//! HTTP for mailstore: users, mailboxes, messages byte for byte, events; and a web page that shows
//! them.
//!
//! [`Http`] is a [`wire::Protocol`]: give it to [`wire::serve`] with a listener. The API is under
//! `/api/v1`, described by itself at `/api/v1/openapi.json`; errors are problem documents
//! (RFC 9457). Whoever calls shows a token: one of root, of a role, or of a user
//! ([`mailstore::accounts::Grant`]).
//!
//! ```
//! use std::sync::Arc;
//!
//! use http_frontend::{Http, Settings};
//! use mailstore::Mailstore;
//! use mailstore::accounts::{Accounts, Grant, MemoryAccounts, NewToken, NewUser};
//! use mailstore::backends::memory;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use wire::{Listener, Shutdown};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Mailstore::new(memory::backend(), mailstore::Settings::default());
//! let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
//! accounts.add(NewUser::new("joe")).await?;
//!
//! let root = NewToken { grant: Grant::Root, label: "test".into(), until: None };
//! let (_, root) = accounts.issue_token(root).await?;
//! let http = Http::new(store, accounts, Settings::default());
//! let listener = Listener::bind(&"127.0.0.1:0".parse()?)?;
//! let address = listener.local_addr().ok_or("no address")?;
//! let (trigger, shutdown) = Shutdown::channel();
//! let wire = wire::Settings::default();
//! let server = tokio::spawn(wire::serve(listener, wire, Arc::new(http), shutdown));
//!
//! let mut client = tokio::net::TcpStream::connect(address).await?;
//! let token = root.expose();
//! let request = format!(
//!     "GET /api/v1/users/1/mailboxes/1 HTTP/1.1\r\nhost: localhost\r\n\
//!      authorization: Bearer {token}\r\nconnection: close\r\n\r\n"
//! );
//! client.write_all(request.as_bytes()).await?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer).await?;
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
//! assert!(answer.contains("\"name\":\"INBOX\""), "{answer}");
//!
//! trigger.shut_down();
//! server.await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod addresses;
mod api;
mod app_passwords;
mod caller;
pub mod codec;
mod credential;
mod doc;
mod events;
mod filters;
mod forwards;
mod guard;
mod health;
mod input;
mod log;
mod mail_key;
mod mailboxes;
mod messages;
mod metrics;
mod page;
mod pop3;
mod problem;
mod quota;
mod request;
mod schema;
mod second_factor;
#[cfg(feature = "webauthn")]
mod security_keys;
mod serve;
mod session;
mod settings;
mod site;
mod tokens;
mod users;
mod uses;

use axum::Router;
use mailstore::Mailstore;
use mailstore::accounts::Accounts;
use wire::Shutdown;

use codec::date;
pub use request::{Peer, Privacy};
pub use settings::{MetricsFor, Settings};

/// An HTTP server on a mail store.
#[derive(Debug)]
pub struct Http {
    router: Router,
}

/// Tells a stream of events that the server is going down.
#[derive(Clone, Debug)]
pub(crate) struct Ending(pub(crate) Shutdown);

impl Http {
    /// A server of the mail in `store` for the users in `accounts` and for those who have a token.
    pub fn new(store: Mailstore, accounts: Accounts, settings: Settings) -> Self {
        Self { router: api::router(store, accounts, settings) }
    }

    /// Its service, for a host with an HTTP server of its own, which puts a [`Peer`] among the
    /// extensions of each request.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}
