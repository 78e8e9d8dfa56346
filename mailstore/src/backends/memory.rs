//! Everything in memory: for tests, where it is also the model that other backends are compared
//! with, and for programs that keep nothing.

mod account;
mod blobs;
mod ledger;

pub use blobs::MemoryBlobs;
pub use ledger::MemoryLedger;

use std::sync::Arc;

use crate::mailstore::Backend;
use crate::store::{LocalBeacon, LocalShared};

/// A backend that is empty at first and gone at the end.
///
/// ```
/// use mailstore::{Mailstore, Settings, backends::memory};
///
/// let store = Mailstore::new(memory::backend(), Settings::default());
/// # let _ = store;
/// ```
pub fn backend() -> Backend {
    Backend {
        ledger: Arc::new(MemoryLedger::default()),
        blobs: Arc::new(MemoryBlobs::default()),
        beacon: Arc::new(LocalBeacon::default()),
        shared: Arc::new(LocalShared::default()),
    }
}
