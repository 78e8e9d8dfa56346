//! UID arrays against a model, `Vec<u32>`, in every form that they are held in.

#![allow(clippy::unwrap_used)]

use std::num::NonZeroU32;

use mailstore::uid::{DecodeError, Seq, Uid, UidArray, UidSet};
use proptest::prelude::*;

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn set(uids: impl IntoIterator<Item = u32>) -> UidSet {
    uids.into_iter().map(uid).collect()
}

/// How many kinds of stretches there are.
const KINDS: u8 = 9;

/// UIDs laid out so that every form occurs: dense, every `step`-th, in short bursts, far apart, at
/// distances without a rule.
fn stretch(from: u32, kind: u8, count: u32) -> Vec<u32> {
    let noise = |at: u32| at.wrapping_mul(2_654_435_761) >> 16;
    let step = |at: u32| match kind {
        0 => at,
        1 => at * 2,
        2 => at * 3 / 2,
        3 => at / 5 * 9 + at % 5,
        4 => at * 100,
        5 => at * 30 + noise(at) % 30,
        6 => at / 7 * 900 + at % 7 * (noise(at / 7) % 99 + 1),
        7 => at * 9000 + noise(at) % 9000,
        _ => at * 131,
    };
    (0..count).filter_map(|at| from.checked_add(step(at))).collect()
}

#[derive(Clone, Debug)]
enum Step {
    /// Appends a stretch so far above the last UID.
    Push { gap: u32, kind: u8, count: u32 },
    /// Removes every so many-th message from some place on.
    Remove { from: u32, every: usize, count: usize },
    /// Removes all within a part of the UIDs, in thousandths.
    Cut(u32, u32),
    /// Stores and reads back.
    Reload,
    /// Goes on with what a set of the same UIDs gives.
    Rebuild,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u32..3000, 0..KINDS, 1_u32..2000)
            .prop_map(|(gap, kind, count)| Step::Push { gap, kind, count }),
        1 => (0..KINDS, 1_u32..40).prop_map(|(kind, count)| Step::Push { gap: 1, kind, count }),
        3 => (0_u32..1000, 1_usize..40, 1_usize..1500)
            .prop_map(|(from, every, count)| Step::Remove { from, every, count }),
        1 => (0_u32..1000, 1_u32..400).prop_map(|(from, more)| Step::Cut(from, from + more)),
        1 => Just(Step::Reload),
        1 => Just(Step::Rebuild),
    ]
}

fn part(model: &[u32], thousandths: u32) -> usize {
    model.len() * thousandths as usize / 1000
}

fn apply(step: Step, array: &mut UidArray, model: &mut Vec<u32>) {
    match step {
        Step::Push { gap, kind, count } => {
            let from = model.last().map_or(1, |last| last.saturating_add(gap));
            for number in stretch(from, kind, count) {
                array.push_range(uid(number)..=uid(number));
                if model.last().is_none_or(|last| *last < number) {
                    model.push(number);
                }
            }
        }
        Step::Remove { from, every, count } => {
            let start = part(model, from);
            let gone = set(model[start..].iter().copied().step_by(every).take(count));
            array.remove(&gone);
            model.retain(|number| !gone.contains(uid(*number)));
        }
        Step::Cut(from, to) => {
            let to = part(model, to.min(1000));
            let Some(cut) = model.get(part(model, from)..to).filter(|cut| !cut.is_empty()) else {
                return;
            };
            let gone = UidSet::range(uid(cut[0])..=uid(cut[cut.len() - 1]));
            array.remove(&gone);
            model.retain(|number| !gone.contains(uid(*number)));
        }
        Step::Reload => *array = UidArray::decode(&array.encode()).unwrap(),
        Step::Rebuild => *array = UidArray::from_set(&array.to_set()),
    }
}

fn check(array: &UidArray, model: &[u32]) -> Result<(), TestCaseError> {
    prop_assert_eq!(array.len() as usize, model.len());
    prop_assert_eq!(array.is_empty(), model.is_empty());
    prop_assert_eq!(array.first().map(Uid::get), model.first().copied());
    prop_assert_eq!(array.last().map(Uid::get), model.last().copied());
    prop_assert!(array.iter().map(Uid::get).eq(model.iter().copied()));
    for (at, number) in model.iter().enumerate() {
        let seq = Seq::new(at as u32 + 1).unwrap();
        prop_assert_eq!(array.uid(seq), Some(uid(*number)));
        prop_assert_eq!(array.seq(uid(*number)), Some(seq));
        let below = Uid::new(number - 1).is_some_and(|below| array.contains(below));
        prop_assert_eq!(below, at > 0 && model[at - 1] == number - 1);
    }
    prop_assert_eq!(Seq::new(model.len() as u32 + 1).and_then(|seq| array.uid(seq)), None);
    let runs = array.to_set();
    prop_assert_eq!(&runs, &set(model.iter().copied()));
    prop_assert_eq!(&UidArray::from_set(&runs), array);
    Ok(())
}

fn check_sets(array: &UidArray, model: &[u32], probe: &UidSet) -> Result<(), TestCaseError> {
    let common = model.iter().copied().filter(|number| probe.contains(uid(*number)));
    prop_assert_eq!(array.intersection(probe), set(common));
    let at = probe.iter().filter_map(|seq| model.get(seq.get() as usize - 1).copied());
    prop_assert_eq!(array.uids_at(probe), set(at));
    for up_to in probe.first().into_iter().chain(probe.last()) {
        let gone = (1..=up_to.get()).filter(|number| model.binary_search(number).is_err());
        prop_assert_eq!(array.complement(up_to), set(gone));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn pushes_and_removals(
        steps in prop::collection::vec(step(), 1..14),
        probe in prop::collection::vec((1_u32..30_000, 0_u32..3000), 1..12),
    ) {
        let probe = UidSet::from_ranges(probe.into_iter().map(|(from, n)| uid(from)..=uid(from + n)));
        let (mut array, mut model) = (UidArray::new(), Vec::new());
        for step in steps {
            let (before, was) = (array.clone(), model.clone());
            apply(step, &mut array, &mut model);
            prop_assert!(before.iter().map(Uid::get).eq(was), "a clone changed");
            check(&array, &model)?;
        }
        check_sets(&array, &model, &probe)?;
    }

    #[test]
    fn at_the_largest_uids(kind in 0..KINDS, count in 1_u32..3000, every in 1_usize..9) {
        let from = u32::MAX - 4000;
        let mut model = stretch(from, kind, count);
        let mut array = UidArray::from_set(&set(model.iter().copied()));
        check(&array, &model)?;
        array.push_range(Uid::MIN..=Uid::MAX);
        let last = *model.last().unwrap();
        model.extend((u64::from(last) + 1..=u64::from(u32::MAX)).map(|number| number as u32));
        check(&array, &model)?;
        prop_assert_eq!(&UidArray::decode(&array.encode()).unwrap(), &array);
        let gone = set(model.iter().rev().copied().step_by(every));
        array.remove(&gone);
        model.retain(|number| !gone.contains(uid(*number)));
        check(&array, &model)?;
        prop_assert_eq!(array.complement(Uid::MAX).len(), u64::from(u32::MAX) - model.len() as u64);
    }

    #[test]
    fn damaged_bytes_give_an_error_or_a_proper_array(
        steps in prop::collection::vec(step(), 1..6),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (mut array, mut model) = (UidArray::new(), Vec::new());
        steps.into_iter().for_each(|step| apply(step, &mut array, &mut model));
        let mut bytes = array.encode();
        for end in 0..bytes.len().min(300) {
            prop_assert!(UidArray::decode(&bytes[..end]).is_err());
        }
        damage.into_iter().for_each(|(at, byte)| *at.get_mut(&mut bytes) = byte);
        proper_or_error(&bytes)?;
    }

    #[test]
    fn any_bytes_give_an_error_or_a_proper_array(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for version in [1, 2] {
            let mut versioned = vec![version];
            versioned.extend(&bytes);
            proper_or_error(&versioned)?;
        }
    }
}

fn proper_or_error(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(array) = UidArray::decode(bytes) else { return Ok(()) };
    prop_assert!(array.memory() < 4000 + 64 * bytes.len());
    let runs = array.to_set();
    prop_assert_eq!(runs.len(), u64::from(array.len()));
    for range in runs.ranges().take(1000) {
        let seq = array.seq(*range.start()).unwrap();
        prop_assert_eq!(array.uid(seq), Some(*range.start()));
    }
    Ok(())
}

fn dense(to: u32) -> UidArray {
    UidArray::from_set(&UidSet::range(Uid::MIN..=uid(to)))
}

#[test]
fn every_uid_there_is() {
    let mut array = dense(u32::MAX);
    assert_eq!((array.len(), array.last()), (u32::MAX, Some(Uid::MAX)));
    assert_eq!(array.seq(Uid::MAX), Some(Seq::MAX));
    assert_eq!(array.uid(Seq::MAX), Some(Uid::MAX));
    assert_eq!(UidArray::decode(&array.encode()), Ok(array.clone()));
    array.push_range(Uid::MIN..=Uid::MAX);
    assert_eq!(array.len(), u32::MAX);
    array.remove(&UidSet::single(Uid::MAX));
    assert_eq!(array.complement(Uid::MAX), UidSet::single(Uid::MAX));
    array.remove(&UidSet::range(Uid::MIN..=Uid::MAX));
    assert!(array.is_empty() && array.first().is_none() && array.to_set().is_empty());
}

#[test]
fn a_dense_million_takes_a_few_bytes() {
    let array = dense(1_000_000);
    assert!(array.memory() < 100, "{} bytes", array.memory());
    assert!(array.encode().len() < 12);
}

#[test]
fn no_pattern_of_holes_takes_more_than_300_kilobytes_a_million() {
    for every in [2, 3, 5, 10, 50, 100, 120, 127, 128, 129, 150, 300] {
        // One hole after so many messages, and one message before so many holes.
        let holes = UidSet::from_iter((1..1_000_000).step_by(every).map(uid));
        let mut array = dense(1_000_000);
        array.remove(&holes);
        assert!(array.memory() < 300_000, "hole of {every}: {} bytes", array.memory());
        let array = UidArray::from_set(&holes);
        assert!(array.memory() < 300_000, "one of {every}: {} bytes", array.memory());
        assert!(array.encode().len() < 300_000);
    }
}

/// One UID of `n`, at random, carries about `log2(n) + 1.44` bits.
#[test]
fn rare_uids_take_little_more_than_they_say() {
    for one_in in [6_u32, 10, 30, 100, 1000, 4000] {
        let mut dice = 1_u32;
        let stays = |_: &u32| {
            dice ^= dice << 13;
            dice ^= dice >> 17;
            dice ^= dice << 5;
            dice.is_multiple_of(one_in)
        };
        let uids = set((1..100_000 * one_in).filter(stays));
        let array = UidArray::from_set(&uids);
        let bits = f64::from(one_in).log2() + 2.6;
        let most = f64::from(array.len()) * bits / 8.0;
        assert!((array.memory() as f64) < most, "one of {one_in}: {} bytes", array.memory());
        let mut grown = UidArray::new();
        uids.iter().for_each(|uid| grown.push_range(uid..=uid));
        assert!((grown.memory() as f64) < most * 1.1, "grown: {} bytes", grown.memory());
        assert!(array.encode().len() < 2 * array.len() as usize);
    }
}

#[test]
fn a_constant_distance_takes_a_few_bytes() {
    for step in [2, 30, 1000] {
        let uids = UidSet::from_iter((1..1_000_000 * step).step_by(step as usize).map(uid));
        let mut array = UidArray::from_set(&uids);
        assert!(array.memory() < 4000 && array.encode().len() < 400, "{} bytes", array.memory());
        let gone = UidSet::from_iter([1, 1 + step, 1 + 500_000 * step].map(uid));
        array.remove(&gone);
        assert!(array.memory() < 8000, "{} bytes", array.memory());
        assert_eq!(array.to_set(), uids.difference(&gone));
    }
}

#[test]
fn what_thins_out_shrinks() {
    let half = (1..200_000_u32).filter(|uid| uid.wrapping_mul(2_654_435_761) >> 31 == 1);
    let mut array = UidArray::from_set(&set(half));
    let before = array.memory();
    for modulus in [3, 7, 11, 13, 31, 101] {
        let gone = array.iter().filter(|uid| uid.get() % modulus != 1);
        let gone = gone.collect();
        array.remove(&gone);
    }
    assert!(!array.is_empty() && array.memory() * 20 < before, "{} bytes", array.memory());
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    let mut array = UidArray::from_set(&set((1..1000).step_by(2)));
    let was = array.clone();
    array.remove(&set((2..1000).step_by(2)));
    array.remove(&UidSet::range(uid(5000)..=Uid::MAX));
    array.remove(&UidSet::new());
    assert_eq!(array, was);
}

#[test]
fn pushes_below_the_last_are_ignored() {
    let mut array = dense(10);
    array.push_range(uid(3)..=uid(7));
    array.push_range(uid(9)..=uid(8));
    assert_eq!(array.len(), 10);
    array.push_range(uid(5)..=uid(12));
    assert_eq!(array, dense(12));
}

#[test]
fn a_newer_version_is_named() {
    assert_eq!(UidArray::decode(&[9, 0]), Err(DecodeError::Version(9)));
    assert_eq!(UidArray::decode(&[]), Err(DecodeError::Truncated));
}

/// As earlier releases stored it: 1 to 5, and 8, 9 and 11 as a bitmap.
#[test]
fn version_1_is_read() {
    let bytes = [1, 8, 0, 4, 2 << 1 | 1, 1, 0b1011, 0, 0, 0, 0, 0, 0, 0];
    let array = UidArray::decode(&bytes).unwrap();
    assert_eq!(array.to_set(), set([1, 2, 3, 4, 5, 8, 9, 11]));
}

#[test]
fn a_false_length_of_a_bitmap_allocates_nothing() {
    // Length 5, a bitmap at 1 of 4,294,967,295 words, in both versions; so many distances.
    for bytes in [[1, 5, 1], [2, 5, 1], [2, 5, 2]] {
        let bytes = [&bytes[..], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
        assert_eq!(UidArray::decode(&bytes), Err(DecodeError::Truncated));
    }
}

/// RFC 10022: every UID is in one batch, each batch but the last holds as many as was asked.
#[test]
fn batches_from_the_newest_down() {
    let batches = |uids: &UidArray, size, which| {
        let size = NonZeroU32::new(size).unwrap();
        let batches = uids.batches(size, which).map(|b| (b.start().get(), b.end().get()));
        batches.collect::<Vec<_>>()
    };
    let array =
        |uids: &[u32]| UidArray::from_set(&uids.iter().copied().filter_map(Uid::new).collect());
    let ten = array(&[2, 3, 5, 8, 13, 21, 34, 55, 89, 144]);
    assert_eq!(batches(&ten, 4, 1..=u32::MAX), [(34, 144), (5, 33), (1, 4)]);
    assert_eq!(batches(&ten, 4, 2..=2), [(5, 33)]);
    assert_eq!(batches(&ten, 5, 1..=9), [(21, 144), (1, 20)]);
    assert_eq!(batches(&ten, 10, 1..=1), [(1, 144)]);
    assert_eq!(batches(&ten, u32::MAX, 1..=3), [(1, 144)]);
    assert!(batches(&ten, 4, 4..=9).is_empty());
    assert!(batches(&array(&[]), 4, 1..=9).is_empty());
    assert_eq!(batches(&array(&[7]), 1, 1..=9), [(1, 7)]);
}
