//! Bytes of a message: which part of it, and which bytes of that.

use std::num::NonZeroU64;
use std::ops::Range;

use mailstore::mime::{FieldMode, Section, What};

use super::{Cursor, Parsed};

/// Bytes of a message that FETCH asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Under which name it was asked, and is to be answered.
    pub name: ContentName,
    /// Which part (RFC 9051 6.4.5.1).
    pub section: Section,
    /// Which bytes of it.
    pub partial: Option<Partial>,
    /// Whether fetching it sets `\Seen`.
    pub marks: Marks,
}

/// Under which name contents are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentName {
    /// `BODY[section]<partial>`.
    Body,
    /// `RFC822`: as `BODY[]`.
    Rfc822,
    /// `RFC822.HEADER`: as `BODY.PEEK[HEADER]`.
    Rfc822Header,
    /// `RFC822.TEXT`: as `BODY[TEXT]`.
    Rfc822Text,
    /// `BINARY[section]<partial>`: the transfer encoding undone (RFC 3516 4.2).
    Binary,
    /// `BINARY.SIZE[section]`: the length of that.
    BinarySize,
}

/// Whether fetching sets `\Seen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// It does.
    Seen,
    /// It does not: `.PEEK`.
    Nothing,
}

/// `<offset.length>`: a range of bytes, cut to what is there; of BINARY the decoded ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The first byte, from 0.
    pub offset: u64,
    /// At most so many; the most there can be for `<offset>`, which some clients ask of BINARY.
    pub length: NonZeroU64,
}

impl Partial {
    /// The range.
    pub fn range(self) -> Range<u64> {
        self.offset..self.offset.saturating_add(self.length.get())
    }
}

/// The longest path: parts nest less deeply than that.
const MAX_DEPTH: usize = 64;

/// The content that this word, just passed, asks for.
pub(super) fn parse(cursor: &mut Cursor<'_>, word: &[u8]) -> Parsed<Option<Content>> {
    let whole = |name, what, marks| {
        Ok(Some(Content {
            name,
            section: Section { path: Vec::new(), what },
            partial: None,
            marks,
        }))
    };
    match word.to_ascii_uppercase().as_slice() {
        b"RFC822" => whole(ContentName::Rfc822, What::Full, Marks::Seen),
        b"RFC822.HEADER" => whole(ContentName::Rfc822Header, What::Header, Marks::Nothing),
        b"RFC822.TEXT" => whole(ContentName::Rfc822Text, What::Text, Marks::Seen),
        b"BODY" if cursor.peek() == Some(b'[') => named(cursor, ContentName::Body, Marks::Seen),
        b"BODY.PEEK" => named(cursor, ContentName::Body, Marks::Nothing),
        b"BINARY" => named(cursor, ContentName::Binary, Marks::Seen),
        b"BINARY.PEEK" => named(cursor, ContentName::Binary, Marks::Nothing),
        b"BINARY.SIZE" => named(cursor, ContentName::BinarySize, Marks::Nothing),
        _ => Ok(None),
    }
}

/// `[section]<partial>` after a name. BINARY takes the sections that are text too, as other servers
/// let it.
fn named(cursor: &mut Cursor<'_>, name: ContentName, marks: Marks) -> Parsed<Option<Content>> {
    cursor.byte(b'[', "[")?;
    let section = section(cursor)?;
    cursor.byte(b']', "]")?;
    let partial = match name != ContentName::BinarySize && cursor.eat(b'<') {
        true => Some(partial(cursor, name)?),
        false => None,
    };
    Ok(Some(Content { name, section, partial, marks }))
}

fn partial(cursor: &mut Cursor<'_>, name: ContentName) -> Parsed<Partial> {
    let offset = cursor.number64()?;
    if name == ContentName::Binary && cursor.eat(b'>') {
        return Ok(Partial { offset, length: NonZeroU64::MAX });
    }
    cursor.byte(b'.', ".")?;
    let at = cursor.at();
    let Some(length) = NonZeroU64::new(cursor.number64()?) else {
        return Cursor::expected_at(at, "a number above 0");
    };
    cursor.byte(b'>', ">")?;
    Ok(Partial { offset, length })
}

/// A section that stands alone, as in a URL. There the whole message has none.
pub(in crate::codec::command) fn section_alone(text: &str) -> Option<Section> {
    let mut cursor = Cursor::new(text.as_bytes());
    let section = section(&mut cursor).ok()?;
    cursor.peek().is_none().then_some(section)
}

fn section(cursor: &mut Cursor<'_>) -> Parsed<Section> {
    let mut path = Vec::new();
    if cursor.peek() == Some(b']') {
        return Ok(Section { path, what: What::Full });
    }
    while cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        if path.len() == MAX_DEPTH {
            return cursor.expected("at most 64 part numbers");
        }
        path.push(cursor.nz_number()?.get());
        if !cursor.eat(b'.') {
            return Ok(Section { path, what: What::Full });
        }
    }
    let at = cursor.at();
    let what = what(cursor)?;
    if what == What::Mime && path.is_empty() {
        return Cursor::expected_at(at, "a part number before MIME");
    }
    Ok(Section { path, what })
}

fn what(cursor: &mut Cursor<'_>) -> Parsed<What> {
    let at = cursor.at();
    match cursor.word().to_ascii_uppercase().as_slice() {
        b"HEADER" => Ok(What::Header),
        b"TEXT" => Ok(What::Text),
        b"MIME" => Ok(What::Mime),
        b"HEADER.FIELDS" => header_fields(cursor, FieldMode::Only),
        b"HEADER.FIELDS.NOT" => header_fields(cursor, FieldMode::Not),
        _ => Cursor::expected_at(at, "a section"),
    }
}

fn header_fields(cursor: &mut Cursor<'_>, mode: FieldMode) -> Parsed<What> {
    cursor.spaces();
    let names = cursor.list1("a list of field names", Cursor::astring_text)?;
    Ok(What::HeaderFields { names, mode })
}
