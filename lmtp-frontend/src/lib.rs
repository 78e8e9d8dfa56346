//! LMTP for mailstore (RFC 2033): final delivery with one reply per recipient.
//!
//! [`codec`] is the protocol without sockets.
#![forbid(unsafe_code)]

pub mod codec;
