//! A map that is bounded in bytes.
//!
//! What is to go is chosen by lot: whoever reads a mailbox goes through it from one end to the
//! other, and throwing out what was used least recently would throw out just what comes next.

use std::collections::HashMap;
use std::hash::Hash;

/// Values, each with what it costs in bytes.
#[derive(Debug)]
pub(crate) struct Lot<K, V> {
    most: usize,
    bytes: usize,
    held: HashMap<K, Held<V>>,
    /// All keys, so that one can be drawn.
    keys: Vec<K>,
    seed: u64,
}

#[derive(Debug)]
struct Held<V> {
    value: V,
    cost: usize,
    /// Where its key stands among the keys.
    at: usize,
}

impl<K: Copy + Eq + Hash, V> Lot<K, V> {
    /// An empty one, with room for so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, bytes: 0, held: HashMap::new(), keys: Vec::new(), seed: 0 }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.with_cost(key).map(|(value, _)| value)
    }

    /// A value, and what it costs.
    pub(crate) fn with_cost(&self, key: &K) -> Option<(&V, usize)> {
        self.held.get(key).map(|held| (&held.value, held.cost))
    }

    /// Keeps a value in place of what was there; not one that would take most of the room, which is
    /// worth less than what it drives out.
    pub(crate) fn put(&mut self, key: K, value: V, cost: usize) {
        self.remove(&key);
        if cost > self.most / 4 {
            return;
        }
        while self.bytes + cost > self.most && self.remove_one() {}
        self.bytes += cost;
        self.held.insert(key, Held { value, cost, at: self.keys.len() });
        self.keys.push(key);
    }

    /// Forgets all whose keys are such.
    pub(crate) fn forget(&mut self, is_such: impl Fn(&K) -> bool) {
        let such: Vec<K> = self.keys.iter().copied().filter(is_such).collect();
        such.iter().for_each(|key| self.remove(key));
    }

    fn remove_one(&mut self) -> bool {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let drawn = ((self.seed >> 33) as usize).checked_rem(self.keys.len());
        let Some(key) = drawn.and_then(|at| self.keys.get(at).copied()) else { return false };
        self.remove(&key);
        true
    }

    fn remove(&mut self, key: &K) {
        let Some(Held { cost, at, .. }) = self.held.remove(key) else { return };
        self.bytes -= cost;
        self.keys.swap_remove(at);
        if let Some(moved) = self.keys.get(at).and_then(|key| self.held.get_mut(key)) {
            moved.at = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<V>(lot: &Lot<u32, V>) {
        assert!(lot.bytes <= lot.most);
        assert_eq!(lot.bytes, lot.held.values().map(|held| held.cost).sum::<usize>());
        assert_eq!(lot.keys.len(), lot.held.len());
        assert!(lot.keys.iter().enumerate().all(|(at, key)| lot.held[key].at == at));
    }

    #[test]
    fn never_more_than_there_is_room_for() {
        let mut lot = Lot::new(10_000);
        for number in 0..1_000 {
            lot.put(number, (), 500 + number as usize % 7);
            check(&lot);
        }
        assert_eq!(lot.held.len(), 10_000 / 503);
        lot.forget(|number| number % 2 == 0);
        check(&lot);
        assert!(lot.keys.iter().all(|number| number % 2 == 1));
    }

    #[test]
    fn the_later_value_counts() {
        let mut lot = Lot::new(10_000);
        lot.put(1, 'a', 500);
        lot.put(1, 'b', 300);
        check(&lot);
        assert_eq!((lot.get(&1), lot.bytes), (Some(&'b'), 300));
    }

    #[test]
    fn what_is_too_large_drives_nothing_out() {
        let mut lot = Lot::new(10_000);
        lot.put(1, 'a', 500);
        lot.put(2, 'b', 9_000);
        assert_eq!((lot.get(&1), lot.get(&2)), (Some(&'a'), None));
    }
}
