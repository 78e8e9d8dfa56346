//! SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3), with parameters (RFC 4466 2.1).

use super::{Cursor, MailboxName, Parsed};

/// SELECT, or EXAMINE.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// SELECT or EXAMINE.
    pub access: Access,
    /// `(CONDSTORE)`: from now on, MODSEQs are to be shown (RFC 7162 3.1.8).
    pub condstore: bool,
}

/// What may be done in a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// SELECT.
    ReadWrite,
    /// EXAMINE.
    ReadOnly,
}

/// A parameter. A new one is a variant here and a field above.
#[derive(Clone, Copy)]
enum Parameter {
    CondStore,
}

pub(super) fn parse(cursor: &mut Cursor<'_>, access: Access) -> Parsed<Select> {
    cursor.space()?;
    let mut select = Select { mailbox: cursor.mailbox()?, access, condstore: false };
    if cursor.more() {
        for parameter in cursor.list1("a list of parameters", parameter)? {
            match parameter {
                Parameter::CondStore => select.condstore = true,
            }
        }
    }
    Ok(select)
}

fn parameter(cursor: &mut Cursor<'_>) -> Parsed<Parameter> {
    cursor.one_of(&[("CONDSTORE", Parameter::CondStore)], "CONDSTORE")
}
