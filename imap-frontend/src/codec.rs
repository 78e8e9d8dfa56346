//! IMAP as bytes: what clients send, as values; what the server answers, as bytes (RFC 9051,
//! RFC 3501). Nothing here does I/O, reads a clock or knows a store.
//!
//! ```text
//! socket ─► Framer ─► CommandText ─► command::parse ─► Tagged {tag, Command}
//!              │ Continue, Message (an APPEND literal: accept or refuse)
//! Reply ◄── status, untagged data, FETCH ◄── the session
//! ```
//!
//! One file per command in `command/`: its struct and how it is parsed. One file per family of
//! responses in `reply/`.

pub mod command;
mod cursor;
mod date;
mod error;
mod framer;
mod mailbox;
pub mod reply;
mod text;

pub use command::{Command, Tagged, parse};
pub use date::{day, write_internal_date};
pub use error::{CommandError, Rejected, SyntaxError};
pub use framer::{Announced, Event, FrameError, FrameFault, Framer, Limits, Sync};
pub use mailbox::{MailboxName, Pattern, utf7};
pub use reply::Reply;
pub use text::{CommandText, Tag};
