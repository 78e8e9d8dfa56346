//! Where in a sorted result messages come and go (RFC 5267 4.3.3, 4.3.4).

use mailstore::uid::{Uid, UidSet};

/// Stretches of a list that go, each with its position; from the end, so that no position is
/// changed by those before.
pub(super) fn removals(order: &[Uid], gone: &UidSet) -> Vec<(u32, Vec<Uid>)> {
    let mut stretches = stretches(order, gone);
    stretches.reverse();
    stretches
}

/// Stretches of the new list that came, each with the position that its first has then; from the
/// start, so that all before it is there when it comes.
pub(super) fn insertions(order: &[Uid], came: &UidSet) -> Vec<(u32, Vec<Uid>)> {
    stretches(order, came)
}

/// Stretches of a list whose members are in a set, with their positions from 1.
fn stretches(order: &[Uid], set: &UidSet) -> Vec<(u32, Vec<Uid>)> {
    let (mut found, mut position) = (Vec::new(), 1);
    for stretch in order.chunk_by(|a, b| set.contains(*a) == set.contains(*b)) {
        if stretch.first().is_some_and(|uid| set.contains(*uid)) {
            found.push((position, stretch.to_vec()));
        }
        position += stretch.len() as u32;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uids(numbers: &[u32]) -> Vec<Uid> {
        numbers.iter().filter_map(|n| Uid::new(*n)).collect()
    }

    /// What a client makes of it.
    fn apply(list: &mut Vec<Uid>, removed: &[(u32, Vec<Uid>)], added: &[(u32, Vec<Uid>)]) {
        for (position, uids) in removed {
            let start = *position as usize - 1;
            assert_eq!(list.drain(start..start + uids.len()).collect::<Vec<_>>(), *uids);
        }
        for (position, uids) in added {
            let start = *position as usize - 1;
            list.splice(start..start, uids.iter().copied());
        }
    }

    proptest! {
        #[test]
        fn a_client_comes_to_the_same_list(
            new in Just((1..15u32).collect::<Vec<_>>()).prop_shuffle(),
            there in prop::collection::vec(0..3, 14),
        ) {
            // 0: stays, 1: comes, 2: goes.
            let which = |kind| -> Vec<u32> {
                new.iter().zip(&there).filter(|(_, it)| **it == kind).map(|(uid, _)| *uid).collect()
            };
            let without = |kind| -> Vec<u32> {
                new.iter().zip(&there).filter(|(_, it)| **it != kind).map(|(uid, _)| *uid).collect()
            };
            let (before, after) = (uids(&without(1)), uids(&without(2)));
            let (came, gone): (UidSet, UidSet) =
                (uids(&which(1)).into_iter().collect(), uids(&which(2)).into_iter().collect());
            let mut list = before.clone();
            apply(&mut list, &removals(&before, &gone), &insertions(&after, &came));
            prop_assert_eq!(list, after);
        }
    }
}
