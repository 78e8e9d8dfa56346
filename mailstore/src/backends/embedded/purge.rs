//! Removes what is no longer needed, a bounded step at a time.

use rusqlite::{OptionalExtension, params};

use super::compact::{self, Progress};
use super::connection::Failure;
use super::email::{self, Stored};
use super::row::{self, MailboxNo};
use super::write::Transaction;
use crate::blob::{Digest, ObjectName};
use crate::id::{AccountId, EmailId};
use crate::journal::codec;
use crate::store::{Purge, Purged};
use crate::uid::{ModSeq, Uid};

/// Most rows removed in one step, so that deliveries pass between.
const STEP: usize = 256;

/// Where the next step goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The journals of accounts up to this have been trimmed.
    account: i64,
}

/// One step. There is more while any part of it was full or accounts are left.
pub(super) fn step(
    t: &mut Transaction<'_>,
    purge: &Purge,
    from: Cursor,
) -> Result<(Purged, Cursor), Failure> {
    let mut purged = Purged::default();
    expunged(t, purge, &mut purged)?;
    if !purged.more {
        deleted_mailboxes(t, purge, &mut purged)?;
    }
    pending(t, purge, &mut purged)?;
    let to = trim(t, purge, from)?;
    purged.more |= to != Cursor::default();
    purged.more |= compact::pack(t, purge.pack_before)? == Progress::More;
    purged.more |= compact::shrink(t)? == Progress::More;
    Ok((purged, to))
}

/// Expunged rows whose grace is over.
fn expunged(t: &mut Transaction<'_>, purge: &Purge, purged: &mut Purged) -> Result<(), Failure> {
    let mut statement =
        t.db.prepare_cached("SELECT key, email FROM expunged WHERE at < ?1 LIMIT ?2")?;
    let before = params![purge.expunged_before.millis(), STEP as i64];
    let rows: Vec<(i64, i64)> = statement
        .query_map(before, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    purged.more |= rows.len() == STEP;
    purged.messages += rows.len() as u64;
    for (key, email) in rows {
        t.db.prepare_cached("DELETE FROM expunged WHERE key = ?1")?.execute([key])?;
        release(t, email, purged)?;
    }
    Ok(())
}

/// Mailboxes deleted before the grace, with all their rows.
fn deleted_mailboxes(
    t: &mut Transaction<'_>,
    purge: &Purge,
    purged: &mut Purged,
) -> Result<(), Failure> {
    let mut statement =
        t.db.prepare_cached("SELECT no, account FROM mailbox WHERE gone_at < ?1 LIMIT 1")?;
    let found: Option<(MailboxNo, i64)> = statement
        .query_row([purge.expunged_before.millis()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((no, account)) = found else { return Ok(()) };
    purged.more = true;
    if empty(t, no, purged)? == Emptied::Wholly {
        t.db.execute("DELETE FROM uids WHERE mailbox = ?1", [no])?;
        t.db.execute("DELETE FROM mailbox WHERE no = ?1", [no])?;
        if let Some(account) = AccountId::new(account) {
            t.heads.forget(account);
        }
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Emptied {
    Partly,
    Wholly,
}

/// Removes rows of a mailbox, live and expunged.
fn empty(t: &mut Transaction<'_>, no: MailboxNo, purged: &mut Purged) -> Result<Emptied, Failure> {
    let keys = [row::key(no, Uid::MIN), row::key(no, Uid::MAX)];
    let mut count = 0;
    for (select, delete) in [
        (
            "SELECT key, email FROM membership WHERE key BETWEEN ?1 AND ?2 LIMIT ?3",
            "DELETE FROM membership WHERE key = ?1",
        ),
        (
            "SELECT key, email FROM expunged WHERE key BETWEEN ?1 AND ?2 LIMIT ?3",
            "DELETE FROM expunged WHERE key = ?1",
        ),
    ] {
        let rows: Vec<(i64, i64)> =
            t.db.prepare_cached(select)?
                .query_map(params![keys[0], keys[1], STEP as i64], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<Result<_, _>>()?;
        for (key, email) in &rows {
            t.db.prepare_cached(delete)?.execute([key])?;
            release(t, *email, purged)?;
        }
        count += rows.len();
    }
    purged.messages += count as u64;
    Ok(if count == 0 { Emptied::Wholly } else { Emptied::Partly })
}

/// Removes an email that no row refers to any more, its claims, and blobs that nobody claims.
fn release(t: &Transaction<'_>, no: i64, purged: &mut Purged) -> Result<(), Failure> {
    let used: bool =
        t.db.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM membership WHERE email = ?1)
                 OR EXISTS (SELECT 1 FROM expunged WHERE email = ?1)",
        )?
        .query_row([no], |row| row.get(0))?;
    if used {
        return Ok(());
    }
    let Some(Stored { account, id, tree, .. }) = email::remove(t.db, no)? else { return Ok(()) };
    let tree = email::decode_tree(&tree, id)?;
    for blob in tree.blobs() {
        t.db.prepare_cached("DELETE FROM claim WHERE digest = ?1 AND account = ?2 AND email = ?3")?
            .execute(params![blob.digest.0, account, id.to_bytes()])?;
        drop_unclaimed(t, blob.digest, purged)?;
    }
    Ok(())
}

/// Removes a blob that nobody claims any more.
fn drop_unclaimed(t: &Transaction<'_>, digest: Digest, purged: &mut Purged) -> Result<(), Failure> {
    let gone: Option<Option<String>> =
        t.db.prepare_cached(
            "DELETE FROM blob WHERE digest = ?1
             AND NOT EXISTS (SELECT 1 FROM claim WHERE digest = ?1)
             AND NOT EXISTS (SELECT 1 FROM pending WHERE digest = ?1)
             RETURNING object",
        )?
        .query_row([digest.0], |row| row.get(0))
        .optional()?;
    match gone {
        Some(Some(name)) => purged.objects.push(ObjectName(name)),
        Some(None) => purged.blobs += 1,
        None => {}
    }
    Ok(())
}

/// Claims whose email never came.
fn pending(t: &Transaction<'_>, purge: &Purge, purged: &mut Purged) -> Result<(), Failure> {
    let mut statement = t.db.prepare_cached("SELECT digest, account, email FROM pending")?;
    let claims: Vec<([u8; 32], i64, [u8; 16])> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (digest, account, email) in claims {
        if EmailId::from_bytes(email).time() < purge.claims_before {
            t.db.prepare_cached(
                "DELETE FROM pending WHERE digest = ?1 AND account = ?2 AND email = ?3",
            )?
            .execute(params![digest, account, email])?;
            drop_unclaimed(t, Digest(digest), purged)?;
        }
    }
    Ok(())
}

/// Trims the journals of some accounts: the horizon is raised first, then records go.
fn trim(t: &mut Transaction<'_>, purge: &Purge, from: Cursor) -> Result<Cursor, Failure> {
    let mut statement =
        t.db.prepare_cached("SELECT id FROM account WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let start = if from == Cursor::default() { -1 } else { from.account };
    let ids: Vec<i64> = statement
        .query_map(params![start, STEP as i64], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &ids {
        let Some(account) = AccountId::new(*id) else { continue };
        if trim_account(t, purge, account)? == Emptied::Partly {
            // Again, from just before this account.
            return Ok(Cursor { account: id - 1 });
        }
    }
    let last = ids.last().filter(|_| ids.len() == STEP);
    Ok(last.map_or_else(Cursor::default, |last| Cursor { account: *last }))
}

fn trim_account(
    t: &mut Transaction<'_>,
    purge: &Purge,
    account: AccountId,
) -> Result<Emptied, Failure> {
    let mut statement =
        t.db.prepare_cached("SELECT v FROM journal WHERE account = ?1 ORDER BY modseq LIMIT ?2")?;
    let mut rows = statement.query(params![account.get(), 4 * STEP as i64])?;
    let (mut horizon, mut count) = (ModSeq::ZERO, 0);
    while let Some(row) = rows.next()? {
        let record = codec::decode(row.get_ref(0)?.as_blob().unwrap_or(&[]))?;
        if record.at >= purge.journal_before {
            break;
        }
        horizon = record.modseq;
        count += 1;
    }
    drop(rows);
    if count > 0 {
        let mut head = t.heads.head(t.db, account)?;
        head.horizon = head.horizon.max(horizon);
        t.heads.set_head(t.db, account, head)?;
        t.db.prepare_cached("DELETE FROM journal WHERE account = ?1 AND modseq <= ?2")?
            .execute(params![account.get(), horizon.0 as i64])?;
    }
    Ok(if count == 4 * STEP { Emptied::Partly } else { Emptied::Wholly })
}

/// Removes some of an account; true while there is more. Objects that nothing refers to any more
/// are then orphans, which the sweep finds.
pub(super) fn forget(t: &mut Transaction<'_>, account: AccountId) -> Result<bool, Failure> {
    let mut purged = Purged::default();
    t.heads.forget(account);
    let no: Option<MailboxNo> = t
        .db
        .query_row("SELECT no FROM mailbox WHERE account = ?1 LIMIT 1", [account.get()], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(no) = no {
        if empty(t, no, &mut purged)? == Emptied::Wholly {
            t.db.execute("DELETE FROM uids WHERE mailbox = ?1", [no])?;
            t.db.execute("DELETE FROM mailbox WHERE no = ?1", [no])?;
        }
        return Ok(true);
    }
    for digest in pending_of(t, account)? {
        t.db.execute(
            "DELETE FROM pending WHERE account = ?1 AND digest = ?2",
            params![account.get(), digest],
        )?;
        drop_unclaimed(t, Digest(digest), &mut purged)?;
    }
    for table in ["journal", "property"] {
        t.db.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [account.get()])?;
    }
    t.db.execute("DELETE FROM account WHERE id = ?1", [account.get()])?;
    Ok(false)
}

fn pending_of(t: &Transaction<'_>, account: AccountId) -> Result<Vec<[u8; 32]>, Failure> {
    let mut statement =
        t.db.prepare_cached("SELECT DISTINCT digest FROM pending WHERE account = ?1")?;
    let digests = statement.query_map([account.get()], |row| row.get(0))?;
    Ok(digests.collect::<Result<_, _>>()?)
}
