//! Answers of the database that every delivery or every FETCH asks for, and that hardly ever change:
//! whose an address is, what an account wants done with its mail, under which number a mailbox
//! stands. Asked anew once a transaction may have changed one.

use std::hash::Hash;

use super::latest::Latest;
use crate::bounded::Bounded;

/// Answers kept at most; beyond it all are forgotten.
const MOST: usize = 10_000;

/// Answers, each with the count of changes ([`Latest::changes`]) when it was asked for.
#[derive(Debug)]
pub(super) struct Answers<K, V> {
    kept: Bounded<K, (u64, V), MOST>,
    is_small: fn(&V) -> bool,
}

impl<K: Eq + Hash, V: Clone> Answers<K, V> {
    /// Keeps answers that are small.
    pub(super) fn new(is_small: fn(&V) -> bool) -> Self {
        Self { kept: Bounded::default(), is_small }
    }

    /// The answer that is kept, or else the one that `ask` gets. A change in the midst of asking
    /// makes the answer one of before.
    pub(super) fn of<E>(
        &self,
        key: K,
        latest: &Latest,
        ask: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        let now = latest.changes();
        if let Some((at, answer)) = self.kept.lock().get(&key)
            && *at == now
        {
            return Ok(answer.clone());
        }
        let answer = ask()?;
        if (self.is_small)(&answer) {
            self.kept.insert(key, (now, answer.clone()));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(answers: &Answers<&str, u32>, latest: &Latest, now: u32) -> u32 {
        answers.of("key", latest, || Ok::<_, ()>(now)).expect("an answer")
    }

    #[test]
    fn an_answer_is_kept_until_something_has_changed() {
        let (answers, latest) = (Answers::new(|_| true), Latest::default());
        assert_eq!([1, 2].map(|now| ask(&answers, &latest, now)), [1, 1]);
        latest.changed();
        assert_eq!([3, 4].map(|now| ask(&answers, &latest, now)), [3, 3]);
        latest.clear();
        assert_eq!(ask(&answers, &latest, 5), 5);
    }

    #[test]
    fn what_changes_while_it_is_asked_for_is_asked_for_again() {
        let (answers, latest) = (Answers::new(|_| true), Latest::default());
        let old = answers.of("key", &latest, || {
            latest.changed();
            Ok::<_, ()>(1)
        });
        assert_eq!((old, ask(&answers, &latest, 2)), (Ok(1), 2));
    }

    #[test]
    fn no_answer_is_kept_of_a_question_that_failed() {
        let (answers, latest) = (Answers::new(|_| true), Latest::default());
        assert_eq!(answers.of("key", &latest, || Err("no")), Err("no"));
        assert_eq!(ask(&answers, &latest, 1), 1);
    }

    #[test]
    fn a_large_answer_is_not_kept() {
        let (answers, latest) = (Answers::new(|answer| *answer < 10), Latest::default());
        assert_eq!([10, 2, 3].map(|now| ask(&answers, &latest, now)), [10, 2, 2]);
    }
}
