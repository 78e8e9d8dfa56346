//! Address lists (RFC 5322 3.4 and 4.4), as forgiving as mail is.
//!
//! One pass, never an error. Encoded words and 8-bit text stay as they are, quoting and comments
//! are undone; `addr (Name)` gives the name of old.

use memchr::{memchr, memchr2};

use crate::mime::header::encoded_word_len;

/// How far ahead the end of an encoded word, a domain literal or a route is looked for.
const MAX_AHEAD: usize = 1024;

/// One address of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A mailbox.
    Mailbox(Mailbox),
    /// The start of a group, with its name.
    GroupStart(Vec<u8>),
    /// The end of a group.
    GroupEnd,
}

/// A mailbox of an envelope, undecoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, or else the last comment.
    pub name: Option<Vec<u8>>,
    /// The source route (RFC 5322 4.4), such as `@a,@b`.
    pub route: Option<Vec<u8>>,
    /// The part before the `@`, without quotes. Empty if there is none.
    pub local: Vec<u8>,
    /// The part after the `@`. Empty if there is none: NIL would mean a group.
    pub host: Vec<u8>,
}

impl Address {
    /// What it costs to show, at least its parentheses and quotes.
    pub(super) fn cost(&self) -> usize {
        let texts = match self {
            Self::Mailbox(it) => {
                let optional = |text: &Option<Vec<u8>>| text.as_ref().map_or(0, Vec::len);
                optional(&it.name) + optional(&it.route) + it.local.len() + it.host.len()
            }
            Self::GroupStart(name) => name.len(),
            Self::GroupEnd => 0,
        };
        texts + 20
    }
}

/// Appends the addresses of an unfolded value to `list`, while `budget` lasts. A group that is
/// begun is ended.
pub(super) fn parse(value: &[u8], budget: &mut usize, list: &mut Vec<Address>) {
    let mut parser = Parser { rest: value };
    let (mut group, mut shown) = (Group::Outside, Group::Outside);
    while let Some(address) = parser.next(&mut group) {
        let Some(left) = budget.checked_sub(address.cost()) else {
            *budget = 0;
            break;
        };
        *budget = left;
        match address {
            Address::GroupStart(_) => shown = Group::Inside,
            Address::GroupEnd => shown = Group::Outside,
            Address::Mailbox(_) => {}
        }
        list.push(address);
    }
    if shown == Group::Inside {
        list.push(Address::GroupEnd);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Outside,
    Inside,
}

struct Parser<'a> {
    rest: &'a [u8],
}

/// Words up to some delimiter: their text with quoting undone and one space for any white space
/// between them, and where in it the first unquoted `@` and the word before it stand.
#[derive(Default)]
struct Words {
    text: Vec<u8>,
    at: Option<usize>,
    word: usize,
    gap: bool,
    comment: Option<Vec<u8>>,
}

impl Words {
    /// The text, ready for more of it.
    fn begin(&mut self) -> &mut Vec<u8> {
        if std::mem::take(&mut self.gap) && !self.text.is_empty() {
            self.text.push(b' ');
            if self.at.is_none() {
                self.word = self.text.len();
            }
        }
        &mut self.text
    }

    fn sign(&mut self) {
        if self.at.is_some() {
            self.begin();
        } else {
            self.at = Some(self.text.len());
            self.gap = false;
        }
        self.text.push(b'@');
    }

    fn local(&self) -> &[u8] {
        let end = self.at.unwrap_or(self.text.len());
        self.text.get(self.word..end).unwrap_or_default()
    }

    /// What follows the `@`; white space in it is obsolete syntax and only stands beside dots.
    fn host(&self) -> Vec<u8> {
        let after = self.at.and_then(|at| self.text.get(at + 1..)).unwrap_or_default();
        let mut host = Vec::with_capacity(after.len());
        for word in after.split(|byte| *byte == b' ') {
            let joins = host.is_empty() || host.ends_with(b".") || word.starts_with(b".");
            if !joins {
                break;
            }
            host.extend_from_slice(word);
        }
        host
    }

    fn name(self) -> Option<Vec<u8>> {
        if self.text.is_empty() { self.comment } else { Some(self.text) }
    }

    /// An address without angle brackets: `a@b`, `a@b (Name)`, `Name a@b`, `a`, `a at b (Name)`, and
    /// a mere `Some Name`.
    fn bare(self) -> Option<Mailbox> {
        if self.text.is_empty() {
            return None;
        }
        if self.at.is_none() && self.text.contains(&b' ') {
            let (name, local) = match self.comment {
                Some(comment) => (comment, self.text),
                None => (self.text, Vec::new()),
            };
            return Some(Mailbox { name: Some(name), local, ..Mailbox::default() });
        }
        let (local, host) = (self.local().to_vec(), self.host());
        let before = self.text.get(..self.word).unwrap_or_default().trim_ascii();
        let words = (!before.is_empty()).then(|| before.to_vec());
        Some(Mailbox { name: self.comment.or(words), route: None, local, host })
    }
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn next(&mut self, group: &mut Group) -> Option<Address> {
        loop {
            let words = self.words(b",;<:");
            match self.peek() {
                Some(b'<') => return Some(Address::Mailbox(self.angle(words))),
                Some(b':') if *group == Group::Outside => {
                    self.take(1);
                    *group = Group::Inside;
                    return Some(Address::GroupStart(words.text));
                }
                _ => {}
            }
            if let Some(mailbox) = words.bare() {
                return Some(Address::Mailbox(mailbox));
            }
            if self.take(1).first()? == &b';' && *group == Group::Inside {
                *group = Group::Outside;
                return Some(Address::GroupEnd);
            }
        }
    }

    /// The mailbox in angle brackets, whose display name are the words before.
    fn angle(&mut self, before: Words) -> Mailbox {
        self.take(1);
        let route = self.route();
        let inner = self.words(b">,;<");
        if self.peek() == Some(b'>') {
            self.take(1);
        }
        let after = self.words(b",;<");
        let local = inner.text.get(..inner.at.unwrap_or(inner.text.len())).unwrap_or_default();
        Mailbox {
            route,
            local: local.trim_ascii().to_vec(),
            host: inner.host(),
            name: before.name().or(after.comment),
        }
    }

    /// The source route before the address: `@a,@b:`.
    fn route(&mut self) -> Option<Vec<u8>> {
        self.rest = self.rest.trim_ascii_start();
        let ahead = self.rest.get(..MAX_AHEAD).unwrap_or(self.rest);
        let end = memchr2(b':', b'>', ahead).filter(|end| ahead[*end] == b':')?;
        if !ahead.starts_with(b"@") {
            return None;
        }
        let route = self.take(end).iter().copied().filter(|byte| !byte.is_ascii_whitespace());
        let route = route.collect();
        self.take(1);
        Some(route)
    }

    /// Words up to one of these bytes, which is left.
    fn words(&mut self, stops: &[u8]) -> Words {
        let mut words = Words::default();
        while let Some(byte) = self.peek().filter(|byte| !stops.contains(byte)) {
            match byte {
                b' ' | b'\t' | b'>' => {
                    self.take(1);
                    words.gap = true;
                }
                b'(' => {
                    words.comment = Some(self.comment());
                    words.gap = true;
                }
                b'"' => self.quoted(words.begin()),
                b'@' => {
                    words.sign();
                    self.take(1);
                }
                _ => {
                    let len = self.atom_len(words.at, stops);
                    words.begin().extend_from_slice(self.take(len));
                }
            }
        }
        words
    }

    /// How much from here on is taken as it is: an encoded word, whatever is in it; a domain
    /// literal after an `@`; else up to the next special.
    fn atom_len(&self, at: Option<usize>, stops: &[u8]) -> usize {
        let ahead = self.rest.get(..MAX_AHEAD).unwrap_or(self.rest);
        let whole = match self.peek() {
            Some(b'=') => encoded_word_len(ahead),
            Some(b'[') if at.is_some() => memchr(b']', ahead).map(|end| end + 1),
            _ => None,
        };
        let special = |byte: &u8| b" \t>(\"@=[".contains(byte) || stops.contains(byte);
        whole.unwrap_or_else(|| {
            1 + self.rest.iter().skip(1).position(special).unwrap_or(self.rest.len() - 1)
        })
    }

    fn quoted(&mut self, out: &mut Vec<u8>) {
        self.take(1);
        loop {
            let len = memchr2(b'"', b'\\', self.rest).unwrap_or(self.rest.len());
            out.extend_from_slice(self.take(len));
            match self.take(1) {
                b"\\" => out.extend_from_slice(self.take(1)),
                _ => return,
            }
        }
    }

    /// The text of a comment, in which others may be nested.
    fn comment(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut depth = 0usize;
        while let Some(byte) = self.take(1).first() {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            match byte {
                b'(' if depth == 1 => {}
                b')' if depth == 0 => break,
                b'\\' => text.extend_from_slice(self.take(1)),
                _ => text.push(*byte),
            }
        }
        text.trim_ascii().to_vec()
    }
}

#[cfg(test)]
mod tests;
