//! The MongoDB backend, on the server that `MAILSTORE_TEST_MONGODB` names.
#![allow(clippy::unwrap_used, reason = "tests")]

mod contract;
mod server;
