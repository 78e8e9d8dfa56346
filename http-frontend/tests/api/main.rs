//! The API, endpoint by endpoint.
#![allow(clippy::unwrap_used, reason = "tests")]

mod bulk;
mod credentials;
mod events;
mod harness;
mod mailboxes;
mod messages;
mod operation;
mod rights;
mod session;
mod source;
mod tree;
mod users;
