//! The process is killed at random moments while sixteen writers are at work.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::book::Book;
use super::power_loss::{Dice, how_many};
use super::shim::{again, role};
use super::workload::{self, ACKNOWLEDGED};

#[test]
fn what_was_acknowledged_survives() {
    if let Some(role) = role() {
        let (round, disk) = role.split_once(' ').unwrap();
        return write(Path::new(disk), round.parse().unwrap());
    }
    let dir = tempfile::tempdir().unwrap();
    let (mut book, mut dice) = (Book::default(), Dice(0x516));
    for round in 0..how_many("KILL_ROUNDS", 6) {
        let role = format!("{round} {}", dir.path().display());
        let mut command = again("killed::what_was_acknowledged_survives", &role);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let lines = dir.path().join(ACKNOWLEDGED);
        // Counted from the first acknowledgement on, however long it takes to get there.
        while fs::metadata(&lines).map_or(0, |found| found.len()) < 100 {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(dice.below(400) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        book.read(&fs::read(&lines).unwrap()).unwrap();
        fs::remove_file(&lines).unwrap();
        let found = book.verify(&dir.path().join("store"));
        assert_eq!(found, Ok(()), "after round {round}, {} messages", book.len());
    }
    println!("{} messages", book.len());
}

fn write(disk: &Path, round: u32) {
    let book = File::create(disk.join(ACKNOWLEDGED)).unwrap();
    workload::run(disk, book, (round * 10_000, 10_000));
}
