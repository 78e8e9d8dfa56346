//! The body of the fuzz target `mail_key`, run on its seeds, on their beginnings, and on each with one
//! byte changed.
#![cfg(feature = "encryption")]

#[path = "../../fuzz/src/mail_key.rs"]
mod mail_key;

fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/mail_key");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
}

#[test]
fn seeds_and_what_is_near_them() {
    let seeds = seeds();
    assert!(seeds.len() >= 6);
    for seed in seeds {
        mail_key::run(&seed);
        for at in (0..seed.len()).step_by(3) {
            mail_key::run(&seed[..at]);
            for byte in [0, 0x80, 0xff] {
                let mut changed = seed.clone();
                changed[at] = byte;
                mail_key::run(&changed);
            }
        }
    }
}
