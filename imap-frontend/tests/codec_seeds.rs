//! The bodies of the fuzz targets `imap_command` and `imap_url`, run on their seeds, on their halves,
//! and on each with one byte changed.

#[path = "../../fuzz/src/imap_command.rs"]
mod imap_command;
#[path = "../../fuzz/src/imap_url.rs"]
mod imap_url;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/../fuzz/seeds/{target}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
}

fn near(seeds: Vec<Vec<u8>>, bytes: &[u8], run: impl Fn(&[u8])) {
    for seed in seeds {
        run(&seed);
        for at in 0..seed.len() {
            run(&seed[..at]);
            for byte in bytes {
                let mut changed = seed.clone();
                changed[at] = *byte;
                run(&changed);
            }
        }
    }
}

#[test]
fn seeds_and_what_is_near_them() {
    let seeds = seeds("imap_command");
    assert!(seeds.len() >= 7);
    near(seeds, &[b'\n', b'{', b')', b'"', 0, 0xff], imap_command::run);
}

#[test]
fn urls_and_what_is_near_them() {
    let seeds = seeds("imap_url");
    assert!(seeds.len() >= 5);
    near(seeds, &[b'%', b'/', b';', b'=', b'@', b'.', b'0', 0, 0xff], imap_url::run);
}
