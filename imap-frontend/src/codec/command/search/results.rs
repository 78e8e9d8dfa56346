//! RETURN: which results of a search are wanted (RFC 4731, RFC 5182, RFC 9394).

use mailstore::search::{Key, Window};

use super::{Cursor, Parsed};
use crate::codec::CommandError;

/// Which results of a search (RFC 9051 6.4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultOption {
    /// MIN: the lowest number, or the first of what was sorted.
    Min,
    /// MAX: the highest number, or the last of what was sorted.
    Max,
    /// ALL: all numbers. `RETURN ()` means this.
    All,
    /// COUNT: how many.
    Count,
    /// SAVE: keep them for `$` (RFC 5182).
    Save,
    /// UPDATE: tell what happens to the result from now on (RFC 5267).
    Update,
    /// CONTEXT: the client is about to ask for more of the same (RFC 5267); makes no difference.
    Context,
    /// RELEVANCY: how relevant each of them is (RFC 6203).
    Relevancy,
    /// PARTIAL: those at these positions of the result (RFC 9394).
    Partial(Window),
}

const RESULTS: [(&str, ResultOption); 8] = [
    ("MIN", ResultOption::Min),
    ("MAX", ResultOption::Max),
    ("ALL", ResultOption::All),
    ("COUNT", ResultOption::Count),
    ("SAVE", ResultOption::Save),
    ("UPDATE", ResultOption::Update),
    ("CONTEXT", ResultOption::Context),
    ("RELEVANCY", ResultOption::Relevancy),
];

/// `RETURN (...)` and the space behind it, if they are here.
pub(in crate::codec::command) fn parse(
    cursor: &mut Cursor<'_>,
) -> Parsed<Option<Vec<ResultOption>>> {
    if !cursor.eat_word("RETURN") {
        return Ok(None);
    }
    cursor.space()?;
    let at = cursor.at();
    let mut results = cursor.list("a list of result options", option)?;
    cursor.space()?;
    let whole =
        |option: &&ResultOption| matches!(option, ResultOption::All | ResultOption::Partial(_));
    let partial = results.iter().any(|option| matches!(option, ResultOption::Partial(_)));
    if partial && results.iter().filter(whole).count() > 1 {
        return Cursor::expected_at(at, "one PARTIAL without ALL");
    }
    if results.is_empty() {
        results.push(ResultOption::All);
    }
    Ok(Some(results))
}

fn option(cursor: &mut Cursor<'_>) -> Parsed<ResultOption> {
    if cursor.eat_word("PARTIAL") {
        cursor.space()?;
        return cursor.window().map(ResultOption::Partial);
    }
    cursor.one_of(&RESULTS, "a result option")
}

/// RELEVANCY is for searches in which something is FUZZY (RFC 6203 4, 6).
pub(in crate::codec::command) fn check_relevancy(
    cursor: &Cursor<'_>,
    options: &[ResultOption],
    key: &Key,
) -> Parsed<()> {
    match options.contains(&ResultOption::Relevancy) && !key.is_fuzzy() {
        true => cursor.expected("FUZZY, as RELEVANCY is asked for"),
        false => Ok(()),
    }
}

/// An error with the note whether the command would have saved its result.
pub(in crate::codec::command) fn note(
    results: &Option<Vec<ResultOption>>,
    error: CommandError,
) -> CommandError {
    let saves = results.as_ref().is_some_and(|results| results.contains(&ResultOption::Save));
    match error {
        CommandError::Charset { at, .. } => CommandError::Charset { at, saves },
        CommandError::TooManyKeys { at, .. } => CommandError::TooManyKeys { at, saves },
        other => other,
    }
}
