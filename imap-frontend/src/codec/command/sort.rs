//! SORT (RFC 5256, RFC 5957), with RETURN (RFC 5267).

use mailstore::search::Key;
use mailstore::search::sort::{Criterion, Direction};

use super::search::{self, ResultOption};
use super::{By, Cursor, Parsed};

/// SORT.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// What the answer shall consist of.
    pub by: By,
    /// RETURN: which results; `None` asks for an untagged SORT.
    pub results: Option<Vec<ResultOption>>,
    /// What to sort by.
    pub program: Vec<(Criterion, Direction)>,
    /// What to look for.
    pub key: Key,
    /// MODSEQ is among the keys.
    pub modseq: bool,
}

impl Sort {
    /// The most criteria of one command.
    pub const MAX_CRITERIA: usize = 32;
}

const CRITERIA: [(&str, Criterion); 10] = [
    ("ARRIVAL", Criterion::Arrival),
    ("CC", Criterion::Cc),
    ("DATE", Criterion::Date),
    ("DISPLAYFROM", Criterion::DisplayFrom),
    ("DISPLAYTO", Criterion::DisplayTo),
    ("FROM", Criterion::From),
    ("RELEVANCY", Criterion::Relevancy),
    ("SIZE", Criterion::Size),
    ("SUBJECT", Criterion::Subject),
    ("TO", Criterion::To),
];

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Sort> {
    cursor.space()?;
    let mut results = search::results(cursor)?;
    let at = cursor.at();
    let program = cursor.list1("a list of sort criteria", criterion)?;
    if program.len() > Sort::MAX_CRITERIA {
        return Cursor::expected_at(at, "at most 32 sort criteria");
    }
    cursor.space()?;
    let charset = search::in_charset(cursor).map_err(|error| search::note(&results, error))?;
    if results.is_none() {
        // Some clients put RETURN here; it is no search key, so it can mean nothing else.
        results = search::results(cursor)?;
    }
    let keys = search::keys_in(charset, cursor).map_err(|error| search::note(&results, error));
    let (key, modseq) = keys?;
    search::check_relevancy(cursor, results.as_deref().unwrap_or_default(), &key)?;
    let by_relevancy = |(criterion, _): &(Criterion, Direction)| *criterion == Criterion::Relevancy;
    if program.iter().any(by_relevancy) && !key.is_fuzzy() {
        return cursor.expected("FUZZY, as RELEVANCY is asked for");
    }
    Ok(Sort { by, results, program, key, modseq })
}

fn criterion(cursor: &mut Cursor<'_>) -> Parsed<(Criterion, Direction)> {
    let direction = match cursor.eat_word("REVERSE") {
        true => {
            cursor.space()?;
            Direction::Descending
        }
        false => Direction::Ascending,
    };
    Ok((cursor.one_of(&CRITERIA, "a sort criterion")?, direction))
}
