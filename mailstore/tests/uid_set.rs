//! UID sets against a model, `BTreeSet`, at both ends of the number range.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use mailstore::uid::{DecodeError, Uid, UidSet};
use proptest::prelude::*;

type Model = BTreeSet<u32>;

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn range(from: u32, to: u32) -> RangeInclusive<Uid> {
    uid(from)..=uid(to)
}

fn set_of(ranges: &[(u32, u32)]) -> UidSet {
    UidSet::from_ranges(ranges.iter().map(|&(from, to)| range(from, to)))
}

fn model_of(ranges: &[(u32, u32)]) -> Model {
    ranges.iter().flat_map(|&(from, to)| from..=to).collect()
}

fn numbers(set: &UidSet) -> Vec<u32> {
    set.iter().map(Uid::get).collect()
}

/// Short ranges near 1 and near the largest UID, some of them reversed.
fn ranges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    let low = (1_u32..80, 0_u32..12).prop_map(|(from, more)| (from, from + more));
    let high = (0_u32..80, 0_u32..12)
        .prop_map(|(below, more)| (u32::MAX - below, (u32::MAX - below).saturating_add(more)));
    let reversed = (2_u32..80).prop_map(|from| (from, from - 1));
    prop::collection::vec(prop_oneof![4 => low, 4 => high, 1 => reversed], 0..14)
}

fn check(set: &UidSet, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(numbers(set), model.iter().copied().collect::<Vec<_>>());
    prop_assert_eq!(set.len(), model.len() as u64);
    prop_assert_eq!(set.is_empty(), model.is_empty());
    prop_assert_eq!(set.first().map(Uid::get), model.first().copied());
    prop_assert_eq!(set.last().map(Uid::get), model.last().copied());
    let ranges: Vec<_> = set.ranges().collect();
    for pair in ranges.windows(2) {
        prop_assert!(pair[1].start().get() - pair[0].end().get() > 1, "{:?} touch", set);
    }
    Ok(())
}

proptest! {
    #[test]
    fn building(ranges in ranges()) {
        let model = model_of(&ranges);
        let set = set_of(&ranges);
        check(&set, &model)?;
        let mut inserted = UidSet::new();
        ranges.iter().for_each(|&(from, to)| inserted.insert_range(range(from, to)));
        prop_assert_eq!(&inserted, &set);
        let mut one_by_one: Vec<u32> = model.iter().copied().collect();
        prop_assert_eq!(&one_by_one.iter().copied().map(uid).collect::<UidSet>(), &set);
        one_by_one.reverse();
        prop_assert_eq!(&one_by_one.iter().copied().map(uid).collect::<UidSet>(), &set);
    }

    #[test]
    fn algebra(a in ranges(), b in ranges()) {
        let (x, y) = (set_of(&a), set_of(&b));
        let (p, q) = (model_of(&a), model_of(&b));
        check(&x.union(&y), &p.union(&q).copied().collect())?;
        check(&x.intersection(&y), &p.intersection(&q).copied().collect())?;
        check(&x.difference(&y), &p.difference(&q).copied().collect())?;
        prop_assert_eq!(x.is_subset(&y), p.is_subset(&q));
        prop_assert!(x.intersection(&y).is_subset(&y));
    }

    #[test]
    fn membership_and_splits(ranges in ranges(), count in 0_u64..60) {
        let (set, model) = (set_of(&ranges), model_of(&ranges));
        for number in (1..120).chain(u32::MAX - 120..=u32::MAX) {
            prop_assert_eq!(set.contains(uid(number)), model.contains(&number));
        }
        let (head, tail) = set.split_at(count);
        check(&head, &model.iter().copied().take(count as usize).collect())?;
        check(&tail, &model.iter().copied().skip(count as usize).collect())?;
    }

    #[test]
    fn stored_form(ranges in ranges(), rest in prop::collection::vec(any::<u8>(), 1..4)) {
        let set = set_of(&ranges);
        let mut bytes = set.encode();
        prop_assert_eq!(UidSet::decode(&bytes), Ok(set.clone()));
        for end in 0..bytes.len() {
            prop_assert!(UidSet::decode(&bytes[..end]).is_err());
        }
        bytes.extend(&rest);
        prop_assert_eq!(UidSet::decode(&bytes), Err(DecodeError::Trailing));
        prop_assert_eq!(UidSet::decode_prefix(&bytes), Ok((set, rest.as_slice())));
    }

    #[test]
    fn any_bytes_decode_to_a_proper_set_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(set) = UidSet::decode(&bytes) {
            prop_assert_eq!(UidSet::from_ranges(set.ranges()), set);
        }
    }

    #[test]
    fn display(ranges in ranges()) {
        let set = set_of(&ranges);
        let text = set.to_string();
        let parsed = text.split(',').filter(|part| !part.is_empty()).map(|part| {
            let (from, to) = part.split_once(':').unwrap_or((part, part));
            range(from.parse().unwrap(), to.parse().unwrap())
        });
        prop_assert_eq!(UidSet::from_ranges(parsed), set);
    }
}

#[test]
fn every_uid() {
    let all = UidSet::range(Uid::MIN..=Uid::MAX);
    assert_eq!(all.len(), u64::from(u32::MAX));
    assert_eq!(all.difference(&all), UidSet::new());
    assert_eq!(all.difference(&UidSet::single(Uid::MAX)), UidSet::range(range(1, u32::MAX - 1)));
    assert_eq!(all.union(&all), all);
    assert_eq!(UidSet::decode(&all.encode()), Ok(all.clone()));
    let (head, tail) = all.split_at(u64::from(u32::MAX) - 1);
    assert_eq!((head.last(), tail), (Uid::new(u32::MAX - 1), UidSet::single(Uid::MAX)));
    assert_eq!(all.split_at(u64::MAX).0, all);
}

#[test]
fn a_false_count_allocates_nothing() {
    let bytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 1];
    assert_eq!(UidSet::decode(&bytes), Err(DecodeError::Truncated));
}

#[test]
fn ranges_past_the_largest_uid_are_refused() {
    // One range: 4,294,967,295 UIDs after 2.
    let bytes = [1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f];
    assert_eq!(UidSet::decode(&bytes), Err(DecodeError::Inconsistent));
}

#[test]
fn a_hundred_thousand_ranges_in_the_worst_order() {
    let backwards = (1..=100_000_u32).rev().map(|at| range(at * 3, at * 3 + 1));
    let set = UidSet::from_ranges(backwards);
    assert_eq!((set.ranges().count(), set.len()), (100_000, 200_000));
    let nested = (1..=100_000_u32).map(|at| range(at, 200_001 - at));
    assert_eq!(UidSet::from_ranges(nested), UidSet::range(range(1, 200_000)));
}
