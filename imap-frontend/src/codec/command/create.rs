//! CREATE, with a special use (RFC 9051 6.3.4, RFC 6154 3).

use super::{Cursor, MailboxName, Parsed};

/// CREATE.
#[derive(Clone, Debug, PartialEq)]
pub struct Create {
    /// The new mailbox. A delimiter at its end says that names are to be created under it.
    pub mailbox: MailboxName,
    /// What it is for; `None` is a use that is not known here.
    pub uses: Vec<Option<SpecialUse>>,
}

/// What a mailbox is for (RFC 6154 2, RFC 8457).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpecialUse {
    /// `\All`: all messages.
    All,
    /// `\Archive`: messages put away.
    Archive,
    /// `\Drafts`: messages not finished.
    Drafts,
    /// `\Flagged`: messages marked as important by their flag.
    Flagged,
    /// `\Important`: messages deemed important.
    Important,
    /// `\Junk`: spam.
    Junk,
    /// `\Sent`: copies of messages sent.
    Sent,
    /// `\Trash`: messages deleted or about to be.
    Trash,
}

impl SpecialUse {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::All,
        Self::Archive,
        Self::Drafts,
        Self::Flagged,
        Self::Important,
        Self::Junk,
        Self::Sent,
        Self::Trash,
    ];

    /// The attribute that LIST shows, with its backslash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "\\All",
            Self::Archive => "\\Archive",
            Self::Drafts => "\\Drafts",
            Self::Flagged => "\\Flagged",
            Self::Important => "\\Important",
            Self::Junk => "\\Junk",
            Self::Sent => "\\Sent",
            Self::Trash => "\\Trash",
        }
    }
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Create> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    let uses = if cursor.more() { parameters(cursor)? } else { Vec::new() };
    Ok(Create { mailbox, uses })
}

fn parameters(cursor: &mut Cursor<'_>) -> Parsed<Vec<Option<SpecialUse>>> {
    let parameters = cursor.list1("(USE", |cursor| {
        cursor.one_of(&[("USE", ())], "USE")?;
        cursor.space()?;
        cursor.list("a list of special uses", special_use)
    })?;
    Ok(parameters.into_iter().flatten().collect())
}

fn special_use(cursor: &mut Cursor<'_>) -> Parsed<Option<SpecialUse>> {
    cursor.byte(b'\\', "a special use")?;
    let name = cursor.atom("a special use")?;
    let known =
        |known: &SpecialUse| known.name().trim_start_matches('\\').eq_ignore_ascii_case(name);
    Ok(SpecialUse::ALL.into_iter().find(known))
}
