//! ENABLE (RFC 5161).

use super::{Cursor, Parsed};

/// ENABLE. What is not known is to be ignored (RFC 5161 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enable {
    /// The capabilities, in upper case.
    pub capabilities: Vec<String>,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Enable> {
    cursor.space()?;
    let mut capabilities = Vec::new();
    loop {
        capabilities.push(cursor.atom("a capability")?.to_ascii_uppercase());
        if !cursor.more() {
            return Ok(Enable { capabilities });
        }
    }
}
