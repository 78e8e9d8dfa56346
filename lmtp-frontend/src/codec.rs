//! LMTP on the wire, without I/O: bytes in, lines, commands and message content out; replies in,
//! bytes out.
//!
//! ```text
//!           ┌ line ──── command ── path, parameter, xtext ──► Command
//! bytes in ─┼ data  ┐
//!           └ chunk ┴── content ────────────────────────────► Content
//! bytes out ◄────────── reply ◄────────────────────────────── Reply
//! ```
//!
//! Nothing here panics or grows without bound, whatever the peer sends and however it is cut into
//! pieces. A new verb is a variant of [`Command`](command::Command); a new ESMTP parameter is a
//! field in [`parameter`].

pub mod chunk;
pub mod command;
pub mod content;
mod cursor;
pub mod data;
pub mod parameter;
pub mod path;
pub mod reply;
pub mod xtext;

pub use cursor::SyntaxError;
pub use wire::line;
