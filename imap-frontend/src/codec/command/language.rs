//! LANGUAGE: which language to speak (RFC 5255 3.2).

use super::{Cursor, Parsed};

/// LANGUAGE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// Language ranges (RFC 4647 2.1), the preferred first. If there are none, the client asks for
    /// the languages there are.
    pub ranges: Vec<String>,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Language> {
    let mut ranges = Vec::new();
    while cursor.more() {
        ranges.push(cursor.astring_text()?);
    }
    Ok(Language { ranges })
}
