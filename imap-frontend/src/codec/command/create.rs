//! CREATE, with a special use (RFC 9051 6.3.4, RFC 6154 3).

use mailstore::mailbox::SpecialUse;

use super::{Cursor, MailboxName, Parsed};

/// CREATE.
#[derive(Clone, Debug, PartialEq)]
pub struct Create {
    /// The new mailbox. A delimiter at its end says that names are to be created under it.
    pub mailbox: MailboxName,
    /// What it is for; `None` is a use that is not known here.
    pub uses: Vec<Option<SpecialUse>>,
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Create> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    let uses = if cursor.more() { parameters(cursor)? } else { Vec::new() };
    Ok(Create { mailbox, uses })
}

fn parameters(cursor: &mut Cursor<'_>) -> Parsed<Vec<Option<SpecialUse>>> {
    let parameters = cursor.list1("(USE", |cursor| {
        cursor.one_of(&[("USE", ())], "USE")?;
        cursor.space()?;
        cursor.list("a list of special uses", special_use)
    })?;
    Ok(parameters.into_iter().flatten().collect())
}

fn special_use(cursor: &mut Cursor<'_>) -> Parsed<Option<SpecialUse>> {
    cursor.byte(b'\\', "a special use")?;
    let name = cursor.atom("a special use")?;
    Ok(SpecialUse::from_name(&format!("\\{name}")))
}
