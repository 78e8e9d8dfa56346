//! COPY and MOVE (RFC 9051 6.4.7, 6.4.8; RFC 6851).

use super::{By, Cursor, MailboxName, Messages, Parsed};

/// COPY, or MOVE, which has the same form.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// What the numbers are.
    pub by: By,
    /// Which messages.
    pub set: Messages,
    /// Where to.
    pub mailbox: MailboxName,
}

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Copy> {
    cursor.space()?;
    let set = cursor.messages()?;
    cursor.space()?;
    Ok(Copy { by, set, mailbox: cursor.mailbox()? })
}
