//! POP3 for mailstore (RFC 1939): INBOX, all of it, as a list that does not change while a session
//! lasts.
//!
//! [`Pop3`] is a [`wire::Protocol`]: give it to [`wire::serve`] with a listener. [`codec`] is the
//! protocol without sockets.
//!
//! Offered: CAPA, RESP-CODES, PIPELINING, LOGIN-DELAY, EXPIRE, IMPLEMENTATION (RFC 2449), USER, TOP,
//! UIDL (RFC 1939), SASL (RFC 5034), STLS (RFC 2595), AUTH-RESP-CODE (RFC 3206), UTF8 and LANG
//! (RFC 6856). APOP is not: docs/decisions says why.
//!
//! ```
//! use std::sync::Arc;
//!
//! use mailstore::Mailstore;
//! use mailstore::accounts::{Accounts, MemoryAccounts, NewUser};
//! use mailstore::backends::memory;
//! use mailstore::store::directory::Secret;
//! use pop3_frontend::{Pop3, Settings};
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! use wire::{Listener, Shutdown};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Mailstore::new(memory::backend(), mailstore::Settings::default());
//! let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
//! accounts.add(NewUser::new("joe").password(Secret::new("correct horse"))).await?;
//!
//! let pop3 = Arc::new(Pop3::new(store, Arc::new(accounts), Settings::default()));
//! let listener = Listener::bind(&"127.0.0.1:0".parse()?)?;
//! let address = listener.local_addr().ok_or("no address")?;
//! let (trigger, shutdown) = Shutdown::channel();
//! let server = tokio::spawn(wire::serve(listener, wire::Settings::default(), pop3, shutdown));
//!
//! let mut client = BufReader::new(tokio::net::TcpStream::connect(address).await?);
//! client.write_all(b"user joe\r\npass correct horse\r\nstat\r\n").await?;
//! let mut said = String::new();
//! for _ in 0..4 {
//!     client.read_line(&mut said).await?;
//! }
//! assert!(said.ends_with("+OK 0 0\r\n"), "{said}");
//!
//! trigger.shut_down();
//! server.await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod codec;
mod command;
mod lock;
mod maildrop;
mod policy;
mod refusal;
mod session;
mod settings;

use std::sync::Arc;

use bytes::Bytes;
use mailstore::Mailstore;
use mailstore::store::Directory;
use wire::{Connection, Crowded, Protocol};

pub use codec::stuffing::LineEnds;
use session::Session;
pub use settings::{Dele, Retr, Settings};

/// A POP3 server on a mail store.
#[derive(Debug)]
pub struct Pop3 {
    store: Mailstore,
    directory: Arc<dyn Directory>,
    settings: Settings,
}

impl Pop3 {
    /// A server of the mail in `store` for those who can log in at `directory`.
    pub fn new(store: Mailstore, directory: Arc<dyn Directory>, settings: Settings) -> Self {
        Self { store, directory, settings }
    }
}

impl Protocol for Pop3 {
    async fn serve(self: Arc<Self>, connection: Connection) {
        Box::new(Session::new(self, connection)).run().await;
    }

    fn refusal(&self, crowded: Crowded) -> Bytes {
        Bytes::from_static(match crowded {
            Crowded::Server => b"-ERR [SYS/TEMP] too many connections\r\n",
            Crowded::Address => b"-ERR [SYS/TEMP] too many connections from your address\r\n",
        })
    }
}
