//! UID EXPUNGE (RFC 4315 2.1).

use mailstore::uid::SequenceSet;

use super::{Cursor, Parsed};

/// UID EXPUNGE.
#[derive(Clone, Debug, PartialEq)]
pub struct UidExpunge {
    /// Of these, those that are `\Deleted`.
    pub set: SequenceSet,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<UidExpunge> {
    cursor.space()?;
    Ok(UidExpunge { set: cursor.sequence_set()? })
}
