//! The seeds of fuzz targets, and what is near them.

use std::path::Path;

/// The seeds of a fuzz target, which lie in the repository's `fuzz/seeds`.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// Runs the body of a fuzz target on its seeds, on all that they begin with, and on each with every
/// byte turned into each of these. There must be at least so many seeds.
pub fn near(target: &str, at_least: usize, bytes: &[u8], run: impl Fn(&[u8])) {
    let seeds = seeds(target);
    assert!(seeds.len() >= at_least, "{target} has {} seeds", seeds.len());
    for seed in seeds {
        run(&seed);
        for at in 0..seed.len() {
            run(&seed[..at]);
            for byte in bytes {
                let mut altered = seed.clone();
                altered[at] = *byte;
                run(&altered);
            }
        }
    }
}
