//! THREAD (RFC 5256).

use mailstore::search::Key;
use mailstore::search::thread::Algorithm;

use super::{By, Cursor, Parsed, search};

/// THREAD.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// What the answer shall consist of.
    pub by: By,
    /// How to put messages together.
    pub algorithm: Algorithm,
    /// What to look for.
    pub key: Key,
    /// MODSEQ is among the keys.
    pub modseq: bool,
}

const ALGORITHMS: [(&str, Algorithm); 3] = [
    ("ORDEREDSUBJECT", Algorithm::OrderedSubject),
    ("REFERENCES", Algorithm::References),
    ("REFS", Algorithm::Refs),
];

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Thread> {
    cursor.space()?;
    let algorithm = cursor.one_of(&ALGORITHMS, "ORDEREDSUBJECT, REFERENCES or REFS")?;
    cursor.space()?;
    let charset = search::in_charset(cursor)?;
    let (key, modseq) = search::keys_in(charset, cursor)?;
    Ok(Thread { by, algorithm, key, modseq })
}
