//! SEARCH (RFC 9051 6.4.4, RFC 7162 3.1.5).

mod key;
mod results;

use mailstore::search::{Charset, Key};

use super::{By, Cursor, Parsed};
use crate::codec::CommandError;

pub use results::ResultOption;
pub(super) use results::{check_relevancy, note, parse as results};

/// SEARCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What the answer shall consist of.
    pub by: By,
    /// RETURN (RFC 4731): which results; `None` asks for an untagged SEARCH, as in RFC 3501.
    pub results: Option<Vec<ResultOption>>,
    /// CHARSET, if it was given.
    pub charset: Option<Charset>,
    /// What to look for.
    pub key: Key,
    /// MODSEQ is among the keys: the answer ends in the highest MODSEQ found.
    pub modseq: bool,
}

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Search> {
    cursor.space()?;
    let results = results::parse(cursor)?;
    let keys = keys(cursor).map_err(|error| results::note(&results, error))?;
    let (charset, (key, modseq)) = keys;
    check_relevancy(cursor, results.as_deref().unwrap_or_default(), &key)?;
    Ok(Search { by, results, charset, key, modseq })
}

/// Search keys that stand alone, as a filter holds them (RFC 5466 3.2); and whether MODSEQ is among
/// them.
pub fn parse_keys(text: &[u8]) -> Parsed<(Key, bool)> {
    let mut cursor = Cursor::new(text);
    let mut keys = key::Keys::new(Charset::Utf8);
    let key = keys.row(&mut cursor)?;
    cursor.end()?;
    Ok((key, keys.modseq))
}

/// The charset, if it is given, and the keys; and whether MODSEQ is among them.
pub(super) fn keys(cursor: &mut Cursor<'_>) -> Parsed<(Option<Charset>, (Key, bool))> {
    let charset = charset(cursor)?;
    // Of UTF-8, US-ASCII is a part.
    Ok((charset, keys_in(charset.unwrap_or(Charset::Utf8), cursor)?))
}

/// The charset, which may not be left out (RFC 5256 `search-criteria`), and the space behind it.
pub(super) fn in_charset(cursor: &mut Cursor<'_>) -> Parsed<Charset> {
    let charset = named_charset(cursor)?;
    cursor.space()?;
    Ok(charset)
}

/// Keys with texts in this charset, and whether MODSEQ is among them.
pub(super) fn keys_in(charset: Charset, cursor: &mut Cursor<'_>) -> Parsed<(Key, bool)> {
    let mut keys = key::Keys::new(charset);
    let key = keys.row(cursor)?;
    Ok((key, keys.modseq))
}

/// CHARSET and its name, if they are there.
fn charset(cursor: &mut Cursor<'_>) -> Parsed<Option<Charset>> {
    if !cursor.eat_word("CHARSET") {
        return Ok(None);
    }
    cursor.space()?;
    let charset = named_charset(cursor)?;
    cursor.space()?;
    Ok(Some(charset))
}

fn named_charset(cursor: &mut Cursor<'_>) -> Parsed<Charset> {
    let at = cursor.at();
    let name = cursor.astring()?;
    Charset::of(&name).ok_or(CommandError::Charset { at, saves: false })
}
