//! SEARCH (RFC 9051 6.4.4, RFC 7162 3.1.5).

mod key;

use mailstore::search::Key;

use super::{By, Cursor, Parsed};
use crate::codec::CommandError;

/// SEARCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What the answer shall consist of.
    pub by: By,
    /// RETURN (RFC 4731): which results; `None` asks for an untagged SEARCH, as in RFC 3501.
    pub results: Option<Vec<ResultOption>>,
    /// What to look for.
    pub key: Key,
    /// MODSEQ is among the keys: the answer ends in the highest MODSEQ found.
    pub modseq: bool,
}

/// Which results of a search (RFC 9051 6.4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultOption {
    /// MIN: the lowest number.
    Min,
    /// MAX: the highest number.
    Max,
    /// ALL: all numbers, as a set. `RETURN ()` means this.
    All,
    /// COUNT: how many.
    Count,
    /// SAVE: keep them for `$` (RFC 5182).
    Save,
}

const RESULTS: [(&str, ResultOption); 5] = [
    ("MIN", ResultOption::Min),
    ("MAX", ResultOption::Max),
    ("ALL", ResultOption::All),
    ("COUNT", ResultOption::Count),
    ("SAVE", ResultOption::Save),
];

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Search> {
    cursor.space()?;
    let results = results(cursor)?;
    charset(cursor)?;
    let mut keys = key::Keys::default();
    let key = keys.row(cursor)?;
    Ok(Search { by, results, key, modseq: keys.modseq })
}

fn results(cursor: &mut Cursor<'_>) -> Parsed<Option<Vec<ResultOption>>> {
    if !cursor.eat_word("RETURN") {
        return Ok(None);
    }
    cursor.space()?;
    let mut results = cursor
        .list("a list of result options", |cursor| cursor.one_of(&RESULTS, "a result option"))?;
    cursor.space()?;
    if results.is_empty() {
        results.push(ResultOption::All);
    }
    Ok(Some(results))
}

/// The charset in which texts are. US-ASCII is a part of UTF-8; so there is nothing to remember.
fn charset(cursor: &mut Cursor<'_>) -> Parsed<()> {
    if !cursor.eat_word("CHARSET") {
        return Ok(());
    }
    cursor.space()?;
    let at = cursor.at();
    let name = cursor.astring()?;
    let known = [&b"US-ASCII"[..], b"UTF-8"];
    if !known.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return Err(CommandError::Charset { at });
    }
    cursor.space()
}
