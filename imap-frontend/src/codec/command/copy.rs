//! COPY and MOVE (RFC 9051 6.4.7, 6.4.8; RFC 6851).

use mailstore::uid::SequenceSet;

use super::{By, Cursor, MailboxName, Parsed};

/// COPY, or MOVE, which has the same form.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// What the numbers are.
    pub by: By,
    /// Which messages.
    pub set: SequenceSet,
    /// Where to.
    pub mailbox: MailboxName,
}

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Copy> {
    cursor.space()?;
    let set = cursor.sequence_set()?;
    cursor.space()?;
    Ok(Copy { by, set, mailbox: cursor.mailbox()? })
}
