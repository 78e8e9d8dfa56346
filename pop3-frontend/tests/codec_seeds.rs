//! The body of the fuzz target `pop3_codec`, run on its seeds, on everything that they begin with,
//! and on each with every byte altered.
#![allow(clippy::unwrap_used)]

#[path = "../../fuzz/src/pop3_codec.rs"]
mod body;

#[test]
fn the_seeds_of_the_fuzz_target() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/pop3_codec");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        for end in 0..=seed.len() {
            body::run(&seed[..end]);
        }
        for at in 0..seed.len() {
            for byte in *b"\0\r\n. \xff9" {
                let mut altered = seed.clone();
                altered[at] = byte;
                body::run(&altered);
            }
        }
        seeds += 1;
    }
    assert!(seeds >= 6, "{seeds}");
}
