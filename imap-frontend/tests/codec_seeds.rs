//! The body of the fuzz target `imap_command`, run on its seeds, on their halves, and on each with
//! one byte changed.

#[path = "../../fuzz/src/imap_command.rs"]
mod imap_command;

fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/imap_command");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
}

#[test]
fn seeds_and_what_is_near_them() {
    let seeds = seeds();
    assert!(seeds.len() >= 7);
    for seed in seeds {
        imap_command::run(&seed);
        for at in 0..seed.len() {
            imap_command::run(&seed[..at]);
            for byte in [b'\n', b'{', b')', b'"', 0, 0xff] {
                let mut changed = seed.clone();
                changed[at] = byte;
                imap_command::run(&changed);
            }
        }
    }
}
