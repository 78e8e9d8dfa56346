//! A stored byte is altered: reading gives an error, `check` says where, and wrong bytes are never
//! given out.

use std::fs;
use std::path::Path;

use mailstore::backends::embedded::{self, Embedded};
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::Want;
use mailstore::store::{Fault, StoreError};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Access, Error, Mailstore, Settings};
use rusqlite::Connection;

use super::power_loss::Dice;
use super::workload::{Id, deliver};

/// In the first account: a small message, one with a blob that the ledger keeps, one with a file.
const MESSAGES: [Id; 3] =
    [Id { writer: 0, number: 1 }, Id { writer: 0, number: 27 }, Id { writer: 0, number: 33 }];

fn account() -> AccountId {
    MESSAGES[0].account()
}

fn open(dir: &Path) -> Result<Mailstore, String> {
    let embedded = Embedded::open(dir).map_err(|error| error.to_string())?;
    Ok(Mailstore::new(embedded.backend(), Settings::default()))
}

#[tokio::main(flavor = "current_thread")]
async fn fill(dir: &Path) {
    let store = open(dir).unwrap();
    for id in MESSAGES {
        deliver(&store, id).await.unwrap();
    }
}

/// Reads one message; also what happened since an empty mailbox, as a session would.
#[tokio::main(flavor = "current_thread")]
async fn read(dir: &Path, uid: u32) -> Result<(), Error> {
    let store = open(dir).unwrap();
    let by = account().into();
    let missing = |what: &'static str| StoreError::unavailable("read", what);
    let inbox = store.select(by, MailboxId::INBOX, Access::ReadOnly).await?;
    let inbox = inbox.ok_or_else(|| missing("the mailbox is not there"))?;
    let uids = UidSet::single(Uid::new(uid).unwrap());
    let page = inbox.fetch(&uids, Want::Email).await?;
    let message = page.messages.first().ok_or_else(|| missing("the message is not there"))?;
    let raw = store.read(message.tree.as_ref().unwrap().plan()).to_bytes().await?;
    assert_eq!(raw, MESSAGES[uid as usize - 1].message(), "wrong bytes of UID {uid}");
    Ok(())
}

fn is_corrupt(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::Store(error)) if error.fault == Fault::Corrupt)
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Flips one bit in a column of a row, at each of some places; then a read of that message must
/// fail as corrupt, and so must a check.
fn every_bit_counts((select, update): (&str, &str), uid: u32) {
    let dir = tempfile::tempdir().unwrap();
    let (whole, altered) = (dir.path().join("whole"), dir.path().join("altered"));
    fill(&whole);
    assert!(read(&whole, uid).is_ok());
    let db = Connection::open(whole.join("mail.sqlite")).unwrap();
    let (key, value): (i64, Vec<u8>) =
        db.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    drop(db);
    let mut dice = Dice(value.len() as u64);
    let mut places = vec![0, 1, value.len() - 1];
    places.extend((0..12).map(|_| dice.below(value.len())));
    for at in places {
        copy(&whole, &altered);
        let mut value = value.clone();
        value[at] ^= 1 << dice.below(8);
        let db = Connection::open(altered.join("mail.sqlite")).unwrap();
        assert_eq!(db.execute(update, rusqlite::params![key, value]).unwrap(), 1);
        drop(db);
        let result = read(&altered, uid);
        assert!(is_corrupt(&result), "byte {at} of {select}: {result:?}");
        let report = embedded::check(&altered);
        assert!(report.is_err() || !report.unwrap().findings.is_empty(), "byte {at} of {select}");
    }
}

#[test]
fn a_tree() {
    let sql =
        ("SELECT no, tree FROM email WHERE no = 1", "UPDATE email SET tree = ?2 WHERE no = ?1");
    every_bit_counts(sql, 1);
}

#[test]
fn derived_values() {
    let select = "SELECT no, derived FROM email WHERE no = 1";
    every_bit_counts((select, "UPDATE email SET derived = ?2 WHERE no = ?1"), 1);
}

#[test]
fn a_membership() {
    let select = "SELECT key, v FROM membership ORDER BY key LIMIT 1";
    every_bit_counts((select, "UPDATE membership SET v = ?2 WHERE key = ?1"), 1);
}

#[test]
fn a_blob_in_the_ledger() {
    let select = "SELECT rowid, bytes FROM blob WHERE bytes IS NOT NULL";
    every_bit_counts((select, "UPDATE blob SET bytes = ?2 WHERE rowid = ?1"), 2);
}

#[test]
fn a_mailbox() {
    let select = "SELECT no, v FROM mailbox WHERE id = 1";
    every_bit_counts((select, "UPDATE mailbox SET v = ?2 WHERE no = ?1"), 1);
}

#[test]
fn an_account() {
    let select = "SELECT id, v FROM account";
    every_bit_counts((select, "UPDATE account SET v = ?2 WHERE id = ?1"), 1);
}

/// A session that has the mailbox open reads the journal, and is told of nothing that is not so.
#[tokio::test]
async fn the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    deliver(&store, MESSAGES[0]).await.unwrap();
    let by = account().into();
    let inbox = store.select(by, MailboxId::INBOX, Access::ReadOnly).await.unwrap();
    let mut inbox = inbox.unwrap();
    deliver(&store, MESSAGES[1]).await.unwrap();
    let db = Connection::open(dir.path().join("mail.sqlite")).unwrap();
    let select = "SELECT modseq, v FROM journal ORDER BY modseq DESC LIMIT 1";
    let (modseq, mut v): (i64, Vec<u8>) =
        db.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let middle = v.len() / 2;
    v[middle] ^= 4;
    let update = "UPDATE journal SET v = ?2 WHERE modseq = ?1";
    db.execute(update, rusqlite::params![modseq, v]).unwrap();
    let result = inbox.sync().await.map(drop);
    assert!(is_corrupt(&result), "{result:?}");
    assert_eq!(inbox.uids().len(), 1);
    assert!(!embedded::check(dir.path()).unwrap().findings.is_empty());
}

#[test]
fn a_blob_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let mut files = fs::read_dir(dir.path().join("blobs")).unwrap().flat_map(|folder| {
        fs::read_dir(folder.unwrap().path()).unwrap().map(|file| file.unwrap().path())
    });
    let file = files.next().unwrap();
    let whole = fs::read(&file).unwrap();
    let damaged = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let end = whole.len() - 1;
    for bytes in [damaged(0), damaged(end / 2), damaged(end), whole[..end].to_vec(), Vec::new()] {
        fs::write(&file, bytes).unwrap();
        let result = read(dir.path(), 3);
        assert!(is_corrupt(&result), "{result:?}");
        assert_eq!(embedded::check(dir.path()).unwrap().findings.len(), 1);
    }
    fs::remove_file(&file).unwrap();
    assert!(is_corrupt(&read(dir.path(), 3)));
    assert_eq!(embedded::check(dir.path()).unwrap().findings.len(), 1);
    fs::write(&file, whole).unwrap();
    assert!(read(dir.path(), 3).is_ok());
}

/// Anywhere in the database file, also where SQLite keeps its own affairs: what can be read is
/// right, and what cannot is an error that a check finds too.
#[test]
fn any_byte_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, altered) = (dir.path().join("whole"), dir.path().join("altered"));
    fill(&whole);
    let bytes = fs::read(whole.join("mail.sqlite")).unwrap();
    let mut dice = Dice(7);
    let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let mut noticed = 0;
    for _ in 0..150 {
        copy(&whole, &altered);
        let at = used[dice.below(used.len())];
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << dice.below(8);
        fs::write(altered.join("mail.sqlite"), bytes).unwrap();
        if open(&altered).is_err() {
            noticed += 1;
            continue;
        }
        let failed = (1..=3).filter(|uid| read(&altered, *uid).is_err()).count();
        let is_found = match embedded::check(&altered) {
            Ok(report) => !report.findings.is_empty(),
            Err(_) => true,
        };
        assert!(failed == 0 || is_found, "byte {at}: {failed} cannot be read, a check is content");
        noticed += usize::from(is_found);
    }
    assert!(noticed > 50, "only {noticed} of 150 alterations were noticed");
}
