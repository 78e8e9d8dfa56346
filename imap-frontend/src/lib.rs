//! IMAP for mailstore.
#![forbid(unsafe_code)]

pub mod codec;
