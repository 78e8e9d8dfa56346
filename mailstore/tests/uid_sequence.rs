//! What clients' sequence sets name (RFC 9051 9).

#![allow(clippy::unwrap_used)]

use mailstore::uid::{Bound, SequenceSet, Uid, UidArray, UidSet};
use proptest::prelude::*;

const STAR: Bound = Bound::Star;

fn n(number: u32) -> Bound {
    Bound::Number(number.try_into().unwrap())
}

fn view(uids: &[u32]) -> UidArray {
    UidArray::from_set(&set(uids))
}

fn set(uids: &[u32]) -> UidSet {
    uids.iter().map(|uid| Uid::new(*uid).unwrap()).collect()
}

#[test]
fn uids_that_are_not_there_are_left_out() {
    let asked = SequenceSet(vec![(n(9), n(2)), (n(400), n(400))]);
    assert_eq!(asked.resolve_uids(&view(&[1, 3, 9, 12])), set(&[3, 9]));
}

#[test]
fn star_is_the_last_uid_even_below_the_other_end() {
    let view = view(&[3, 9, 12]);
    assert_eq!(SequenceSet(vec![(n(999), STAR)]).resolve_uids(&view), set(&[12]));
    assert_eq!(SequenceSet(vec![(STAR, n(9))]).resolve_uids(&view), set(&[9, 12]));
    assert_eq!(SequenceSet(vec![(STAR, STAR)]).resolve_uids(&view), set(&[12]));
    assert_eq!(SequenceSet(vec![(n(u32::MAX), STAR)]).resolve_uids(&view), set(&[12]));
}

#[test]
fn uids_in_an_empty_view_name_nothing() {
    for asked in [vec![(n(1), STAR)], vec![(STAR, STAR)], vec![(n(7), n(9))]] {
        assert!(SequenceSet(asked).resolve_uids(&UidArray::new()).is_empty());
    }
}

#[test]
fn sequence_numbers_must_exist() {
    let view = view(&[3, 9, 12]);
    assert_eq!(SequenceSet(vec![(n(3), n(2))]).resolve_seqs(&view), Ok(set(&[9, 12])));
    assert_eq!(
        SequenceSet(vec![(n(1), n(1)), (STAR, STAR)]).resolve_seqs(&view),
        Ok(set(&[3, 12]))
    );
    assert_eq!(SequenceSet(vec![(n(2), n(4))]).resolve_seqs(&view), Err(4));
    assert_eq!(SequenceSet(vec![(n(4), STAR)]).resolve_seqs(&view), Err(4));
    assert_eq!(SequenceSet(vec![(STAR, STAR)]).resolve_seqs(&UidArray::new()), Err(0));
    assert_eq!(SequenceSet(vec![(n(1), STAR)]).resolve_seqs(&UidArray::new()), Err(1));
}

#[test]
fn display_keeps_the_clients_order() {
    let asked = SequenceSet(vec![(n(9), STAR), (n(5), n(5)), (STAR, STAR), (n(3), n(1))]);
    assert_eq!(asked.to_string(), "9:*,5,*,3:1");
}

#[test]
fn hostile_sets_resolve() {
    let mut view = UidArray::new();
    view.push_range(Uid::MIN..=Uid::new(1_000_000).unwrap());
    let overlapping = (1..=100_000).map(|at| (n(2_000_000 - at), n(at))).collect();
    assert_eq!(SequenceSet(overlapping).resolve_uids(&view), view.to_set());
    let apart: Vec<_> = (1..=100_000).rev().map(|at| (n(at * 7), n(at * 7))).collect();
    assert_eq!(SequenceSet(apart.clone()).resolve_seqs(&view).unwrap().len(), 100_000);
    assert_eq!(SequenceSet(apart).resolve_uids(&view).len(), 100_000);
}

fn bound() -> impl Strategy<Value = Bound> {
    prop_oneof![8 => (1_u32..60).prop_map(n), 1 => Just(STAR), 1 => Just(n(u32::MAX))]
}

proptest! {
    #[test]
    fn against_a_list(
        asked in prop::collection::vec((bound(), bound()), 1..8),
        uids in prop::collection::btree_set(1_u32..60, 0..40),
    ) {
        let uids: Vec<u32> = uids.into_iter().collect();
        let (view, asked) = (view(&uids), SequenceSet(asked));
        let named = |number: u32, largest: u32| asked.0.iter().any(|&(a, b)| {
            let end = |bound| match bound { Bound::Number(n) => n.get(), STAR => largest };
            (end(a).min(end(b))..=end(a).max(end(b))).contains(&number)
        });
        let largest = uids.last().copied().unwrap_or(0);
        let expected: Vec<u32> = uids.iter().copied().filter(|uid| named(*uid, largest)).collect();
        prop_assert_eq!(asked.resolve_uids(&view), set(&expected));

        let count = uids.len() as u32;
        if let Ok(found) = asked.resolve_seqs(&view) {
            let expected: Vec<u32> = (1..=count)
                .filter(|seq| named(*seq, count))
                .map(|seq| uids[seq as usize - 1])
                .collect();
            prop_assert_eq!(found, set(&expected));
        } else {
            prop_assert!(uids.is_empty() || (count + 1..100).any(|seq| named(seq, count)) || named(u32::MAX, count));
        }
    }
}
