//! The rules every backend of `mailstore` must keep, as named tests.
//!
//! A rule is an async function that panics when it is broken, so it can also be run on a backend
//! that is broken on purpose to see that it notices. [`faults`] makes a good ledger fail. The macros make one test of each rule:
//!
//! ```
//! mod my_ledger {
//!     use std::sync::Arc;
//!     use mailstore::backends::memory::MemoryLedger;
//!
//!     async fn fresh() -> contract::Tested {
//!         contract::Tested::new(Arc::new(MemoryLedger::default()))
//!     }
//!
//!     contract::ledger_contract!(fresh);
//! }
//! ```
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "to panic is what a test does")]

pub mod account;
pub mod accounts;
pub mod beacon;
pub mod blobs;
pub mod faults;
pub mod ledger;
pub mod model;
pub mod shared;
mod tested;

pub use tested::Tested;
