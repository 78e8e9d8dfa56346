//! Memory for messages in flight, shared by the whole process.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which memory is counted, in bytes.
const UNIT: u64 = 1024;

/// How much of a message's size is taken for it: the bytes themselves, what is decoded out of
/// them, and the tree.
const FACTOR: u64 = 2;

/// A process-wide budget. Whoever is about to hold a message takes its declared size first; beyond
/// the budget it waits.
#[derive(Clone, Debug)]
pub struct Budget {
    units: Arc<Semaphore>,
    all: u32,
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub struct Admission {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes: u64) -> Self {
        let all = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX >> 3).clamp(1, u32::MAX >> 3);
        Self { units: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Takes what a message of so many bytes needs, waiting for it if need be. Callers put their
    /// own limit on the wait. A message larger than the whole budget waits for all of it.
    pub async fn admit(&self, bytes: u64) -> Admission {
        let units = bytes.saturating_mul(FACTOR).div_ceil(UNIT);
        let units = u32::try_from(units).unwrap_or(self.all).min(self.all);
        let permit = Arc::clone(&self.units).acquire_many_owned(units).await.ok();
        Admission { _permit: permit }
    }
}
