//! POP3 on the wire, without I/O: bytes in, lines and commands out; replies and messages in, bytes
//! out.
//!
//! ```text
//! bytes in  ── line ── command ──► Command
//! bytes out ◄── reply ───────────── Reply
//!           ◄── stuffing ── top ─── bytes of a message
//! ```
//!
//! Nothing here panics or grows without bound, whatever the peer sends and however it is cut into
//! pieces. A new verb is a variant of [`Command`](command::Command).

pub mod command;
pub mod reply;
pub mod stuffing;
pub mod top;

pub use wire::line;
