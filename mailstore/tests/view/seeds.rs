//! The body of the fuzz target `view_replay`, run on its seeds, on their beginnings, on each with
//! one byte changed, and on anything.

use proptest::prelude::*;

#[path = "../../../fuzz/src/view_replay.rs"]
mod view_replay;

#[test]
fn seeds_and_what_is_near_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/view_replay");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        seeds += 1;
        for at in 0..seed.len() {
            view_replay::run(&seed[..at]);
            for byte in [0, 3, 5, 0x80, 0xff] {
                let mut changed = seed.clone();
                changed[at] = byte;
                view_replay::run(&changed);
            }
        }
        view_replay::run(&seed);
    }
    assert!(seeds >= 3, "{seeds}");
}

proptest! {
    #[test]
    fn any_history_is_told_right(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        view_replay::run(&bytes);
    }
}
