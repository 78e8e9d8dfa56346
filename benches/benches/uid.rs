//! UID arrays of a million messages: both lookups, a removal of 1,000, and the bytes they take.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mailstore::uid::{Seq, Uid, UidArray, UidSet};

const MILLION: u32 = 1_000_000;

/// A fixed sequence that looks random (xorshift).
struct Noise(u32);

impl Iterator for Noise {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        Some(self.0)
    }
}

/// The first million UIDs of those that stay.
fn array(stays: impl FnMut(&u32) -> bool) -> UidArray {
    UidArray::from_set(&(1..).filter(stays).take(MILLION as usize).filter_map(Uid::new).collect())
}

fn patterns() -> Vec<(&'static str, UidArray)> {
    let (mut tenth, mut coin) = (Noise(1), Noise(2));
    let (mut rare, mut rarer) = (Noise(3), Noise(4));
    vec![
        ("dense", array(|_| true)),
        ("tenth gone", array(|_| tenth.next().is_some_and(|n| n % 10 != 0))),
        ("alternating", array(|uid| uid % 2 == 0)),
        ("random half", array(|_| coin.next().is_some_and(|n| n % 2 == 0))),
        ("hole every 130", array(|uid| uid % 130 != 0)),
        ("one in thirty", array(|_| rare.next().is_some_and(|n| n % 30 == 0))),
        ("one in a hundred", array(|_| rarer.next().is_some_and(|n| n % 100 == 0))),
        ("every thirtieth", array(|uid| uid % 30 == 0)),
    ]
}

fn lookups(c: &mut Criterion) {
    for (name, array) in patterns() {
        println!("{name}: {} bytes, stored {}", array.memory(), array.encode().len());
        let seqs: Vec<Seq> =
            Noise(7).filter_map(|n| Seq::new(n % MILLION + 1)).take(4096).collect();
        let uids: Vec<Uid> = seqs.iter().filter_map(|seq| array.uid(*seq)).collect();
        let mut group = c.benchmark_group(name);
        let mut at = seqs.iter().cycle();
        group.bench_function("seq to uid", |b| {
            b.iter(|| at.next().and_then(|seq| array.uid(black_box(*seq))));
        });
        let mut at = uids.iter().cycle();
        group.bench_function("uid to seq", |b| {
            b.iter(|| at.next().and_then(|uid| array.seq(black_box(*uid))));
        });
        let scattered: UidSet = uids.iter().copied().take(1000).collect();
        let first = seqs.first().map_or(1, |seq| seq.get() / 2 + 1);
        let numbers = Uid::new(first).zip(Uid::new(first + 999));
        let together = numbers.map(|(from, to)| array.uids_at(&UidSet::range(from..=to)));
        for (kind, gone) in [("scattered", Some(scattered)), ("together", together)] {
            let gone = gone.unwrap_or_default();
            group.bench_function(format!("remove 1,000 {kind}"), |b| {
                b.iter_batched_ref(
                    || unshared(&array),
                    |a| a.remove(&gone),
                    BatchSize::PerIteration,
                );
            });
            group.bench_function(format!("remove 1,000 {kind} from a shared one"), |b| {
                b.iter_batched_ref(|| array.clone(), |a| a.remove(&gone), BatchSize::PerIteration);
            });
        }
        group.finish();
    }
}

/// The same UIDs, sharing nothing.
fn unshared(array: &UidArray) -> UidArray {
    UidArray::decode(&array.encode()).unwrap_or_default()
}

criterion_group!(benches, lookups);
criterion_main!(benches);
