//! IMAP as bytes: what clients send, as values; what the server answers, as bytes (RFC 9051,
//! RFC 3501). Nothing here does I/O, reads a clock or knows a store.
//!
//! ```text
//! socket ─► Framer ─► CommandText ─► command::parse ─► Tagged {tag, Command}
//!              │ Continue, Message (an APPEND literal: accept or refuse)
//! Reply ◄── status, untagged data, FETCH ◄── the session
//! ```
//!
//! A session is a loop around the framer:
//!
//! ```
//! use imap_frontend::codec::{Command, Event, Framer, Limits, Reply, Sync, parse};
//!
//! let mut framer = Framer::new(Limits::authenticated(50 << 20));
//! let mut reply = Reply::new();
//! // In place of a socket: `stream.read_buf(framer.input())`.
//! framer.input().extend_from_slice(b"a1 NOOP\r\na2 FROB\r\na3 APPEND INBOX {2}\r\n");
//! loop {
//!     match framer.next() {
//!         Ok(Event::NeedMore) => break,
//!         Ok(Event::Continue) => reply.proceed("go on"),
//!         Ok(Event::Message(announced)) => {
//!             // Here room for `announced.len` bytes is reserved, or the message is refused.
//!             framer.accept_message();
//!             if announced.sync == Sync::Waits {
//!                 reply.proceed("go on");
//!             }
//!         }
//!         Ok(Event::Command(text)) => match parse(&text) {
//!             Ok(tagged) => match tagged.command {
//!                 Command::Noop => reply.ok(&tagged.tag, "done"),
//!                 other => reply.no(&tagged.tag, None, other.name()),
//!             },
//!             Err(rejected) => reply.rejected(&rejected),
//!         },
//!         Err(error) => reply.over_limit(&error),
//!     }
//! }
//! assert_eq!(
//!     reply.take(),
//!     "a1 OK done\r\na2 BAD unknown command at byte 3\r\n+ go on\r\n"
//! );
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
mod messages;
mod object_id;
pub mod reply;
mod text;

pub use command::{Command, Tagged, longest_before_login, parse};
pub use date::{day, write_internal_date};
pub use error::{CommandError, Rejected, SyntaxError};
pub use framer::{Announced, Event, FrameError, FrameFault, Framer, Limits, Sync};
pub use mailbox::{MailboxName, Names, Pattern, utf7};
pub use object_id::{email_id, mailbox_id, parse_email_id, parse_thread_id, thread_id};
pub use reply::Reply;
pub use text::{CommandText, Tag};
