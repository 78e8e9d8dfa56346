//! LMTP over real sockets, as transcripts: `C:` lines are sent, those that follow one another in
//! one piece; `S:` lines are what must come back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bdat;
mod blobs;
mod commands;
mod data;
mod delivery;
mod failing;
mod faults;
mod fidelity;
mod filters;
mod harness;
mod limits;
mod routing;
mod tls;
mod xclient;
