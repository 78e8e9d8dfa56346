//! Everything that the store does to its files is recorded below the process; then power is lost
//! at many moments, and of what was not synced any part is gone.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::book::Book;
use super::disk::{Disk, Event, Fate, events};
use super::shim::{Shim, again, role};
use super::workload::{self, ACKNOWLEDGED};

/// Up to so many unsynced changes every subset of them is tried.
const EXHAUSTIVE: usize = 3;

#[test]
fn what_was_acknowledged_survives() {
    let test = "power_loss::what_was_acknowledged_survives";
    if let Some(role) = role() {
        let (task, dir) = role.split_once(' ').unwrap();
        return if task == "write" { write(Path::new(dir)) } else { lose_power(Path::new(dir)) };
    }
    let dir = tempfile::tempdir().unwrap();
    let shim = Shim::new(dir.path());
    let (log, later) = (dir.path().join("log"), dir.path().join("later"));
    let mut command = again(test, &format!("write {}", shim.root.display()));
    let done = shim.under(&mut command).env("RECORD_LOG", &log).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::create_dir(&later).unwrap();
    let mut command = again(test, &format!("lose {}", dir.path().display()));
    assert!(shim.without_sync(&mut command, &later).status().unwrap().success());
}

/// Five times the store is opened, written to by all and closed.
fn write(disk: &Path) {
    for round in 0..5 {
        let path = disk.join(ACKNOWLEDGED);
        let book: File = OpenOptions::new().create(true).append(true).open(path).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| start_log_over(disk, &done));
            workload::run(disk, book, (round * 1000 + 7, 7));
            done.store(true, Ordering::Relaxed);
        });
    }
}

/// The log goes into the database and starts over every few commits, as it does in a store that
/// has been written to for longer.
fn start_log_over(disk: &Path, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(1));
        let db = Connection::open_with_flags(
            disk.join("store/mail.sqlite"),
            OpenFlags::SQLITE_OPEN_READ_WRITE,
        );
        // Before the store has been made, and while a commit is under way, it cannot be done.
        let _ = db.and_then(|db| db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())));
    }
}

fn lose_power(dir: &Path) {
    let log = std::fs::read(dir.join("log")).unwrap();
    let (events, dir) = (&events(&log), &dir.join("later"));
    let cuts = how_many("POWER_LOSS_CUTS", 60);
    let mut random = Dice(0x5eed);
    let at: BTreeSet<usize> = match cuts < events.len() {
        true => (0..cuts).map(|_| random.below(events.len())).collect(),
        false => (0..events.len()).collect(),
    };
    let (mut disk, mut book, mut known) = (Disk::default(), Book::default(), None);
    let (mut done, mut states) = (0, 0);
    for cut in at {
        for event in &events[done..=cut] {
            match acknowledged(event, &mut known) {
                Some(lines) => book.read(lines).unwrap(),
                None => disk.apply(event),
            }
        }
        done = cut + 1;
        for fates in fates(disk.unsynced(), &mut random) {
            states += 1;
            let store = dir.join("store");
            let mut dice = Dice(fates.1);
            disk.after_power_loss(dir, &mut || fates.0.next(&mut dice));
            let found = book.clone().verify(&store);
            assert_eq!(
                found,
                Ok(()),
                "power lost after event {cut} of {}, {fates:?}",
                events.len()
            );
        }
    }
    println!("{} events, {} messages, {states} states", events.len(), book.len());
}

/// The lines that the writers wrote down by this event, if that is what it is.
fn acknowledged<'a>(event: &Event<'a>, inode: &mut Option<u64>) -> Option<&'a [u8]> {
    match event {
        Event::Create { inode: new, path: ACKNOWLEDGED } => {
            *inode = Some(*new);
            Some(b"")
        }
        Event::Write { inode: written, bytes, .. } if Some(*written) == *inode => Some(bytes),
        _ => None,
    }
}

/// Which of the unsynced changes are lost.
#[derive(Clone, Copy, Debug)]
enum Pattern {
    All(Fate),
    /// One bit says for each whether it is kept.
    Bits(u64),
    /// So many of a hundred are lost, the others kept or torn.
    Mixed {
        lost: usize,
    },
}

impl Pattern {
    fn next(self, dice: &mut Dice) -> Fate {
        match self {
            Self::All(fate) => fate,
            Self::Bits(bits) => {
                let kept = bits >> (dice.0 % 64) & 1 == 1;
                dice.0 += 1;
                if kept { Fate::Kept } else { Fate::Lost }
            }
            Self::Mixed { lost } => match dice.below(100) {
                roll if roll < lost => Fate::Lost,
                roll if roll % 4 == 0 => Fate::Torn(dice.next()),
                _ => Fate::Kept,
            },
        }
    }
}

/// Patterns to be tried, each with the seed of its dice.
fn fates(unsynced: usize, random: &mut Dice) -> Vec<(Pattern, u64)> {
    if unsynced <= EXHAUSTIVE {
        return (0..1 << unsynced).map(|bits| (Pattern::Bits(bits), 0)).collect();
    }
    let mut patterns = vec![(Pattern::All(Fate::Lost), 0), (Pattern::All(Fate::Kept), 0)];
    for lost in [10, 50, 90] {
        patterns.push((Pattern::Mixed { lost }, random.next()));
    }
    patterns
}

/// How many, as the environment says, or as many as fit into an ordinary run.
pub(crate) fn how_many(name: &str, ordinary: usize) -> usize {
    std::env::var(name).ok().and_then(|count| count.parse().ok()).unwrap_or(ordinary)
}

/// Random numbers, the same for the same seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}
