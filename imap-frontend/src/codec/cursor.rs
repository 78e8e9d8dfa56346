//! Reads a command from left to right. Every error says at which byte.
//!
//! Tolerant where clients are known to be careless: any number of spaces where one is due, spaces
//! inside parentheses and at the end of the line, any case. Strict otherwise.

mod class;
mod flag;
mod number;
mod string;

use bytes::Bytes;

pub(super) use class::{is_astring_char, is_atom_char, is_list_char};

use super::{CommandError, CommandText, Names, SyntaxError};

/// What a parse gives.
pub(super) type Parsed<T> = Result<T, CommandError>;

/// A place in a command.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    /// Message literals further on, each with the offset in `text` where it stood.
    messages: &'a [(usize, Bytes)],
    /// The bytes of message literals already passed: `text` does not count them, positions do.
    passed: usize,
    names: Names,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, messages: &[], passed: 0, names: Names::Utf7 }
    }

    pub(super) fn of(command: &'a CommandText) -> Self {
        let (text, messages, names) = (command.text(), command.messages(), command.names());
        Self { text, at: 0, messages, passed: 0, names }
    }

    /// Bytes from the start of the command, literals included.
    pub(super) fn at(&self) -> usize {
        self.at + self.passed
    }

    /// Something else should have been here.
    pub(super) fn expected<T>(&self, expected: &'static str) -> Parsed<T> {
        Self::expected_at(self.at(), expected)
    }

    /// Something else should have been there.
    pub(super) fn expected_at<T>(at: usize, expected: &'static str) -> Parsed<T> {
        Err(SyntaxError { at, expected }.into())
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Passes this byte, if it is here.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// Passes this byte, which must be here.
    pub(super) fn byte(&mut self, byte: u8, expected: &'static str) -> Parsed<()> {
        if self.eat(byte) { Ok(()) } else { self.expected(expected) }
    }

    /// Passes the bytes that are of this class, possibly none.
    pub(super) fn run(&mut self, class: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let len = rest.iter().position(|byte| !class(*byte)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    /// Passes exactly so many bytes.
    pub(super) fn exactly(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let bytes = self.text.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    /// Passes a word of the grammar: letters, digits, `.`, `-` and `=`, possibly none.
    pub(super) fn word(&mut self) -> &'a [u8] {
        self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'='))
    }

    /// Passes this word, in any case, if it is here.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = self.clone();
        let here = ahead.word().eq_ignore_ascii_case(word.as_bytes());
        if here {
            *self = ahead;
        }
        here
    }

    /// Passes one of these words, in any case, and gives what it stands for.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        words: &[(&str, T)],
        expected: &'static str,
    ) -> Parsed<T> {
        let mut ahead = self.clone();
        let word = ahead.word();
        match words.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word)) {
            Some((_, meaning)) => {
                *self = ahead;
                Ok(*meaning)
            }
            None => self.expected(expected),
        }
    }

    /// A space, or several.
    pub(super) fn space(&mut self) -> Parsed<()> {
        self.byte(b' ', "a space")?;
        self.spaces();
        Ok(())
    }

    /// Spaces, or none.
    pub(super) fn spaces(&mut self) {
        self.run(|byte| byte == b' ');
    }

    /// Passes a space with more behind it than the end of the line or of a list.
    pub(super) fn more(&mut self) -> bool {
        let mut ahead = self.clone();
        let more =
            ahead.space().is_ok() && !matches!(ahead.peek(), Some(b'\r' | b'\n' | b')') | None);
        if more {
            *self = ahead;
        }
        more
    }

    /// The end of the command.
    pub(super) fn end(&mut self) -> Parsed<()> {
        self.spaces();
        let at = self.at();
        self.eat(b'\r');
        self.eat(b'\n');
        if self.at == self.text.len() {
            return Ok(());
        }
        Self::expected_at(at, "the end of the command")
    }

    /// Items between parentheses with spaces between them, possibly none.
    pub(super) fn list<T>(
        &mut self,
        expected: &'static str,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.byte(b'(', expected)?;
        self.spaces();
        let mut items = Vec::new();
        while !self.eat(b')') {
            items.push(item(self)?);
            if !self.more() {
                self.spaces();
                self.byte(b')', "a space or )")?;
                break;
            }
        }
        Ok(items)
    }

    /// Items between parentheses with spaces between them, at least one.
    pub(super) fn list1<T>(
        &mut self,
        expected: &'static str,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let at = self.at();
        let items = self.list(expected, item)?;
        if items.is_empty() { Self::expected_at(at, expected) } else { Ok(items) }
    }
}
