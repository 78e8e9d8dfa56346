//! What is written through the VFS is what SQLite would have written, and in time.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};
use tempfile::TempDir;

fn open(path: &Path) -> Connection {
    let vfs = sqlite_wal::register().unwrap();
    set_up(Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs).unwrap())
}

fn set_up(db: Connection) -> Connection {
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS letter (no INTEGER PRIMARY KEY, text BLOB)",
    )
    .unwrap();
    db
}

fn insert(db: &Connection, no: i64, len: usize) {
    db.execute("INSERT INTO letter VALUES (?1, ?2)", params![no, vec![no as u8; len]]).unwrap();
}

/// How many letters there are, all of them whole.
fn count(db: &Connection) -> i64 {
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let mut letters = db.prepare("SELECT no, text FROM letter").unwrap();
    let mut rows = letters.query([]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        let (no, text): (i64, Vec<u8>) = (row.get(0).unwrap(), row.get(1).unwrap());
        assert!(text.iter().all(|byte| *byte == no as u8), "{no}");
        count += 1;
    }
    count
}

fn place() -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letters");
    (dir, path)
}

/// How often this thread has called the system to write.
#[cfg(target_os = "linux")]
fn writes() -> u64 {
    let io = fs::read_to_string("/proc/thread-self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("syscw: ")).unwrap();
    line.parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_transaction_is_written_at_once() {
    let of_one = |db: Connection| {
        insert(&db, 1, 30_000);
        let before = writes();
        insert(&db, 2, 30_000);
        writes() - before
    };
    let (_dir, path) = place();
    assert_eq!(of_one(open(&path)), 1);
    let (_dir, path) = place();
    assert!(of_one(set_up(Connection::open(path).unwrap())) > 10);
}

#[test]
#[cfg(target_os = "linux")]
fn a_checkpoint_writes_neighbours_at_once() {
    let of_one = |db: Connection| {
        db.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(())).unwrap();
        (1..=10).for_each(|no| insert(&db, no, 30_000));
        let before = writes();
        db.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
        writes() - before
    };
    let (_dir, path) = place();
    assert!(of_one(open(&path)) < 10);
    let (_dir, path) = place();
    assert!(of_one(set_up(Connection::open(path).unwrap())) > 70);
}

#[test]
fn the_first_transaction_writes_the_header_too() {
    let (_dir, path) = place();
    let db = open(&path);
    insert(&db, 1, 100);
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    insert(&db, 2, 100);
    assert_eq!(count(&Connection::open(path).unwrap()), 2);
}

#[test]
fn a_commit_is_seen_by_others_at_once() {
    let (_dir, path) = place();
    let (db, other) = (open(&path), Connection::open(&path).unwrap());
    db.query_row("PRAGMA wal_autocheckpoint = 50", [], |_| Ok(())).unwrap();
    for no in 1..=200 {
        insert(&db, no, no as usize * 40);
        assert_eq!(count(&other), no);
    }
}

#[test]
fn a_commit_is_in_the_files() {
    let ((dir, path), (copies, copy)) = (place(), place());
    let name = |end: &str| format!("letters{end}");
    let db = open(&path);
    for no in 1..=50 {
        insert(&db, no, no as usize * 400);
        // As a process that is killed leaves them.
        for end in ["", "-wal"] {
            fs::copy(dir.path().join(name(end)), copies.path().join(name(end))).unwrap();
        }
        assert_eq!(count(&Connection::open(&copy).unwrap()), no);
    }
}

#[test]
fn a_long_transaction_takes_several_writes() {
    let (_dir, path) = place();
    let db = open(&path);
    db.execute_batch("BEGIN").unwrap();
    (1..=300).for_each(|no| insert(&db, no, 3_000));
    db.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&Connection::open(path).unwrap()), 300);
}

#[test]
fn what_does_not_fit_the_cache_is_read_back() {
    let (_dir, path) = place();
    let db = open(&path);
    db.execute_batch("PRAGMA cache_size = 8; BEGIN").unwrap();
    for no in 1..=400 {
        insert(&db, no, 3_000);
        if no % 100 == 0 {
            assert_eq!(count(&db), no);
            // What was written already is changed, and written once more.
            db.execute("UPDATE letter SET text = CAST(text || text AS BLOB) WHERE no % 7 = 0", [])
                .unwrap();
            db.execute_batch("SAVEPOINT tried; DELETE FROM letter; ROLLBACK TO tried").unwrap();
        }
    }
    let other = Connection::open(&path).unwrap();
    assert_eq!(count(&other), 0);
    db.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&other), 400);
}

#[test]
fn what_is_rolled_back_leaves_nothing() {
    let (_dir, path) = place();
    let db = open(&path);
    db.execute_batch("PRAGMA cache_size = 8").unwrap();
    for round in 0..5 {
        db.execute_batch("BEGIN").unwrap();
        (1..=200).for_each(|no| insert(&db, round * 1_000 + no, 3_000));
        db.execute_batch("ROLLBACK").unwrap();
        insert(&db, round, 10);
        assert_eq!(count(&Connection::open(&path).unwrap()), round + 1);
    }
}

#[test]
fn what_is_given_up_is_not_written_over_what_others_write() {
    let (_dir, path) = place();
    let (db, other) = (open(&path), set_up(Connection::open(&path).unwrap()));
    db.execute_batch("PRAGMA cache_size = 8").unwrap();
    for round in 0..5 {
        // So that nothing is read from the log.
        db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
        db.execute_batch("BEGIN").unwrap();
        (1..=20).for_each(|no| insert(&db, 1_000 + no, 3_000));
        db.execute_batch("ROLLBACK").unwrap();
        insert(&other, round * 10, 3_000);
        insert(&db, round * 10 + 1, 100);
        assert_eq!(count(&Connection::open(&path).unwrap()), (round + 1) * 2);
    }
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // Xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Changes some letters, within a transaction, and what is known of them.
fn change(db: &Connection, known: &mut BTreeMap<i64, usize>, dice: &mut Dice) {
    for _ in 0..dice.below(30) {
        let (no, len) = (dice.below(200) as i64, dice.below(9_000) as usize);
        db.execute("DELETE FROM letter WHERE no = ?1", [no]).unwrap();
        known.remove(&no);
        if dice.below(3) > 0 {
            insert(db, no, len);
            known.insert(no, len);
        }
    }
}

#[test]
fn it_goes_together_with_sqlites_own() {
    for seed in 1..=4 {
        let (_dir, path) = place();
        let writers = [open(&path), set_up(Connection::open(&path).unwrap()), open(&path)];
        for db in &writers {
            db.execute_batch("PRAGMA cache_size = 8").unwrap();
            db.query_row("PRAGMA wal_autocheckpoint = 30", [], |_| Ok(())).unwrap();
        }
        let reader = Connection::open(&path).unwrap();
        let (mut known, mut dice) = (BTreeMap::new(), Dice(seed));
        for _ in 0..100 {
            let db = &writers[dice.below(3) as usize];
            let mut then = known.clone();
            db.execute_batch("BEGIN IMMEDIATE").unwrap();
            change(db, &mut then, &mut dice);
            match dice.below(4) {
                0 => db.execute_batch("ROLLBACK").unwrap(),
                _ => {
                    db.execute_batch("COMMIT").unwrap();
                    known = then;
                }
            }
            if dice.below(9) == 0 {
                db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            }
            assert_eq!(count(&reader), known.len() as i64);
            let len: i64 = reader
                .query_row("SELECT ifnull(sum(length(text)), 0) FROM letter", [], |row| row.get(0))
                .unwrap();
            assert_eq!(len, known.values().sum::<usize>() as i64);
        }
    }
}
