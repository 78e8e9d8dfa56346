//! A command as it came, whole, before it is parsed.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::Names;

/// The bytes of one command, its literals in place, except message literals, which were received
/// into buffers of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandText {
    text: Bytes,
    messages: Vec<(usize, Bytes)>,
    names: Names,
}

impl CommandText {
    /// A command all of whose literals are in the text.
    pub fn new(text: impl Into<Bytes>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A command with literals taken out of its text, each with the offset where it stood.
    pub(super) fn with_messages(text: Bytes, messages: Vec<(usize, Bytes)>) -> Self {
        Self { text, messages, names: Names::default() }
    }

    /// The same, with names of mailboxes written in this way.
    #[must_use]
    pub fn with_names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// How names of mailboxes are written in it.
    pub(super) fn names(&self) -> Names {
        self.names
    }

    /// The text, without message literals, with the line end.
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// The literals taken out, in order, each with the offset where it stood.
    pub(super) fn messages(&self) -> &[(usize, Bytes)] {
        &self.messages
    }
}

/// What a client puts in front of a command, and the server in front of its completion.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tag(Cow<'static, str>);

impl Tag {
    /// The longest tag. Clients use under ten bytes; what is repeated in every answer is capped.
    pub const MAX_LEN: usize = 256;

    /// A tag: any astring character but `+` (RFC 9051 9).
    pub fn new(tag: &[u8]) -> Option<Self> {
        let fits = !tag.is_empty() && tag.len() <= Self::MAX_LEN;
        let valid = |byte: &u8| super::cursor::is_astring_char(*byte) && *byte != b'+';
        let text = (fits && tag.iter().all(valid)).then(|| str::from_utf8(tag).ok()).flatten()?;
        Some(Self(Cow::Owned(text.to_owned())))
    }

    /// The tag of no command.
    pub(crate) const NONE: Self = Self(Cow::Borrowed("*"));

    /// The tag at the start of a command, if there is one and it is complete.
    pub fn of(command: &[u8]) -> Option<Self> {
        let end = command.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n'))?;
        command.get(..end).and_then(Self::new)
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.0)
    }
}
