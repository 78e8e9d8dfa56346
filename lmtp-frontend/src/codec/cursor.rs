//! A place in a line, and what was expected there.

/// What a line should have had, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at column {}", .at + 1)]
pub struct SyntaxError {
    /// Bytes before the place, counted from the start of the line. Shown as a column from 1.
    pub at: usize,
    /// What would have been right there.
    pub expected: &'static str,
}

/// Reads a line from left to right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(line: &'a [u8]) -> Self {
        Self { line, at: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// What is not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// An error at this place.
    pub(crate) fn error(&self, expected: &'static str) -> SyntaxError {
        SyntaxError { at: self.at, expected }
    }

    /// Reads one byte, whatever it is.
    pub(crate) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Reads `byte` if it is next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Reads `byte`, which must be next.
    pub(crate) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), SyntaxError> {
        if self.eat(byte) { Ok(()) } else { Err(self.error(expected)) }
    }

    /// Reads `word` if it is next, in any case.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let next = self.rest().get(..word.len()).unwrap_or_default();
        let found = next.eq_ignore_ascii_case(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Reads while `wanted` holds; possibly nothing.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !wanted(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Reads while `wanted` holds, at least one byte, as UTF-8.
    pub(crate) fn text(
        &mut self,
        wanted: impl Fn(u8) -> bool,
        expected: &'static str,
    ) -> Result<&'a str, SyntaxError> {
        let error = self.error(expected);
        let bytes = self.take_while(wanted);
        if bytes.is_empty() {
            return Err(error);
        }
        std::str::from_utf8(bytes)
            .map_err(|utf8| SyntaxError { at: error.at + utf8.valid_up_to(), expected: "UTF-8" })
    }

    /// Reads spaces; possibly none.
    pub(crate) fn spaces(&mut self) {
        self.take_while(|byte| byte == b' ');
    }

    /// Nothing but the end may come.
    pub(crate) fn end(&self) -> Result<(), SyntaxError> {
        if self.is_done() { Ok(()) } else { Err(self.error("the end of the line")) }
    }
}
