//! The body of the fuzz target `accounts`, run on its seeds, on their beginnings, and on each with one
//! byte changed.
#![cfg(feature = "accounts")]

#[path = "../../fuzz/src/accounts.rs"]
mod accounts;

fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/accounts");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
}

#[test]
fn seeds_and_what_is_near_them() {
    let seeds = seeds();
    assert!(seeds.len() >= 11);
    for seed in seeds {
        accounts::run(&seed);
        for at in 0..seed.len() {
            accounts::run(&seed[..at]);
            for byte in [b'$', b'@', b'+', b'.', b'9', 0, 0xff] {
                let mut changed = seed.clone();
                changed[at] = byte;
                accounts::run(&changed);
            }
        }
    }
}
