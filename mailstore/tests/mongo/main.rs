//! The MongoDB backend, on the server that `MAILSTORE_TEST_MONGODB` names.
#![allow(clippy::unwrap_used, reason = "tests")]

mod away;
mod contention;
mod contract;
mod damaged;
mod dead;
mod explained;
mod interleaved;
mod rounds;
mod server;
mod watched;
