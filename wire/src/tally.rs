//! How many of something each of them has. Of who has none nothing is kept.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// Counts by key.
#[derive(Debug)]
pub(crate) struct Tally<K>(HashMap<K, usize>);

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Copy + Eq + Hash> Tally<K> {
    /// How many it has.
    pub(crate) fn of(&self, key: K) -> usize {
        self.0.get(&key).copied().unwrap_or(0)
    }

    /// Counts one more, if it has not `most` already.
    pub(crate) fn take(&mut self, key: K, most: usize) -> Option<()> {
        if self.of(key) >= most {
            return None;
        }
        *self.0.entry(key).or_default() += 1;
        Some(())
    }

    /// Counts one less.
    pub(crate) fn give_back(&mut self, key: K) {
        if let Entry::Occupied(mut entry) = self.0.entry(key) {
            match entry.get() {
                0 | 1 => drop(entry.remove()),
                _ => *entry.get_mut() -= 1,
            }
        }
    }

    /// Those that have some.
    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.0.keys().copied()
    }
}
