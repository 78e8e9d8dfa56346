//! IMAP for mailstore.
//!
//! An [`Imap`] serves the mail of a [`Mailstore`](mailstore::Mailstore) to those whom a
//! [`Directory`](mailstore::store::Directory) lets in, on connections that [`wire`] accepts. What
//! is said on a connection is bytes on one side and values on the other: see [`codec`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use imap_frontend::{Imap, Settings};
//! use mailstore::Mailstore;
//! use mailstore::accounts::{Accounts, MemoryAccounts, NewUser};
//! use mailstore::backends::memory;
//! use mailstore::store::directory::Secret;
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! use wire::{Listener, Shutdown};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Mailstore::new(memory::backend(), mailstore::Settings::default());
//! let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
//! accounts.add(NewUser::new("joe").password(Secret::new("correct horse"))).await?;
//!
//! let imap = Arc::new(Imap::new(store, Arc::new(accounts), Settings::default()));
//! let listener = Listener::bind(&"127.0.0.1:0".parse()?)?;
//! let address = listener.local_addr().ok_or("no address")?;
//! let (trigger, shutdown) = Shutdown::channel();
//! let server = tokio::spawn(wire::serve(listener, wire::Settings::default(), imap, shutdown));
//!
//! let mut client = BufReader::new(tokio::net::TcpStream::connect(address).await?);
//! client.write_all(b"a login joe \"correct horse\"\r\nb select inbox\r\n").await?;
//! let mut said = String::new();
//! while !said.contains("\r\nb ") {
//!     client.read_line(&mut said).await?;
//! }
//! assert!(said.contains("* 0 EXISTS\r\n"));
//! assert!(said.ends_with("b OK [READ-WRITE] Selected\r\n"));
//!
//! trigger.shut_down();
//! server.await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod codec;
mod command;
mod contexts;
mod gate;
mod listed;
mod message_limit;
mod names;
mod notify;
mod numbers;
mod outcome;
mod progress;
mod refusal;
mod room;
mod server;
mod session;
mod settings;
mod state;
mod talk;
mod tree;

pub use server::Imap;
pub use settings::{Literals, MessageLimit, Settings};
