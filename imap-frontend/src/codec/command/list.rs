//! LIST (RFC 9051 6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 8440, RFC 9590), LSUB and XLIST.

use super::{Cursor, Entry, Parsed, StatusItem, metadata, status};
use crate::codec::Pattern;

/// LIST, LSUB or XLIST.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// Under which name it was asked, and is to be answered.
    pub form: ListForm,
    /// Which mailboxes, before the patterns are looked at.
    pub selection: ListSelection,
    /// What goes in front of each pattern.
    pub reference: String,
    /// At least one; a mailbox is listed if one of them matches.
    pub patterns: Vec<Pattern>,
    /// What to tell of each.
    pub returns: ListReturn,
}

impl List {
    /// The patterns with the reference in front.
    pub fn full_patterns(&self) -> impl Iterator<Item = Pattern> + '_ {
        self.patterns.iter().map(|pattern| pattern.within(&self.reference))
    }

    /// `LIST "" ""` asks for the hierarchy delimiter and lists nothing (RFC 9051 6.3.9).
    pub fn asks_for_delimiter(&self) -> bool {
        matches!(self.patterns.as_slice(), [pattern] if pattern.is_empty())
    }
}

/// Under which name a list was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// LIST.
    List,
    /// LSUB: subscribed names (RFC 3501 6.3.9).
    Lsub,
    /// XLIST: LIST with special uses, before RFC 6154.
    Xlist,
}

impl ListForm {
    /// The name of command and response.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "LIST",
            Self::Lsub => "LSUB",
            Self::Xlist => "XLIST",
        }
    }
}

/// Selection options (RFC 5258 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListSelection {
    /// SUBSCRIBED: subscribed names, whether they exist or not.
    pub subscribed: bool,
    /// REMOTE: mailboxes on other servers too.
    pub remote: bool,
    /// RECURSIVEMATCH: also what has such children.
    pub recursive_match: bool,
    /// SPECIAL-USE: mailboxes with a special use (RFC 6154 2).
    pub special_use: bool,
}

impl ListSelection {
    /// The options that a name meets or not, as CHILDINFO repeats them (RFC 5258 3.5).
    pub fn criteria(&self) -> Vec<&'static str> {
        let all = [(self.subscribed, "SUBSCRIBED"), (self.special_use, "SPECIAL-USE")];
        all.into_iter().filter(|(asked, _)| *asked).map(|(_, name)| name).collect()
    }
}

/// Return options (RFC 5258 3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListReturn {
    /// SUBSCRIBED.
    pub subscribed: bool,
    /// CHILDREN.
    pub children: bool,
    /// SPECIAL-USE (RFC 6154 2).
    pub special_use: bool,
    /// STATUS: a STATUS response for each (RFC 5819), with these items.
    pub status: Vec<StatusItem>,
    /// MYRIGHTS: a MYRIGHTS response for each (RFC 8440).
    pub my_rights: bool,
    /// METADATA: a METADATA response for each (RFC 9590), with these entries.
    pub metadata: Vec<Entry>,
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Subscribed,
    Remote,
    RecursiveMatch,
    SpecialUse,
    Children,
    Status,
    MyRights,
    Metadata,
}

const SELECTIONS: [(&str, Word); 4] = [
    ("SUBSCRIBED", Word::Subscribed),
    ("REMOTE", Word::Remote),
    ("RECURSIVEMATCH", Word::RecursiveMatch),
    ("SPECIAL-USE", Word::SpecialUse),
];

const RETURNS: [(&str, Word); 6] = [
    ("SUBSCRIBED", Word::Subscribed),
    ("CHILDREN", Word::Children),
    ("SPECIAL-USE", Word::SpecialUse),
    ("STATUS", Word::Status),
    ("MYRIGHTS", Word::MyRights),
    ("METADATA", Word::Metadata),
];

pub(super) fn parse(cursor: &mut Cursor<'_>, form: ListForm) -> Parsed<List> {
    cursor.space()?;
    let extended = form == ListForm::List;
    let selection = match cursor.peek() {
        Some(b'(') if extended => Some(selection(cursor)?),
        _ => None,
    };
    let reference = cursor.pattern()?.as_str().to_owned();
    cursor.space()?;
    let listed = extended && cursor.peek() == Some(b'(');
    let mut patterns = match listed {
        true => cursor.list1("a list of patterns", Cursor::pattern)?,
        false => vec![cursor.pattern()?],
    };
    let returns = match extended && cursor.more() {
        true => Some(returns(cursor)?),
        false => None,
    };
    if selection.is_some() || listed || returns.is_some() {
        // Only the basic LIST asks for the delimiter so (RFC 5258 3).
        patterns.retain(|pattern| !pattern.is_empty());
    }
    let (selection, returns) = (selection.unwrap_or_default(), returns.unwrap_or_default());
    Ok(List { form, selection, reference, patterns, returns })
}

fn selection(cursor: &mut Cursor<'_>) -> Parsed<ListSelection> {
    let at = cursor.at();
    let mut selection = ListSelection::default();
    cursor.list("(", |cursor| {
        match cursor.one_of(&SELECTIONS, "a selection option")? {
            Word::Subscribed => selection.subscribed = true,
            Word::Remote => selection.remote = true,
            Word::RecursiveMatch => selection.recursive_match = true,
            _ => selection.special_use = true,
        }
        Ok(())
    })?;
    let based = selection.subscribed || selection.special_use;
    if selection.recursive_match && !based {
        return Cursor::expected_at(at, "SUBSCRIBED or SPECIAL-USE beside RECURSIVEMATCH");
    }
    cursor.space()?;
    Ok(selection)
}

fn returns(cursor: &mut Cursor<'_>) -> Parsed<ListReturn> {
    let mut returns = ListReturn::default();
    cursor.one_of(&[("RETURN", ())], "RETURN")?;
    cursor.space()?;
    cursor.list("a list of return options", |cursor| return_option(cursor, &mut returns))?;
    Ok(returns)
}

fn return_option(cursor: &mut Cursor<'_>, returns: &mut ListReturn) -> Parsed<()> {
    match cursor.one_of(&RETURNS, "a return option")? {
        Word::Subscribed => returns.subscribed = true,
        Word::Children => returns.children = true,
        Word::Status => {
            cursor.space()?;
            returns.status = status::items(cursor)?;
        }
        Word::MyRights => returns.my_rights = true,
        Word::Metadata => {
            cursor.space()?;
            returns.metadata = metadata::listed_entries(cursor)?;
        }
        _ => returns.special_use = true,
    }
    Ok(())
}
