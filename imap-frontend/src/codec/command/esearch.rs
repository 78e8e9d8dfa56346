//! ESEARCH (RFC 7377): a search in several mailboxes.

use mailstore::search::{Charset, Key};

use super::search::{self, ResultOption, note, results};
use super::{Cursor, MailboxName, Parsed};

/// ESEARCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Esearch {
    /// Where to look; never empty.
    pub sources: Vec<Source>,
    /// Which results of each mailbox.
    pub results: Vec<ResultOption>,
    /// What to look for.
    pub key: Key,
    /// CHARSET, if it was given.
    pub charset: Option<Charset>,
    /// MODSEQ is among the keys.
    pub modseq: bool,
}

/// Mailboxes to look in (RFC 5465 6, RFC 7377 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The one that is selected.
    Selected,
    /// Those to which mail is delivered.
    Inboxes,
    /// All of the user's own.
    Personal,
    /// Those subscribed to.
    Subscribed,
    /// These and all below them.
    Subtree(Vec<MailboxName>),
    /// These and their children.
    SubtreeOne(Vec<MailboxName>),
    /// These.
    Mailboxes(Vec<MailboxName>),
}

/// The most mailboxes that one command may name.
const MAX_NAMES: usize = 1_000;

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Esearch> {
    cursor.space()?;
    let mut sources = vec![Source::Selected];
    if cursor.eat_word("IN") {
        cursor.space()?;
        sources = cursor.list1("a list of mailboxes", source)?;
        cursor.space()?;
    }
    let results = results(cursor)?;
    let found = search::keys(cursor).map_err(|error| note(&results, error));
    let (charset, (key, modseq)) = found?;
    let results = results.unwrap_or_else(|| vec![ResultOption::All]);
    search::check_relevancy(cursor, &results, &key)?;
    Ok(Esearch { sources, results, charset, key, modseq })
}

fn source(cursor: &mut Cursor<'_>) -> Parsed<Source> {
    const ALONE: [(&str, usize); 7] = [
        ("SELECTED", 0),
        ("INBOXES", 1),
        ("PERSONAL", 2),
        ("SUBSCRIBED", 3),
        ("SUBTREE", 4),
        ("SUBTREE-ONE", 5),
        ("MAILBOXES", 6),
    ];
    Ok(match cursor.one_of(&ALONE, "a kind of mailbox")? {
        0 => Source::Selected,
        1 => Source::Inboxes,
        2 => Source::Personal,
        3 => Source::Subscribed,
        4 => Source::Subtree(names(cursor)?),
        5 => Source::SubtreeOne(names(cursor)?),
        _ => Source::Mailboxes(names(cursor)?),
    })
}

/// One mailbox, or several in parentheses.
fn names(cursor: &mut Cursor<'_>) -> Parsed<Vec<MailboxName>> {
    cursor.space()?;
    if cursor.peek() != Some(b'(') {
        return Ok(vec![cursor.mailbox()?]);
    }
    let at = cursor.at();
    let names = cursor.list1("mailbox names", Cursor::mailbox)?;
    if names.len() > MAX_NAMES {
        return Cursor::expected_at(at, "at most 1000 mailbox names");
    }
    Ok(names)
}
