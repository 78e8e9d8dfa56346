//! SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314 3).

use mailstore::rights::{Rights, Sign};

use super::{Cursor, MailboxName, Parsed};

/// Whom an access list names, as a client writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// A minus sign in front takes rights away.
    pub sign: Sign,
    /// The name of a user, or `anyone`.
    pub name: String,
}

/// How SETACL changes rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightsChange {
    /// To exactly these.
    Replace(Rights),
    /// `+`: these too.
    Add(Rights),
    /// `-`: these no more.
    Remove(Rights),
}

/// SETACL.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAcl {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// Whose rights.
    pub identifier: Identifier,
    /// How.
    pub change: RightsChange,
}

/// DELETEACL and LISTRIGHTS.
#[derive(Clone, Debug, PartialEq)]
pub struct AclOf {
    /// Of which mailbox.
    pub mailbox: MailboxName,
    /// Whose rights.
    pub identifier: Identifier,
}

pub(super) fn parse_set(cursor: &mut Cursor<'_>) -> Parsed<SetAcl> {
    let AclOf { mailbox, identifier } = parse_of(cursor)?;
    cursor.space()?;
    let at = cursor.at();
    let text = cursor.astring_text()?;
    let (change, letters): (fn(Rights) -> RightsChange, _) = match text.split_at_checked(1) {
        Some(("+", letters)) => (RightsChange::Add, letters),
        Some(("-", letters)) => (RightsChange::Remove, letters),
        _ => (RightsChange::Replace, text.as_str()),
    };
    let rights = Rights::parse(letters);
    let change = rights.map_or_else(|| Cursor::expected_at(at, "rights"), |r| Ok(change(r)))?;
    Ok(SetAcl { mailbox, identifier, change })
}

pub(super) fn parse_of(cursor: &mut Cursor<'_>) -> Parsed<AclOf> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    Ok(AclOf { mailbox, identifier: identifier(cursor)? })
}

fn identifier(cursor: &mut Cursor<'_>) -> Parsed<Identifier> {
    let at = cursor.at();
    let text = cursor.astring_text()?;
    let (sign, name) = match text.strip_prefix('-') {
        Some(name) => (Sign::Takes, name),
        None => (Sign::Gives, text.as_str()),
    };
    if name.is_empty() {
        return Cursor::expected_at(at, "an identifier");
    }
    Ok(Identifier { sign, name: name.to_owned() })
}
