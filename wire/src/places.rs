//! How many sessions, streams and the like each account has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mailstore::id::AccountId;

/// Counts what each account has, in this process. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Places(Arc<Mutex<HashMap<AccountId, u32>>>);

impl Places {
    fn counts(&self) -> MutexGuard<'_, HashMap<AccountId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place; `None` if the account has `most` already.
    pub fn take(&self, account: AccountId, most: u32) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.get(&account).copied().unwrap_or(0);
        if count >= most {
            return None;
        }
        counts.insert(account, count + 1);
        drop(counts);
        Some(Place { places: self.clone(), account })
    }
}

/// The place of one, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    account: AccountId,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.places.counts().entry(self.account) {
            match entry.get() {
                0 | 1 => drop(entry.remove()),
                _ => *entry.get_mut() -= 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let places = Places::default();
        let (one, two) = (AccountId::new(1).unwrap(), AccountId::new(2).unwrap());
        let first = places.take(one, 2).unwrap();
        let second = places.take(one, 2).unwrap();
        assert!(places.take(one, 2).is_none());
        assert!(places.take(two, 2).is_some());
        drop(first);
        assert!(places.take(one, 2).is_some());
        drop(second);
        assert!(places.counts().is_empty());
    }
}
