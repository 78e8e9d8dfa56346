//! REPLACE: a message in the place of another (RFC 8508).

use mailstore::uid::SequenceSet;

use super::{AppendMessage, By, Cursor, MailboxName, Messages, Parsed, append};

/// REPLACE.
#[derive(Clone, Debug, PartialEq)]
pub struct Replace {
    /// What the number is.
    pub by: By,
    /// The message that goes: one number, or `*`.
    pub old: Messages,
    /// Where the new one comes to.
    pub mailbox: MailboxName,
    /// The new one.
    pub new: AppendMessage,
}

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Replace> {
    cursor.space()?;
    let bound = cursor.bound()?;
    let old = Messages::Set(SequenceSet(vec![(bound, bound)]));
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    Ok(Replace { by, old, mailbox, new: append::message(cursor)? })
}
