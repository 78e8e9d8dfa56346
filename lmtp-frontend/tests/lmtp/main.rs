//! LMTP over real sockets: what a script cannot say.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod blobs;
mod data;
mod delivery;
mod faults;
mod fidelity;
mod filters;
mod limits;
mod routing;
mod tls;
mod xclient;
