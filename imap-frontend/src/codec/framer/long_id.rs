//! An ID longer than a line may be, in quoted strings: RFC 2971 3.3 allows 30 fields of 1,024 bytes,
//! before login too. It is looked at and not kept; nothing hangs on what it says.

use crate::codec::command::Id;

/// The most bytes of one string (RFC 2971 3.3).
const MAX_VALUE: u16 = 1024;

/// How far it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongId {
    at: At,
    /// How many names and values are complete.
    strings: u8,
    /// How long the present string is so far.
    len: u16,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// Where a string must begin.
    Start,
    Quoted,
    /// Behind a backslash.
    Escaped,
    /// So many letters into NIL.
    Nil(u8),
    /// Behind a string.
    Gap,
    /// Behind the list.
    Closed,
}

/// What is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// All these bytes were its own, and more will come.
    More,
    /// It ends with so many bytes of these.
    Ends(usize),
    /// It is no ID, or too long a one, as the byte behind so many shows.
    Wrong(usize),
}

impl LongId {
    /// What stands behind the tag.
    pub(super) const BEGINS: &[u8] = b" ID (";

    /// The length of the tag, if a text begins with one and that.
    pub(super) fn tag_len(text: &[u8]) -> Option<usize> {
        let tag = memchr::memchr(b' ', text)?;
        let behind = text.get(tag..tag + Self::BEGINS.len())?;
        behind.eq_ignore_ascii_case(Self::BEGINS).then_some(tag)
    }

    pub(super) fn new() -> Self {
        Self { at: At::Start, strings: 0, len: 0 }
    }

    /// Looks at more of it.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Rest {
        for (passed, byte) in bytes.iter().enumerate() {
            match (self.at, byte) {
                (At::Closed, b'\n') => return Rest::Ends(passed + 1),
                _ => match self.step(*byte) {
                    Some(next) => self.at = next,
                    None => return Rest::Wrong(passed),
                },
            }
        }
        Rest::More
    }

    fn step(&mut self, byte: u8) -> Option<At> {
        let is_value = self.strings % 2 == 1;
        match (self.at, byte) {
            (At::Start, b'"') => {
                self.len = 0;
                Some(At::Quoted)
            }
            (At::Start, b'N' | b'n') if is_value => Some(At::Nil(1)),
            (At::Nil(1), b'I' | b'i') => Some(At::Nil(2)),
            (At::Nil(2), b'L' | b'l') | (At::Quoted, b'"') => {
                self.strings += 1;
                Some(At::Gap)
            }
            (At::Quoted, b'\\') => Some(At::Escaped),
            (At::Quoted, b'\r' | b'\n' | 0) => None,
            (At::Quoted, _) | (At::Escaped, b'"' | b'\\') => {
                self.len += 1;
                (self.len <= MAX_VALUE).then_some(At::Quoted)
            }
            (At::Gap, b' ') => {
                (usize::from(self.strings) < 2 * Id::MAX_FIELDS).then_some(At::Start)
            }
            (At::Gap, b')') if !is_value => Some(At::Closed),
            (At::Closed, b'\r') => Some(At::Closed),
            _ => None,
        }
    }
}
