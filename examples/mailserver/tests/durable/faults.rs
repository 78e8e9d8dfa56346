//! A disk that is full and bytes that were altered: NO and 4xx, an error in the log, never an OK,
//! never wrong bytes; and when there is room again all goes on.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use super::book::Book;
use super::peer::{Imap, Lmtp, new_uid};
use super::shim::{Shim, control};
use super::site;
use super::workload::{Deed, Done, Id, Line};

#[test]
fn a_full_disk() {
    let site = site();
    let shim_dir = tempfile::tempdir().unwrap();
    let shim = Shim::new(shim_dir.path());
    let (room, data) = (shim_dir.path().join("control"), site.data().canonicalize().unwrap());
    control(&room, -1, 0);
    let server = site.serve_in(&[
        ("LD_PRELOAD", shim.library.as_path()),
        ("RECORD_ROOT", data.as_path()),
        ("RECORD_CONTROL", room.as_path()),
    ]);
    let mut imap = Imap::open(server.place("imap"), 1).unwrap();
    let mut lmtp = Lmtp::open(server.place("lmtp")).unwrap();
    let (mut book, mut number) = (Book::default(), 0);
    for (bytes, sync_fails) in [(0, 0), (3_000, 0), (100_000, 0), (-1, 1)] {
        control(&room, -1, 0);
        for _ in 0..25 {
            let is_there = offer(&mut imap, &mut lmtp, (&mut book, &mut number));
            assert!(is_there, "there is room, but message {number} was not taken");
        }
        control(&room, bytes, sync_fails);
        let refused = (0..60).filter(|_| !offer(&mut imap, &mut lmtp, (&mut book, &mut number)));
        assert!(refused.count() > 20);
        assert!(site.log().contains("ERROR"), "{}", site.log());
    }
    control(&room, -1, 0);
    assert!(offer(&mut imap, &mut lmtp, (&mut book, &mut number)));
    server.stop(Signal::TERM);
    assert_eq!(book.verify(&site.data()), Ok(()));
}

/// Offers a message, in turn over IMAP and LMTP; was it taken? If not, it is not there.
fn offer(imap: &mut Imap, lmtp: &mut Lmtp, (book, number): (&mut Book, &mut u32)) -> bool {
    *number += 1;
    let id = Id { writer: 0, number: *number };
    let uid = if number.is_multiple_of(2) {
        let answer = imap.append(&id.message()).unwrap();
        let uid = new_uid(&answer);
        assert!(uid.is_some() || answer.contains("x NO "), "{answer}");
        uid
    } else {
        let answer = lmtp.deliver(1, &id.message()).unwrap();
        assert!(answer.starts_with("250 ") || answer.starts_with('4'), "{answer}");
        answer.starts_with("250 ").then_some(0)
    };
    if let Some(uid) = uid {
        book.line(Line { id, deed: Deed::Append, done: Done::Acknowledged(uid) }).unwrap();
    }
    uid.is_some()
}

#[test]
fn altered_bytes() {
    // A small message, and one that is a file of two chunks.
    let messages = [Id { writer: 0, number: 1 }, Id { writer: 0, number: 33 }];
    let site = site();
    let server = site.serve();
    let mut lmtp = Lmtp::open(server.place("lmtp")).unwrap();
    for id in messages {
        assert!(lmtp.deliver(1, &id.message()).unwrap().starts_with("250 "));
    }
    assert_eq!(reads(server.place("imap"), &messages), [true, true]);
    server.stop(Signal::TERM);

    flip(&site.data().join("mail.sqlite"), b"the same again");
    assert!(!site.refused(&["check"], "").contains("panicked"));
    let server = site.serve();
    assert_eq!(reads(server.place("imap"), &messages), [false, true]);
    assert!(site.log().contains("ERROR"), "{}", site.log());

    let file = blob(&site.data().join("blobs"));
    let whole = fs::read(&file).unwrap();
    for at in [100, whole.len() - 100] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        assert_eq!(reads(server.place("imap"), &messages), [false, false]);
    }
    fs::write(&file, whole).unwrap();
    assert_eq!(reads(server.place("imap"), &messages), [false, true]);
}

/// Can each be read, each in a session of its own? What is read is never wrong.
fn reads(place: &str, messages: &[Id; 2]) -> [bool; 2] {
    [0, 1].map(|index| {
        let mut imap = Imap::open(place, 1).unwrap();
        match imap.fetch(index as u32 + 1) {
            Ok(Ok(bytes)) => {
                assert_eq!(bytes, messages[index].message());
                true
            }
            Ok(Err(answer)) => {
                assert!(answer.starts_with("x NO "), "{answer}");
                false
            }
            // Closed within the literal.
            Err(_) => false,
        }
    })
}

/// Flips a bit in the last place where a file has this text.
fn flip(file: &Path, text: &[u8]) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.windows(text.len()).rposition(|found| found == text).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn blob(dir: &Path) -> std::path::PathBuf {
    let folders = fs::read_dir(dir).unwrap();
    let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let mut files = files.map(|file| file.unwrap().path());
    files.next().unwrap()
}
