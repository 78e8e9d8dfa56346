//! SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3), with parameters (RFC 4466 2.1).

use mailstore::uid::{ModSeq, UidSet};

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
    /// `(QRESYNC (...))`: what the client knows of the mailbox from an earlier session.
    pub qresync: Option<QResync>,
}

/// What a client knows of a mailbox from an earlier session (RFC 7162 3.2.5).
#[derive(Clone, Debug, PartialEq)]
pub struct QResync {
    /// UIDVALIDITY then; if it is another one now, nothing of this means anything.
    pub uid_validity: u32,
    /// HIGHESTMODSEQ then.
    pub modseq: ModSeq,
    /// The UIDs of which it wants to hear; all, if it gives none.
    pub known: Option<UidSet>,
    /// Some sequence numbers, ascending, and as many UIDs that had them.
    pub matches: Option<(UidSet, UidSet)>,
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
enum Parameter {
    CondStore,
    QResync(QResync),
}

pub(super) fn parse(cursor: &mut Cursor<'_>, access: Access) -> Parsed<Select> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    let mut select = Select { mailbox, access, condstore: false, qresync: None };
    if cursor.more() {
        for parameter in cursor.list1("a list of parameters", parameter)? {
            match parameter {
                Parameter::CondStore => select.condstore = true,
                Parameter::QResync(known) => select.qresync = Some(known),
            }
        }
    }
    Ok(select)
}

fn parameter(cursor: &mut Cursor<'_>) -> Parsed<Parameter> {
    if cursor.eat_word("QRESYNC") {
        cursor.space()?;
        return qresync(cursor).map(Parameter::QResync);
    }
    cursor.one_of(&[("CONDSTORE", ())], "CONDSTORE or QRESYNC").map(|()| Parameter::CondStore)
}

fn qresync(cursor: &mut Cursor<'_>) -> Parsed<QResync> {
    cursor.byte(b'(', "(")?;
    cursor.spaces();
    let uid_validity = cursor.nz_number()?.get();
    cursor.space()?;
    let at = cursor.at();
    let modseq = cursor.modseq()?;
    if modseq == ModSeq::ZERO {
        return Cursor::expected_at(at, "a mod-sequence above 0");
    }
    let mut known = QResync { uid_validity, modseq, known: None, matches: None };
    if cursor.more() && cursor.peek() != Some(b'(') {
        known.known = Some(plain_set(cursor)?);
        cursor.more();
    }
    if cursor.peek() == Some(b'(') {
        known.matches = Some(matches(cursor)?);
    }
    cursor.spaces();
    cursor.byte(b')', ")")?;
    Ok(known)
}

/// `(1,5,9 101,120,200)`: so many sequence numbers, so many UIDs, each ascending.
fn matches(cursor: &mut Cursor<'_>) -> Parsed<(UidSet, UidSet)> {
    let at = cursor.at();
    cursor.byte(b'(', "(")?;
    let seqs = ascending_set(cursor)?;
    cursor.space()?;
    let uids = ascending_set(cursor)?;
    cursor.spaces();
    cursor.byte(b')', ")")?;
    match seqs.len() == uids.len() {
        true => Ok((seqs, uids)),
        false => Cursor::expected_at(at, "as many UIDs as sequence numbers"),
    }
}

/// A set without `*`.
fn plain_set(cursor: &mut Cursor<'_>) -> Parsed<UidSet> {
    let at = cursor.at();
    let set = cursor.sequence_set()?;
    match set.is_plain() {
        true => Ok(set.uids_up_to(None)),
        false => Cursor::expected_at(at, "a set without *"),
    }
}

fn ascending_set(cursor: &mut Cursor<'_>) -> Parsed<UidSet> {
    let at = cursor.at();
    let set = cursor.sequence_set()?;
    set.ascending().map_or_else(|| Cursor::expected_at(at, "an ascending set without *"), Ok)
}
