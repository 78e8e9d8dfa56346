//! The exact MIME tree of a message: any bytes go in, the same bytes come out.
//!
//! [`parse`] finds the structure by byte range and never fails; [`MimeTree::detach`] lets big
//! bodies leave the tree; [`MimeTree::plan`], [`MimeTree::slice`] and [`MimeTree::section`] say
//! which bytes to send, with the length known before the first one is read;
//! [`MimeTree::encode`] is the stored form. Nothing here does I/O, and nothing panics on input.

mod binary;
mod codec;
pub mod decode;
mod derived;
mod detach;
pub mod envelope;
mod front;
pub mod header;
mod limits;
#[cfg(feature = "mongodb")]
pub(crate) mod outline;
mod parse;
mod plan;
mod preview;
mod scan;
mod section;
pub mod structure;
pub mod text;
mod transfer;
mod tree;

pub(crate) use binary::encode_nul;
pub use codec::DecodeError;
pub use derived::Derived;
pub use detach::{DetachRules, Detached};
pub use limits::Limits;
pub use parse::parse;
pub use plan::{Piece, Plan};
pub use section::{FieldMode, Section, Selection, What, fields};
pub use transfer::{Encoding, Newline, Rebuild};
pub use tree::content::{Content, Disposition, Media, TransferEncoding};
pub use tree::segment::{Segment, SegmentKind};
pub use tree::{Cut, Hole, Kind, MimeTree, Part};
