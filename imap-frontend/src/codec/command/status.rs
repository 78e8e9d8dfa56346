//! STATUS (RFC 9051 6.3.11).

use super::{Cursor, MailboxName, Parsed};

/// STATUS.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// What is asked of it, in the client's order.
    pub items: Vec<StatusItem>,
}

/// What can be asked of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusItem {
    /// MESSAGES: how many messages.
    Messages,
    /// RECENT: how many that no session was told of (RFC 3501).
    Recent,
    /// UIDNEXT.
    UidNext,
    /// UIDVALIDITY.
    UidValidity,
    /// UNSEEN: how many without `\Seen`.
    Unseen,
    /// HIGHESTMODSEQ (RFC 7162 3.1.7).
    HighestModSeq,
    /// SIZE: the sum of all RFC822.SIZE (RFC 8438).
    Size,
    /// DELETED: how many with `\Deleted` (RFC 9051).
    Deleted,
    /// MAILBOXID (RFC 8474 4.3).
    MailboxId,
    /// DELETED-STORAGE: what these take, in units of 1024 bytes (RFC 9208 4.1.4).
    DeletedStorage,
    /// APPENDLIMIT: the largest message that may be appended, in bytes (RFC 7889 3.2).
    AppendLimit,
}

impl StatusItem {
    /// All of them, with their names.
    const NAMES: [(&'static str, Self); 11] = [
        ("MESSAGES", Self::Messages),
        ("RECENT", Self::Recent),
        ("UIDNEXT", Self::UidNext),
        ("UIDVALIDITY", Self::UidValidity),
        ("UNSEEN", Self::Unseen),
        ("HIGHESTMODSEQ", Self::HighestModSeq),
        ("SIZE", Self::Size),
        ("DELETED", Self::Deleted),
        ("MAILBOXID", Self::MailboxId),
        ("DELETED-STORAGE", Self::DeletedStorage),
        ("APPENDLIMIT", Self::AppendLimit),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, item)| *item == self).map_or("", |(name, _)| name)
    }
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Status> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    Ok(Status { mailbox, items: items(cursor)? })
}

/// The items in parentheses. Doubled ones are asked once.
pub(super) fn items(cursor: &mut Cursor<'_>) -> Parsed<Vec<StatusItem>> {
    let mut items = Vec::new();
    for item in cursor.list1("a list of status items", item)? {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    Ok(items)
}

fn item(cursor: &mut Cursor<'_>) -> Parsed<StatusItem> {
    cursor.one_of(&StatusItem::NAMES, "a status item")
}
