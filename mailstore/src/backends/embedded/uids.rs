//! The UIDs of a mailbox, without reading all its rows: from what an earlier call found, or from a
//! stored snapshot, brought up to date by the journal.

use rusqlite::{Connection, OptionalExtension, params};

use super::connection::Failure;
use super::row::{self, MailboxNo};
use crate::backends::uids::Known;
use crate::id::{AccountId, MailboxId};
use crate::journal::codec;
use crate::mailbox::Mailbox;
use crate::pack::{Packer, Unpacker};
use crate::uid::{ModSeq, Uid, UidArray};

/// Reads a mailbox's UIDs as they are at `now`, the account's MODSEQ.
pub(super) fn read(
    db: &Connection,
    (account, mailbox, no): (AccountId, &Mailbox, MailboxNo),
    (known, horizon, now): (Option<Known>, ModSeq, ModSeq),
) -> Result<UidArray, Failure> {
    let known = match known {
        Some(known) => Some(known),
        None => stored(db, no, mailbox.uid_validity)?,
    };
    match known.filter(|known| known.is_usable(horizon, now)) {
        Some(known) => catch_up(db, (account, mailbox.id), known),
        None => scan(db, no),
    }
}

/// Replays what happened since.
fn catch_up(
    db: &Connection,
    (account, mailbox): (AccountId, MailboxId),
    mut known: Known,
) -> Result<UidArray, Failure> {
    let mut statement = db.prepare_cached(
        "SELECT v FROM journal WHERE account = ?1 AND modseq > ?2 ORDER BY modseq",
    )?;
    let mut rows = statement.query(params![account.get(), known.modseq.0 as i64])?;
    while let Some(row) = rows.next()? {
        let record = codec::decode(row.get_ref(0)?.as_blob().unwrap_or(&[]))?;
        known.replay(&record, mailbox);
    }
    Ok(known.uids)
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

fn stored(db: &Connection, no: MailboxNo, uid_validity: u32) -> Result<Option<Known>, Failure> {
    let mut statement = db.prepare_cached("SELECT v FROM uids WHERE mailbox = ?1")?;
    let v: Option<Vec<u8>> = statement.query_row([no], |row| row.get(0)).optional()?;
    let Some(v) = v else { return Ok(None) };
    let mut from = Unpacker::open(&v, no as u64)?;
    let modseq = ModSeq(from.number()?);
    let uids = UidArray::decode(from.rest()).map_err(|_| from.error("a UID array"))?;
    Ok(Some(Known { uid_validity, modseq, uids }))
}

/// Stores a snapshot, from which a new process can start.
pub(super) fn store(db: &Connection, no: MailboxNo, known: &Known) -> Result<(), Failure> {
    let mut packer = Packer::default();
    packer.number(known.modseq.0).raw(&known.uids.encode());
    db.prepare_cached("INSERT OR REPLACE INTO uids (mailbox, v) VALUES (?1, ?2)")?
        .execute(params![no, packer.seal(no as u64)])?;
    Ok(())
}
