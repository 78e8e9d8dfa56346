//! RENAME (RFC 9051 6.3.6).

use super::{Cursor, MailboxName, Parsed};

/// RENAME.
#[derive(Clone, Debug, PartialEq)]
pub struct Rename {
    /// The old name.
    pub from: MailboxName,
    /// The new name.
    pub to: MailboxName,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Rename> {
    cursor.space()?;
    let from = cursor.mailbox()?;
    cursor.space()?;
    Ok(Rename { from, to: cursor.mailbox()? })
}
