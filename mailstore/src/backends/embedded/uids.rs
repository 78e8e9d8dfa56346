//! The UIDs of a mailbox, without reading all its rows: from what an earlier call found, or from a
//! stored snapshot, brought up to date by the journal.

use rusqlite::{Connection, OptionalExtension, params};

use super::connection::Failure;
use super::row::{self, MailboxNo};
use crate::id::{AccountId, MailboxId};
use crate::journal::{Event, codec};
use crate::pack::{Packer, Unpacker};
use crate::uid::{ModSeq, Uid, UidArray};

/// A stored snapshot is worth its writing from this many messages on.
const WORTH_STORING: u32 = 4_096;
/// Above this many commits since the snapshot the rows are read instead.
const TAIL: u64 = 100_000;

/// The UIDs of a mailbox as they were after a commit.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The commit.
    pub(super) modseq: ModSeq,
    /// The UIDs then.
    pub(super) uids: UidArray,
}

/// Reads a mailbox's UIDs as they are at `now`, the account's MODSEQ.
pub(super) fn read(
    db: &Connection,
    (account, mailbox, no): (AccountId, MailboxId, MailboxNo),
    (known, horizon, now): (Option<Known>, ModSeq, ModSeq),
) -> Result<UidArray, Failure> {
    let known = match known {
        Some(known) => Some(known),
        None => stored(db, no)?,
    };
    let usable = known
        .filter(|known| known.modseq >= horizon && known.modseq <= now)
        .filter(|known| now.0 - known.modseq.0 <= TAIL);
    match usable {
        Some(known) => catch_up(db, (account, mailbox), known),
        None => scan(db, no),
    }
}

/// Replays what happened since.
fn catch_up(
    db: &Connection,
    (account, mailbox): (AccountId, MailboxId),
    Known { modseq, mut uids }: Known,
) -> Result<UidArray, Failure> {
    let mut statement = db.prepare_cached(
        "SELECT v FROM journal WHERE account = ?1 AND modseq > ?2 ORDER BY modseq",
    )?;
    let mut rows = statement.query(params![account.get(), modseq.0 as i64])?;
    while let Some(row) = rows.next()? {
        let record = codec::decode(row.get_ref(0)?.as_blob().unwrap_or(&[]))?;
        for entry in record.entries.iter().filter(|entry| entry.mailbox == mailbox) {
            match &entry.event {
                Event::Arrived(range) => uids.push_range(range.clone()),
                Event::Expunged(gone) => uids.remove(gone),
                Event::Flags(_) | Event::Mailbox(_) | Event::Property => {}
            }
        }
    }
    Ok(uids)
}

fn scan(db: &Connection, no: MailboxNo) -> Result<UidArray, Failure> {
    let keys = [row::key(no, Uid::MIN), row::key(no, Uid::MAX)];
    let mut statement =
        db.prepare_cached("SELECT key FROM membership WHERE key BETWEEN ?1 AND ?2 ORDER BY key")?;
    let mut rows = statement.query(keys)?;
    let mut uids = UidArray::default();
    let mut run: Option<(Uid, Uid)> = None;
    while let Some(found) = rows.next()? {
        let Some(uid) = row::uid_of(found.get(0)?) else { continue };
        run = match run {
            Some((from, to)) if to.get() + 1 == uid.get() => Some((from, uid)),
            Some((from, to)) => {
                uids.push_range(from..=to);
                Some((uid, uid))
            }
            None => Some((uid, uid)),
        };
    }
    if let Some((from, to)) = run {
        uids.push_range(from..=to);
    }
    Ok(uids)
}

fn stored(db: &Connection, no: MailboxNo) -> Result<Option<Known>, Failure> {
    let mut statement = db.prepare_cached("SELECT v FROM uids WHERE mailbox = ?1")?;
    let v: Option<Vec<u8>> = statement.query_row([no], |row| row.get(0)).optional()?;
    let Some(v) = v else { return Ok(None) };
    let mut from = Unpacker::open(&v, no as u64)?;
    let modseq = ModSeq(from.number()?);
    let uids = UidArray::decode(from.rest()).map_err(|_| from.error("a UID array"))?;
    Ok(Some(Known { modseq, uids }))
}

/// Is a snapshot of these UIDs worth storing?
pub(super) fn is_worth_storing(uids: &UidArray) -> bool {
    uids.len() >= WORTH_STORING
}

/// Stores a snapshot, from which a new process can start.
pub(super) fn store(db: &Connection, no: MailboxNo, known: &Known) -> Result<(), Failure> {
    let mut packer = Packer::default();
    packer.number(known.modseq.0).raw(&known.uids.encode());
    db.prepare_cached("INSERT OR REPLACE INTO uids (mailbox, v) VALUES (?1, ?2)")?
        .execute(params![no, packer.seal(no as u64)])?;
    Ok(())
}
