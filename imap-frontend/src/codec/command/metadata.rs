//! GETMETADATA and SETMETADATA (RFC 5464 4.2, 4.3).

use std::fmt;

use bytes::Bytes;

use super::{Cursor, MailboxName, Parsed};

/// The name of an entry, in lower case: names mean the same in any case (RFC 5464 3.2).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry(Box<str>);

impl Entry {
    /// An entry of that name. `None` if it does not begin with `/private` or `/shared`, has an
    /// empty part, or holds a wildcard or what is not printable ASCII.
    pub fn new(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let mut parts = name.split('/');
        let rooted = parts.next() == Some("")
            && matches!(parts.next(), Some("private" | "shared"))
            && parts.all(|part| !part.is_empty());
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'*' | b'%');
        (rooted && name.bytes().all(plain)).then(|| Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far below an entry its descendants are asked for (RFC 5464 4.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// `0`: not at all.
    #[default]
    Zero,
    /// `1`: its children.
    One,
    /// `infinity`: all of them.
    Infinity,
}

/// GETMETADATA.
#[derive(Clone, Debug, PartialEq)]
pub struct GetMetadata {
    /// Of which mailbox; the empty name is the server.
    pub mailbox: MailboxName,
    /// MAXSIZE: only values of up to so many bytes (RFC 5464 4.2.1).
    pub max_size: Option<u64>,
    /// DEPTH.
    pub depth: Depth,
    /// Which entries, at least one.
    pub entries: Vec<Entry>,
}

/// SETMETADATA.
#[derive(Clone, Debug, PartialEq)]
pub struct SetMetadata {
    /// Of which mailbox; the empty name is the server.
    pub mailbox: MailboxName,
    /// The entries and their values; `None` removes one.
    pub values: Vec<(Entry, Option<Bytes>)>,
}

#[derive(Clone, Copy)]
enum Word {
    MaxSize,
    Depth,
}

const OPTIONS: [(&str, Word); 2] = [("MAXSIZE", Word::MaxSize), ("DEPTH", Word::Depth)];
const DEPTHS: [(&str, Depth); 3] =
    [("0", Depth::Zero), ("1", Depth::One), ("infinity", Depth::Infinity)];

/// The options stand before the mailbox in the RFC's grammar and behind it in its examples.
pub(super) fn parse_get(cursor: &mut Cursor<'_>) -> Parsed<GetMetadata> {
    let mut options = (None, Depth::Zero);
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        self::options(cursor, &mut options)?;
        cursor.space()?;
    }
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    if begins_with_option(cursor) {
        self::options(cursor, &mut options)?;
        cursor.space()?;
    }
    let (max_size, depth) = options;
    Ok(GetMetadata { mailbox, max_size, depth, entries: entries(cursor)? })
}

fn begins_with_option(cursor: &Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    ahead.eat(b'(') && {
        ahead.spaces();
        OPTIONS.iter().any(|(name, _)| ahead.eat_word(name))
    }
}

fn options(cursor: &mut Cursor<'_>, options: &mut (Option<u64>, Depth)) -> Parsed<()> {
    cursor.list1("a list of options", |cursor| {
        let option = cursor.one_of(&OPTIONS, "MAXSIZE or DEPTH")?;
        cursor.space()?;
        match option {
            Word::MaxSize => options.0 = Some(cursor.number64()?),
            Word::Depth => options.1 = cursor.one_of(&DEPTHS, "0, 1 or infinity")?,
        }
        Ok(())
    })?;
    Ok(())
}

/// Entries: one, several in parentheses, or several without, as in RFC 5464 4.4.1.
fn entries(cursor: &mut Cursor<'_>) -> Parsed<Vec<Entry>> {
    if cursor.peek() == Some(b'(') {
        return listed_entries(cursor);
    }
    let mut entries = vec![entry(cursor)?];
    while cursor.more() {
        entries.push(entry(cursor)?);
    }
    Ok(entries)
}

/// Entries in parentheses.
pub(super) fn listed_entries(cursor: &mut Cursor<'_>) -> Parsed<Vec<Entry>> {
    cursor.list1("a list of entries", entry)
}

fn entry(cursor: &mut Cursor<'_>) -> Parsed<Entry> {
    let at = cursor.at();
    let name = cursor.astring_text()?;
    Entry::new(&name).map_or_else(|| Cursor::expected_at(at, "a metadata entry"), Ok)
}

pub(super) fn parse_set(cursor: &mut Cursor<'_>) -> Parsed<SetMetadata> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let values = cursor.list1("a list of entries and values", |cursor| {
        let entry = entry(cursor)?;
        cursor.space()?;
        Ok((entry, value(cursor)?))
    })?;
    Ok(SetMetadata { mailbox, values })
}

/// A string, a literal8 (RFC 3516), or NIL.
fn value(cursor: &mut Cursor<'_>) -> Parsed<Option<Bytes>> {
    match cursor.peek() {
        Some(b'~') => Ok(Some(Bytes::copy_from_slice(cursor.literal()?))),
        _ if cursor.eat_word("NIL") => Ok(None),
        _ => Ok(Some(Bytes::from(cursor.string()?.into_owned()))),
    }
}
