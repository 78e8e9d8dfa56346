//! Packs mail that has lain for a while, and gives free pages back to the file system.

use rusqlite::{OptionalExtension, params};

use super::connection::Failure;
use super::email::{self, Packing};
use super::write::Transaction;
use crate::id::EmailId;
use crate::pack::{Packer, Unpacker};
use crate::time::Timestamp;

/// Most bytes packed in one step: some 20 ms of work.
const STEP: usize = 512 << 10;
/// Most pages given back in one step.
const PAGES: u32 = 256;
/// The property, of no account, that says up to which number emails have been packed.
const PACKED: &str = "packed";
const NOBODY: i64 = -1;

/// Was there all that could be done, or is there more?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Done,
}

/// Packs the next emails that came before a moment. Numbers ascend with time, so one number says
/// how far this has come.
pub(super) fn pack(t: &Transaction<'_>, before: Timestamp) -> Result<Progress, Failure> {
    let packed_to = packed_to(t)?;
    let mut statement =
        t.db.prepare_cached("SELECT no, id, tree FROM email WHERE no > ?1 ORDER BY no LIMIT 256")?;
    let mut rows = statement.query([packed_to])?;
    let (mut last, mut bytes) = (packed_to, 0);
    while bytes < STEP
        && let Some(row) = rows.next()?
    {
        let id = EmailId::from_bytes(row.get(1)?);
        if id.time() >= before {
            break;
        }
        last = row.get(0)?;
        let stored = row.get::<_, Vec<u8>>(2)?;
        bytes += stored.len();
        pack_one(t, last, id, stored)?;
    }
    drop(rows);
    if last == packed_to {
        return Ok(Progress::Done);
    }
    let mut packer = Packer::default();
    packer.signed(last);
    t.db.prepare_cached(
        "INSERT OR REPLACE INTO property (account, mailbox, key, v) VALUES (?1, 0, ?2, ?3)",
    )?
    .execute(params![NOBODY, PACKED, packer.seal(0)])?;
    Ok(Progress::More)
}

fn pack_one(t: &Transaction<'_>, no: i64, id: EmailId, stored: Vec<u8>) -> Result<(), Failure> {
    let len = stored.len();
    let tree = match email::decode_tree(&stored.into(), id) {
        Ok(tree) => tree,
        Err(error) => {
            // It stays as it is, for whoever repairs it.
            tracing::error!(%id, %error, "an email cannot be packed");
            return Ok(());
        }
    };
    let packed = email::encode_tree(&tree, id, Packing::Zstd);
    if packed.len() < len {
        t.db.prepare_cached("UPDATE email SET tree = ?2 WHERE no = ?1")?
            .execute(params![no, packed])?;
    }
    Ok(())
}

fn packed_to(t: &Transaction<'_>) -> Result<i64, Failure> {
    let v: Option<Vec<u8>> = t
        .db
        .prepare_cached("SELECT v FROM property WHERE account = ?1 AND mailbox = 0 AND key = ?2")?
        .query_row(params![NOBODY, PACKED], |row| row.get(0))
        .optional()?;
    Ok(match v {
        Some(v) => Unpacker::open(&v, 0)?.signed()?,
        None => 0,
    })
}

/// Gives free pages back.
pub(super) fn shrink(t: &Transaction<'_>) -> Result<(), Failure> {
    let mut statement = t.db.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
