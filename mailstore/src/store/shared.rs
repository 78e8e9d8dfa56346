//! What processes agree on and may lose: counts against limits.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::time::Timestamp;

/// Counters with an end of life. A lock that must not fail open is no business of this trait.
#[async_trait]
pub trait Shared: Debug + Send + Sync + 'static {
    /// Adds one to a counter, which starts at zero and is forgotten `window` after its first
    /// addition. Returns its value.
    async fn count(&self, key: &str, window: Duration, now: Timestamp) -> Result<u64, StoreError>;

    /// The value of a counter: 0 if nothing was added to it, or if it has ended.
    async fn value(&self, key: &str, now: Timestamp) -> Result<u64, StoreError>;

    /// Forgets a counter.
    async fn reset(&self, key: &str) -> Result<(), StoreError>;
}

/// Counters within one process.
#[derive(Debug, Default)]
pub struct LocalShared {
    counters: Mutex<HashMap<String, Counter>>,
}

#[derive(Clone, Copy, Debug)]
struct Counter {
    value: u64,
    ends: i64,
}

impl LocalShared {
    /// At this many counters the ended ones are thrown out; if none has ended, all are.
    const MOST: usize = 100_000;

    fn counters(&self) -> std::sync::MutexGuard<'_, HashMap<String, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Shared for LocalShared {
    async fn count(&self, key: &str, window: Duration, now: Timestamp) -> Result<u64, StoreError> {
        let mut counters = self.counters();
        if counters.len() >= Self::MOST {
            counters.retain(|_, counter| counter.ends > now.millis());
            if counters.len() >= Self::MOST {
                counters.clear();
            }
        }
        let window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        let fresh = Counter { value: 0, ends: now.millis().saturating_add(window) };
        let counter = counters.entry(key.to_owned()).or_insert(fresh);
        if counter.ends <= now.millis() {
            *counter = fresh;
        }
        counter.value += 1;
        Ok(counter.value)
    }

    async fn value(&self, key: &str, now: Timestamp) -> Result<u64, StoreError> {
        let counters = self.counters();
        let counter = counters.get(key).filter(|counter| counter.ends > now.millis());
        Ok(counter.map_or(0, |counter| counter.value))
    }

    async fn reset(&self, key: &str) -> Result<(), StoreError> {
        self.counters().remove(key);
        Ok(())
    }
}
