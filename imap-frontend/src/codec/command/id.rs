//! ID: who is there (RFC 2971).

use super::{Cursor, Parsed};

/// ID. For logs, and for nothing else (RFC 2971 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    /// Names and values, such as `name` and `neomutt`; none if the client sends NIL.
    pub fields: Vec<(String, Option<String>)>,
}

impl Id {
    /// The most fields a client may send (RFC 2971 3.3).
    pub const MAX_FIELDS: usize = 30;
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Id> {
    cursor.space()?;
    if cursor.eat_word("NIL") {
        return Ok(Id { fields: Vec::new() });
    }
    let mut count = 0;
    let fields = cursor.list("NIL or a list of fields and values", |cursor| {
        count += 1;
        if count > Id::MAX_FIELDS {
            return cursor.expected("at most 30 fields");
        }
        let name = cursor.string_text()?;
        cursor.space()?;
        Ok((name, cursor.nstring_text()?))
    })?;
    Ok(Id { fields })
}
