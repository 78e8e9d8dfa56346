//! LOGIN (RFC 9051 6.2.3).

use mailstore::store::directory::Secret;

use super::{Cursor, Parsed};

/// LOGIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub name: String,
    /// The password.
    pub password: Secret,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Login> {
    cursor.space()?;
    let name = cursor.astring_text()?;
    cursor.space()?;
    Ok(Login { name, password: Secret::new(cursor.astring_text()?) })
}
