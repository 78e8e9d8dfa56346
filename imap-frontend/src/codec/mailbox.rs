//! Names of mailboxes, and patterns of them.

mod pattern;
pub mod utf7;

use std::borrow::Cow;
use std::fmt;

use mailstore::mailbox::SEPARATOR;
use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use pattern::Pattern;

/// How names of mailboxes are written on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Modified UTF-7 (RFC 3501 5.1.3).
    #[default]
    Utf7,
    /// UTF-8, once the client has enabled IMAP4rev2 or UTF8=ACCEPT (RFC 9051 5.1, RFC 6855 3).
    Utf8,
}

impl Names {
    /// What a client wrote; `None` if it is nothing of the kind. Where modified UTF-7 is spoken, a name
    /// with bytes over 127 is taken as UTF-8, in which `&` is itself: some clients send it without
    /// having enabled it.
    fn decode(self, text: &[u8]) -> Option<String> {
        match self {
            Self::Utf7 => utf7::decode_lenient(text),
            Self::Utf8 => str::from_utf8(text).ok().map(str::to_owned),
        }
    }

    /// A name as it is written.
    pub(super) fn encode(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Utf7 => utf7::encode(name),
            Self::Utf8 => Cow::Borrowed(name),
        }
    }
}

/// A text in Unicode Normalization Form C, so that what looks the same is the same (RFC 9051 5.1).
fn composed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() || is_nfc(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.nfc().collect()),
    }
}

/// The name of a mailbox, as UTF-8 in Normalization Form C, with the hierarchy in it. INBOX, which clients may write in
/// any case (RFC 9051 5.1), is `INBOX`, also as the level above others. However it was written, it is the same.
#[derive(Clone, Eq)]
pub struct MailboxName {
    name: Box<str>,
    /// What the client wrote, if that is not the name.
    written: Option<Box<str>>,
}

impl MailboxName {
    /// The mailbox that always exists.
    pub const INBOX: &str = "INBOX";

    /// A name that is text already.
    pub fn new(name: &str) -> Self {
        let (top, below) = name.split_at(name.find(SEPARATOR).unwrap_or(name.len()));
        let named = match top.eq_ignore_ascii_case(Self::INBOX) {
            true => Cow::Owned([Self::INBOX, &*composed(below)].concat()),
            false => composed(name),
        };
        let written = (named != name).then(|| name.into());
        Self { name: named.into(), written }
    }

    /// A name as a client writes it. `None` if it is none, or contains a control character.
    pub fn decode(name: &[u8], names: Names) -> Option<Self> {
        let text = names.decode(name)?;
        (!text.chars().any(char::is_control)).then(|| Self::new(&text))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// As it was written, if that looks the same and is not the same.
    pub fn written(&self) -> Option<&str> {
        self.written.as_deref()
    }

    /// Is it INBOX?
    pub fn is_inbox(&self) -> bool {
        &*self.name == Self::INBOX
    }
}

impl PartialEq for MailboxName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.name)
    }
}
