//! The body of the fuzz target `mime_roundtrip`, run on its seeds, on their beginnings, and on each
//! with one byte changed.

#![allow(clippy::expect_used, reason = "tests")]

#[path = "../../fuzz/src/mime_roundtrip.rs"]
mod mime_roundtrip;

fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/mime_roundtrip");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
}

#[test]
fn seeds_and_what_is_near_them() {
    let seeds = seeds();
    assert!(seeds.len() >= 9);
    for seed in seeds {
        mime_roundtrip::run(&seed);
        for at in 0..seed.len() {
            mime_roundtrip::run(&seed[..at]);
            for byte in [b'\n', b'\r', b'-', b'=', 0, 0xff] {
                let mut changed = seed.clone();
                changed[at] = byte;
                mime_roundtrip::run(&changed);
            }
        }
    }
}
