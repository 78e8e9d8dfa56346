//! STORE: changes flags (RFC 9051 6.4.6), if unchanged since (RFC 7162 3.1.3).

use mailstore::flags::{FlagMode, FlagUpdate};
use mailstore::uid::ModSeq;

use super::{By, Cursor, Messages, Parsed};

/// STORE.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// What the numbers are.
    pub by: By,
    /// Which messages.
    pub set: Messages,
    /// UNCHANGEDSINCE: only those whose MODSEQ is not above this.
    pub unchanged_since: Option<ModSeq>,
    /// What to do with which flags.
    pub update: FlagUpdate,
    /// Whether the client wants to be told the new flags.
    pub echo: Echo,
}

/// Whether the client wants to be told the new flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// Yes.
    Flags,
    /// No: `.SILENT`. Under CONDSTORE it is told the MODSEQ all the same.
    Silent,
}

const ITEMS: [(&str, Echo); 2] = [("FLAGS", Echo::Flags), ("FLAGS.SILENT", Echo::Silent)];

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Store> {
    cursor.space()?;
    let set = cursor.messages()?;
    cursor.space()?;
    let mut unchanged_since = None;
    if cursor.peek() == Some(b'(') {
        unchanged_since = cursor.list1("a modifier", unchanged)?.pop();
        cursor.space()?;
    }
    let mode = match cursor.peek() {
        Some(b'+') => FlagMode::Add,
        Some(b'-') => FlagMode::Remove,
        _ => FlagMode::Replace,
    };
    if mode != FlagMode::Replace {
        cursor.exactly(1);
    }
    let echo = cursor.one_of(&ITEMS, "FLAGS or FLAGS.SILENT")?;
    cursor.space()?;
    let update = FlagUpdate { mode, flags: cursor.flags()? };
    Ok(Store { by, set, unchanged_since, update, echo })
}

fn unchanged(cursor: &mut Cursor<'_>) -> Parsed<ModSeq> {
    cursor.one_of(&[("UNCHANGEDSINCE", ())], "UNCHANGEDSINCE")?;
    cursor.space()?;
    cursor.modseq()
}
