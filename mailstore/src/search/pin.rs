//! Keys that mean the same messages for as long as a search is kept current.

use super::key::Key;
use super::matcher::Scope;

impl Key {
    /// This key with its sequence numbers and `$` resolved: they are those of the moment in which
    /// the command came (RFC 5267 4.3).
    #[must_use]
    pub fn pinned(&self, scope: &Scope<'_>) -> Self {
        let pin = |key: &Self| Box::new(key.pinned(scope));
        match self {
            Self::Sequence(set) => Self::These(set.search_seqs(scope.view)),
            Self::Saved => Self::These(scope.view.intersection(scope.saved)),
            Self::And(keys) => Self::And(keys.iter().map(|key| key.pinned(scope)).collect()),
            Self::Or(a, b) => Self::Or(pin(a), pin(b)),
            Self::Not(key) => Self::Not(pin(key)),
            Self::Fuzzy(key) => Self::Fuzzy(pin(key)),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use crate::uid::{Bound, SequenceSet, Uid, UidArray, UidSet};

    #[test]
    fn numbers_become_messages() {
        let uids =
            |numbers: &[u32]| -> UidSet { numbers.iter().filter_map(|n| Uid::new(*n)).collect() };
        let view = UidArray::from_set(&uids(&[10, 20, 30]));
        let scope = Scope { saved: &uids(&[5, 20]), ..Scope::of(&view, Timestamp::default()) };
        let last = Key::Sequence(SequenceSet(vec![(Bound::Star, Bound::Star)]));
        let not = |key| Key::Not(Box::new(key));
        let key = Key::And(vec![not(last), Key::Or(Box::new(Key::Saved), Box::new(Key::Recent))]);
        let these = |numbers| Key::These(uids(numbers));
        let pinned = Key::And(vec![
            not(these(&[30])),
            Key::Or(Box::new(these(&[20])), Box::new(Key::Recent)),
        ]);
        assert_eq!(key.pinned(&scope), pinned);
    }
}
