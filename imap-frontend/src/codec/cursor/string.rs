//! Atoms, quoted strings, literals and what is made of them.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Cursor, Parsed, is_astring_char, is_atom_char, is_list_char};
use crate::codec::mailbox::{MailboxName, Pattern};

impl<'a> Cursor<'a> {
    /// An atom.
    pub(in crate::codec) fn atom(&mut self, expected: &'static str) -> Parsed<&'a str> {
        let at = self.at();
        match self.run(is_atom_char) {
            [] => Self::expected_at(at, expected),
            atom => str::from_utf8(atom).or_else(|_| Self::expected_at(at, expected)),
        }
    }

    /// An object identifier (RFC 8474 7).
    pub(in crate::codec) fn object_id(&mut self) -> Parsed<&'a str> {
        let at = self.at();
        let id = self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        match str::from_utf8(id) {
            Ok(id) if (1..=255).contains(&id.len()) => Ok(id),
            _ => Self::expected_at(at, "an object identifier"),
        }
    }

    /// An atom, a quoted string or a literal.
    pub(in crate::codec) fn astring(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.bare_or_string(is_astring_char)
    }

    /// An astring that must be UTF-8.
    pub(in crate::codec) fn astring_text(&mut self) -> Parsed<String> {
        let at = self.at();
        Self::text_of(self.astring()?, at)
    }

    /// A quoted string or a literal.
    pub(in crate::codec) fn string(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => self.expected("a string"),
        }
    }

    /// A string that must be UTF-8.
    pub(in crate::codec) fn string_text(&mut self) -> Parsed<String> {
        let at = self.at();
        Self::text_of(self.string()?, at)
    }

    /// A string that must be UTF-8, or NIL.
    pub(in crate::codec) fn nstring_text(&mut self) -> Parsed<Option<String>> {
        if self.eat_word("NIL") { Ok(None) } else { self.string_text().map(Some) }
    }

    /// The name of a mailbox, decoded.
    pub(in crate::codec) fn mailbox(&mut self) -> Parsed<MailboxName> {
        let at = self.at();
        let name = self.astring().or_else(|_| Self::expected_at(at, "a mailbox name"))?;
        MailboxName::decode(&name, self.names).ok_or(crate::codec::CommandError::MailboxName { at })
    }

    /// What LIST looks for.
    pub(in crate::codec) fn pattern(&mut self) -> Parsed<Pattern> {
        let pattern = self.bare_or_string(is_list_char)?;
        Ok(Pattern::decode(&pattern, self.names))
    }

    /// A literal, in the text or received apart from it; or a literal8 (RFC 3516), which alone may
    /// contain NUL.
    pub(in crate::codec) fn literal(&mut self) -> Parsed<&'a [u8]> {
        let at = self.at();
        let binary = self.eat(b'~');
        self.byte(b'{', "a string")?;
        let len = self.number64()?;
        self.eat(b'+');
        self.byte(b'}', "}")?;
        self.eat(b'\r');
        self.byte(b'\n', "a line end")?;
        if let Some(message) = self.message() {
            return Ok(message);
        }
        let bytes = usize::try_from(len).ok().and_then(|len| self.exactly(len));
        match bytes {
            Some(bytes) if binary || !bytes.contains(&0) => Ok(bytes),
            Some(_) => Self::expected_at(at, "a literal without NUL"),
            None => Self::expected_at(at, "a whole literal"),
        }
    }

    /// A literal as a buffer of its own: without a copy if it was received apart from the text.
    pub(in crate::codec) fn message_literal(&mut self) -> Parsed<Bytes> {
        let apart = self.messages.first().map(|(_, message)| message.clone());
        let before = self.messages.len();
        let bytes = self.literal()?;
        match apart {
            Some(message) if self.messages.len() < before => Ok(message),
            _ => Ok(Bytes::copy_from_slice(bytes)),
        }
    }

    /// Passes the message literal that stood here, if there was one.
    fn message(&mut self) -> Option<&'a [u8]> {
        let ((offset, message), rest) = self.messages.split_first()?;
        if *offset != self.at {
            return None;
        }
        self.messages = rest;
        self.passed += message.len();
        Some(message)
    }

    fn bare_or_string(&mut self, class: fn(u8) -> bool) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => match self.run(class) {
                [] => self.expected("an atom or a string"),
                bare => Ok(Cow::Borrowed(bare)),
            },
        }
    }

    fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        let at = self.at();
        self.eat(b'"');
        let plain = self.run(is_quoted_char);
        if self.eat(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        // As much as there is at most: names and passwords are kept as they are made here.
        let mut text = Vec::with_capacity(plain.len() + self.quoted_len());
        text.extend_from_slice(plain);
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escaped()?),
                Some(b'\r' | b'\n' | 0) | None => return Self::expected_at(at, "a closed quote"),
                Some(_) => text.extend_from_slice(self.run(is_quoted_char)),
            }
        }
        self.eat(b'"');
        Ok(Cow::Owned(text))
    }

    /// How many bytes there are up to the quote that is not escaped, escapes included.
    fn quoted_len(&self) -> usize {
        let mut ahead = self.clone();
        while ahead.eat(b'\\') && ahead.exactly(1).is_some() {
            ahead.run(is_quoted_char);
        }
        ahead.at - self.at
    }

    fn escaped(&mut self) -> Parsed<u8> {
        self.eat(b'\\');
        match self.peek() {
            Some(byte @ (b'"' | b'\\')) => {
                self.eat(byte);
                Ok(byte)
            }
            _ => self.expected("\\ or \" after \\"),
        }
    }

    fn text_of(bytes: Cow<'_, [u8]>, at: usize) -> Parsed<String> {
        String::from_utf8(bytes.into_owned()).or_else(|_| Self::expected_at(at, "UTF-8"))
    }
}

/// What stands for itself in a quoted string. Bytes over 127 are let through; whether they are
/// UTF-8 is looked at where it matters.
fn is_quoted_char(byte: u8) -> bool {
    !matches!(byte, b'"' | b'\\' | b'\r' | b'\n' | 0)
}
