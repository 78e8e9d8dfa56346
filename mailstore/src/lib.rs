//! An exact, embeddable mail store.
//!
//! A message is parsed into its MIME tree and stored as a tree; big parts leave it and are stored
//! once by content; and the message comes back byte for byte ([`mime`]). A session is a UID array
//! and a MODSEQ ([`view`]); changes go to a [`journal`], a beacon says that something happened,
//! and the journal is replayed onto the array when the protocol allows telling the client.
//!
//! ```
//! use bytes::Bytes;
//! use mailstore::backends::memory;
//! use mailstore::id::{AccountId, MailboxId};
//! use mailstore::{Access, Incoming, Mailstore, Settings};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Mailstore::new(memory::backend(), Settings::default());
//! let account = AccountId::new(1).ok_or("negative")?;
//!
//! let message = store.prepare(Bytes::from_static(b"Subject: hello\r\n\r\nworld\r\n"))?;
//! store.append(account.into(), MailboxId::INBOX, vec![Incoming::new(message)]).await?;
//!
//! let inbox = store.select(account.into(), MailboxId::INBOX, Access::ReadOnly).await?;
//! assert_eq!(inbox.ok_or("no INBOX")?.uids().len(), 1);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "accounts")]
pub mod accounts;
mod actor;
pub mod backends;
pub mod blob;
#[cfg(any(feature = "embedded", feature = "mongodb"))]
mod bounded;
mod budget;
pub mod change;
mod contents;
mod encrypting;
pub mod encryption;
mod error;
mod feed;
pub mod filter;
mod filters;
pub mod flags;
pub mod id;
mod intake;
pub mod journal;
mod lanes;
mod lot;
pub mod mailbox;
mod mailstore;
pub mod message;
pub mod mime;
mod pack;
pub mod property;
pub mod random;
mod reader;
mod removal;
mod replacing;
pub mod rights;
pub mod search;
mod searching;
mod selected;
mod settings;
mod sharing;
pub mod store;
mod sweep;
pub mod time;
pub mod uid;
pub mod view;
mod watched;

pub use actor::Actor;
pub use budget::{Admission, Budget};
pub use error::Error;
pub use feed::{Fed, Feed};
pub use intake::{Incoming, Prepared};
pub use mailstore::{Appended, Backend, Mailstore, Transferred};
pub use reader::Reader;
pub use removal::Removal;
pub use searching::{Found, Threaded};
pub use selected::{Access, Notice, Selected};
pub use settings::Settings;
pub use sharing::Crossing;
pub use sweep::Swept;
pub use watched::{Happening, Messages, News, Watched};
