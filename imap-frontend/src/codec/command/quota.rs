//! GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208 4.1).

use super::{Cursor, Parsed};

/// What a quota limits (RFC 9208 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// STORAGE: the sizes of all messages, in units of 1024 bytes.
    Storage,
    /// MESSAGE: how many messages.
    Message,
}

impl Resource {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storage => "STORAGE",
            Self::Message => "MESSAGE",
        }
    }
}

/// SETQUOTA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetQuota {
    /// Which quota root.
    pub root: String,
    /// The limits; what is not named has none from now on. `None` is a resource that is not known
    /// here.
    pub limits: Vec<(Option<Resource>, u64)>,
}

const RESOURCES: [(&str, Resource); 2] =
    [("STORAGE", Resource::Storage), ("MESSAGE", Resource::Message)];

/// The quota root of a GETQUOTA.
pub(super) fn parse_get(cursor: &mut Cursor<'_>) -> Parsed<String> {
    cursor.space()?;
    cursor.astring_text()
}

pub(super) fn parse_set(cursor: &mut Cursor<'_>) -> Parsed<SetQuota> {
    cursor.space()?;
    let root = cursor.astring_text()?;
    cursor.space()?;
    let limits = cursor.list("a list of limits", |cursor| {
        let name = cursor.atom("a resource")?;
        let known = RESOURCES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        cursor.space()?;
        Ok((known.map(|(_, resource)| *resource), cursor.number64()?))
    })?;
    Ok(SetQuota { root, limits })
}
