//! UIDBATCHES: cuts a mailbox into ranges of UIDs (RFC 10022).

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::{Cursor, Parsed};

/// UIDBATCHES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UidBatches {
    /// Messages in each batch.
    pub size: NonZeroU32,
    /// Which batches, counted from 1, the one with the newest messages; all, if it names none.
    pub batches: Option<RangeInclusive<u32>>,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<UidBatches> {
    cursor.space()?;
    let size = cursor.nz_number()?;
    let batches = if cursor.more() { Some(range(cursor)?) } else { None };
    Ok(UidBatches { size, batches })
}

fn range(cursor: &mut Cursor<'_>) -> Parsed<RangeInclusive<u32>> {
    let from = cursor.nz_number()?.get();
    cursor.byte(b':', ":")?;
    let at = cursor.at();
    match cursor.nz_number()?.get() {
        to if to < from => Cursor::expected_at(at, "a batch that is not before the first"),
        to => Ok(from..=to),
    }
}
