//! An exact, embeddable mail store.
#![forbid(unsafe_code)]

#[cfg(feature = "accounts")]
pub mod accounts;
pub mod blob;
pub mod flags;
pub mod id;
pub mod mime;
pub mod random;
pub mod search;
pub mod store;
pub mod time;
pub mod uid;
