//! The contents of messages. New ones stand in the table `email`; the sweep moves them, packed, to
//! the table `packed`, where they lie close together.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use super::connection::Failure;
use super::packing::{self, Packing};
use crate::id::{AccountId, EmailId};
use crate::message::{Email, Want};
use crate::mime::{Derived, MimeTree};
use crate::pack::DecodeError;

/// The number of an email in the database: ascending, over all accounts.
pub(super) type EmailNo = i64;

/// A row of either table.
pub(super) struct Stored {
    pub(super) account: i64,
    pub(super) id: EmailId,
    pub(super) derived: Bytes,
    pub(super) tree: Bytes,
}

/// What the checksums of an email are bound to.
fn context(id: EmailId) -> u64 {
    id.0 as u64
}

pub(super) fn decode_tree(sealed: &Bytes, id: EmailId) -> Result<MimeTree, Failure> {
    Ok(MimeTree::decode(packing::unseal(sealed, context(id))?)?)
}

pub(super) fn decode_derived(sealed: &Bytes, id: EmailId) -> Result<Derived, Failure> {
    let wrong = DecodeError { at: 0, expected: "derived values" };
    Ok(Derived::decode(&packing::unseal(sealed, context(id))?).ok_or(wrong)?)
}

/// Inserts a new email under a number.
pub(super) fn insert(
    db: &Connection,
    no: EmailNo,
    account: AccountId,
    email: &Email,
) -> Result<(), Failure> {
    let seal = |plain: &[u8]| packing::seal(plain, context(email.id), Packing::Plain);
    let (derived, tree) = (seal(&email.derived.encode()), seal(&email.tree.encode()));
    db.prepare_cached(
        "INSERT INTO email (no, account, id, derived, tree) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![no, account.get(), email.id.to_bytes(), derived, tree])?;
    Ok(())
}

/// The last number given out.
pub(super) fn last_no(db: &Connection) -> Result<EmailNo, Failure> {
    let sql = "SELECT max(ifnull((SELECT max(no) FROM email), 0),
                          ifnull((SELECT max(no) FROM packed), 0))";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// The number of an email.
pub(super) fn number(
    db: &Connection,
    account: AccountId,
    id: EmailId,
) -> Result<Option<EmailNo>, Failure> {
    for sql in [
        "SELECT no FROM email WHERE account = ?1 AND id = ?2",
        "SELECT no FROM packed WHERE account = ?1 AND id = ?2",
    ] {
        let ids = params![account.get(), id.to_bytes()];
        let no = db.prepare_cached(sql)?.query_row(ids, |row| row.get(0)).optional()?;
        if no.is_some() {
            return Ok(no);
        }
    }
    Ok(None)
}

/// The derived values and the tree of an email, as they are stored; empty where not wanted.
pub(super) fn columns(
    db: &Connection,
    no: EmailNo,
    want: Want,
) -> Result<Option<(Bytes, Bytes)>, Failure> {
    let [new, old] = match want {
        Want::Email => [
            "SELECT derived, tree FROM email WHERE no = ?1",
            "SELECT derived, tree FROM packed WHERE no = ?1",
        ],
        Want::Tree => [
            "SELECT x'', tree FROM email WHERE no = ?1",
            "SELECT x'', tree FROM packed WHERE no = ?1",
        ],
        Want::Row | Want::Derived => [
            "SELECT derived, x'' FROM email WHERE no = ?1",
            "SELECT derived, x'' FROM packed WHERE no = ?1",
        ],
    };
    for sql in [new, old] {
        let read = |row: &rusqlite::Row<'_>| Ok((blob(row, 0)?, blob(row, 1)?));
        let found = db.prepare_cached(sql)?.query_row([no], read).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Removes an email; returns what it was.
pub(super) fn remove(db: &Connection, no: EmailNo) -> Result<Option<Stored>, Failure> {
    for sql in [
        "DELETE FROM email WHERE no = ?1 RETURNING account, id, derived, tree",
        "DELETE FROM packed WHERE no = ?1 RETURNING account, id, derived, tree",
    ] {
        let found = db.prepare_cached(sql)?.query_row([no], stored).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Moves an email to the packed ones.
pub(super) fn pack(db: &Connection, no: EmailNo) -> Result<(), Failure> {
    let Some(Stored { account, id, derived, tree }) = remove(db, no)? else { return Ok(()) };
    let repack = |sealed: &Bytes| match packing::unseal(sealed, context(id)) {
        Ok(plain) => packing::seal(&plain, context(id), Packing::Zstd).into(),
        Err(error) => {
            // It stays as it is, for whoever repairs it.
            tracing::error!(%id, %error, "an email cannot be packed");
            sealed.clone()
        }
    };
    db.prepare_cached(
        "INSERT INTO packed (no, account, id, derived, tree) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        no,
        account,
        id.to_bytes(),
        &repack(&derived)[..],
        &repack(&tree)[..]
    ])?;
    Ok(())
}

pub(super) fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        account: row.get(0)?,
        id: EmailId::from_bytes(row.get(1)?),
        derived: blob(row, 2)?,
        tree: blob(row, 3)?,
    })
}

fn blob(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    Ok(Bytes::copy_from_slice(row.get_ref(column)?.as_blob()?))
}
