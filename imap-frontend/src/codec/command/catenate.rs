//! CATENATE: the parts that a message is put together from (RFC 4469 5).

use std::fmt;

use bytes::Bytes;

use super::{Cursor, Parsed, append};

/// One part of a message that is put together.
#[derive(Clone, PartialEq)]
pub enum CatenatePart {
    /// TEXT, or UTF8 (RFC 6855 4): these bytes.
    Text(Bytes),
    /// URL: what it leads to. It is a [`MessageUrl`](super::MessageUrl), if it can be understood;
    /// the answer to one that cannot repeats it.
    Url(Vec<u8>),
}

impl CatenatePart {
    /// The most parts of one message.
    pub const MAX: usize = 1000;

    /// How many bytes of it came with the command.
    pub(super) fn received(&self) -> usize {
        match self {
            Self::Text(bytes) => bytes.len(),
            Self::Url(_) => 0,
        }
    }
}

impl fmt::Debug for CatenatePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(bytes) => write!(f, "Text({} bytes)", bytes.len()),
            Self::Url(url) => write!(f, "Url({})", url.escape_ascii()),
        }
    }
}

/// What follows the word CATENATE.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Vec<CatenatePart>> {
    cursor.space()?;
    let mut parts = 0;
    cursor.list1("a list of parts", |cursor| {
        parts += 1;
        if parts > CatenatePart::MAX {
            return cursor.expected("at most 1000 parts");
        }
        part(cursor)
    })
}

fn part(cursor: &mut Cursor<'_>) -> Parsed<CatenatePart> {
    type Read = fn(&mut Cursor<'_>) -> Parsed<CatenatePart>;
    let kinds: [(&str, Read); 3] = [
        ("TEXT", |cursor| cursor.message_literal().map(CatenatePart::Text)),
        ("UTF8", |cursor| append::in_utf8(cursor).map(CatenatePart::Text)),
        ("URL", |cursor| cursor.astring().map(|url| CatenatePart::Url(url.into_owned()))),
    ];
    let read = cursor.one_of(&kinds, "TEXT, UTF8 or URL")?;
    cursor.space()?;
    read(cursor)
}
