//! UID EXPUNGE (RFC 4315 2.1).

use super::{Cursor, Messages, Parsed};

/// UID EXPUNGE.
#[derive(Clone, Debug, PartialEq)]
pub struct UidExpunge {
    /// Of these, those that are `\Deleted`.
    pub set: Messages,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<UidExpunge> {
    cursor.space()?;
    Ok(UidExpunge { set: cursor.messages()? })
}
