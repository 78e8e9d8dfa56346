//! What processes agree on and may lose: counts against limits, of what happened and of what there is.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{LeaseHolder, StoreError};
use crate::time::Timestamp;

/// How many one process has of something, of which all together may have only so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The process, by a number that it has drawn.
    pub holder: LeaseHolder,
    /// How many it has. 0 gives all back.
    pub count: u64,
    /// How many all together may have.
    pub most: u64,
    /// How long this is believed, unless it is said again.
    pub lease: Duration,
}

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

    /// Says how many a holder has of what `key` names, which is no counter's, in place of what it said
    /// before. `false`, and it has what it said before, if all together would have more than `most`.
    async fn hold(&self, key: &str, hold: &Hold, now: Timestamp) -> Result<bool, StoreError>;
}

/// Counters within one process.
#[derive(Debug, Default)]
pub struct LocalShared {
    counters: Mutex<HashMap<String, Counter>>,
    holds: Mutex<HashMap<String, Vec<Said>>>,
}

#[derive(Clone, Copy, Debug)]
struct Counter {
    value: u64,
    ends: i64,
}

/// What a holder has said.
#[derive(Clone, Copy, Debug)]
struct Said {
    holder: LeaseHolder,
    count: u64,
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
        let fresh = Counter { value: 0, ends: end(now, window) };
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

    async fn hold(&self, key: &str, hold: &Hold, now: Timestamp) -> Result<bool, StoreError> {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = holds.remove(key).unwrap_or_default();
        all.retain(|said| said.ends > now.millis());
        let others = all.iter().filter(|said| said.holder != hold.holder).map(|said| said.count);
        let together = others.fold(hold.count, u64::saturating_add);
        let fits = hold.count == 0 || together <= hold.most;
        if fits {
            all.retain(|said| said.holder != hold.holder);
            let Hold { holder, count, lease, .. } = *hold;
            let new = Said { holder, count, ends: end(now, lease) };
            all.extend((count > 0).then_some(new));
        }
        if !all.is_empty() {
            holds.insert(key.to_owned(), all);
        }
        Ok(fits)
    }
}

fn end(now: Timestamp, after: Duration) -> i64 {
    let after = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
    now.millis().saturating_add(after)
}
