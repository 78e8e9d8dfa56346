//! A map that forgets everything when it is full.
//!
//! For what can be found out again: it costs nothing to keep, and hardly ever is full.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// At most `MOST` values, shared by threads.
#[derive(Debug)]
pub(crate) struct Bounded<K, V, const MOST: usize>(Mutex<HashMap<K, V>>);

/// How there came to be room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// There was some.
    Left,
    /// All was forgotten.
    Made,
}

impl<K, V, const MOST: usize> Default for Bounded<K, V, MOST> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V, const MOST: usize> Bounded<K, V, MOST> {
    /// All that it holds, to look at or to take from.
    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, with room for one of that key, and how there came to be room.
    pub(crate) fn with_room(&self, key: &K) -> (MutexGuard<'_, HashMap<K, V>>, Room) {
        let mut all = self.lock();
        if all.len() < MOST || all.contains_key(key) {
            return (all, Room::Left);
        }
        all.clear();
        (all, Room::Made)
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        self.with_room(&key).0.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_is_alone() {
        let bounded = Bounded::<_, _, 3>::default();
        (1..=3).for_each(|key| bounded.insert(key, ()));
        assert_eq!(bounded.with_room(&3).1, Room::Left);
        bounded.insert(3, ());
        assert_eq!(bounded.lock().len(), 3);
        bounded.insert(4, ());
        assert_eq!(bounded.lock().keys().copied().collect::<Vec<_>>(), [4]);
    }
}
