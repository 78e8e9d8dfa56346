//! Views: what a client believes is what the store holds.
#![allow(clippy::unwrap_used, reason = "tests")]

mod client;
mod faults;
mod named;
mod properties;
mod seeds;
mod sessions;
