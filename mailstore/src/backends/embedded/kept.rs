//! Blobs that the database itself keeps.

use std::ops::Range;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use super::connection::Failure;
use super::packing::{self, Packing};
use crate::blob::Digest;

/// What the checksum of a blob is bound to.
fn context(digest: Digest) -> u64 {
    digest.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Stores a blob, unless it is there.
pub(super) fn insert(db: &Connection, digest: Digest, bytes: &[u8]) -> Result<(), Failure> {
    let known: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM blob WHERE digest = ?1)")?
        .query_row([digest.0], |row| row.get(0))?;
    if !known {
        let sealed = packing::seal(bytes, context(digest), Packing::Plain);
        db.prepare_cached("INSERT INTO blob (digest, bytes) VALUES (?1, ?2)")?
            .execute(params![digest.0, sealed])?;
    }
    Ok(())
}

/// A range of a blob.
pub(super) fn read(db: &Connection, digest: Digest, range: Range<u64>) -> Result<Bytes, Failure> {
    let missing = || Failure::Missing(format!("blob {digest}"));
    let sealed: Option<Option<Vec<u8>>> = db
        .prepare_cached("SELECT bytes FROM blob WHERE digest = ?1")?
        .query_row([digest.0], |row| row.get(0))
        .optional()?;
    let plain = unseal(digest, sealed.flatten().ok_or_else(missing)?)?;
    if range.start > range.end || range.end > plain.len() as u64 {
        return Err(missing());
    }
    Ok(plain.slice(range.start as usize..range.end as usize))
}

/// The bytes of a stored blob.
pub(super) fn unseal(digest: Digest, sealed: Vec<u8>) -> Result<Bytes, Failure> {
    Ok(packing::unseal(&sealed.into(), context(digest))?)
}

/// Packs the next blobs after a row, at most so many bytes of them; returns the last row packed.
pub(super) fn pack(db: &Connection, after: i64, most: usize) -> Result<Option<i64>, Failure> {
    let mut statement = db.prepare_cached(
        "SELECT rowid, digest, bytes FROM blob
         WHERE rowid > ?1 AND bytes IS NOT NULL ORDER BY rowid LIMIT 64",
    )?;
    let mut rows = statement.query([after])?;
    let (mut last, mut bytes) = (None, 0);
    while bytes < most
        && let Some(row) = rows.next()?
    {
        let (no, digest): (i64, _) = (row.get(0)?, Digest(row.get(1)?));
        let sealed: Vec<u8> = row.get(2)?;
        bytes += sealed.len();
        last = Some(no);
        match unseal(digest, sealed) {
            Ok(plain) => {
                let sealed = packing::seal(&plain, context(digest), Packing::Zstd);
                db.prepare_cached("UPDATE blob SET bytes = ?2 WHERE rowid = ?1")?
                    .execute(params![no, sealed])?;
            }
            // It stays as it is, for whoever repairs it.
            Err(error) => tracing::error!(%digest, %error, "a blob cannot be packed"),
        }
    }
    Ok(last)
}
