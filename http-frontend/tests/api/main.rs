//! The API, endpoint by endpoint.
#![allow(clippy::unwrap_used, reason = "tests")]

mod bodies;
mod bulk;
mod credentials;
mod events;
mod failing;
mod forwards;
mod harness;
mod mail_key;
mod mailboxes;
mod messages;
mod operation;
mod rights;
mod second_factor;
#[cfg(feature = "webauthn")]
mod security_keys;
mod session;
mod source;
mod statuses;
mod tree;
mod users;
