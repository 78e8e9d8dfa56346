//! Packs mail that has lain for a while, and gives free pages back to the file system.

use rusqlite::{OptionalExtension, params};

use super::connection::Failure;
use super::write::Transaction;
use super::{email, kept};
use crate::id::EmailId;
use crate::pack::{Packer, Unpacker};
use crate::time::Timestamp;

/// Most bytes packed in one step: some 20 ms of work.
const STEP: i64 = 512 << 10;
/// Most pages given back in one step.
const PAGES: u32 = 256;
/// The property, of no account, that says up to which row blobs have been packed.
const PACKED: &str = "packed blobs";
/// The account of properties of the store itself.
pub(super) const NOBODY: i64 = -1;

/// Was there all that could be done, or is there more?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Done,
}

/// Packs the next emails that came before a moment, then blobs.
pub(super) fn pack(t: &Transaction<'_>, before: Timestamp) -> Result<Progress, Failure> {
    let mut statement =
        t.db.prepare_cached("SELECT no, id, length(tree) FROM email ORDER BY no LIMIT 256")?;
    let rows: Vec<(i64, [u8; 16], i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let (mut packed, mut bytes) = (0, 0);
    for (no, id, len) in rows {
        // Numbers ascend with time.
        if bytes >= STEP || EmailId::from_bytes(id).time() >= before {
            break;
        }
        email::pack(t.db, no)?;
        packed += 1;
        bytes += len;
    }
    if packed > 0 { Ok(Progress::More) } else { pack_blobs(t) }
}

/// The blobs of emails that are packed are packed too; a blob does not know its age, so all are
/// once no email is left to be packed.
fn pack_blobs(t: &Transaction<'_>) -> Result<Progress, Failure> {
    let Some(last) = kept::pack(t.db, packed_to(t)?, STEP as usize)? else {
        return Ok(Progress::Done);
    };
    let mut packer = Packer::default();
    packer.signed(last);
    t.db.prepare_cached(
        "INSERT OR REPLACE INTO property (account, mailbox, key, v) VALUES (?1, 0, ?2, ?3)",
    )?
    .execute(params![NOBODY, PACKED, packer.seal(0)])?;
    Ok(Progress::More)
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

/// Gives free pages back; says whether there are more.
pub(super) fn shrink(t: &Transaction<'_>) -> Result<Progress, Failure> {
    let free: u32 = t.db.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    let mut statement = t.db.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(if free > PAGES { Progress::More } else { Progress::Done })
}
