//! CANCELUPDATE (RFC 5267 4.3.5).

use super::{Cursor, Parsed};

/// CANCELUPDATE.
#[derive(Clone, Debug, PartialEq)]
pub struct CancelUpdate {
    /// The tags of the searches that need not be kept current any longer.
    pub tags: Vec<String>,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<CancelUpdate> {
    cursor.space()?;
    let mut tags = vec![cursor.string_text()?];
    while cursor.more() {
        tags.push(cursor.string_text()?);
    }
    Ok(CancelUpdate { tags })
}
