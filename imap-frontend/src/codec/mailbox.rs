//! Names of mailboxes, and patterns of them.

mod pattern;
pub mod utf7;

use std::fmt;

pub use pattern::Pattern;

/// The name of a mailbox, as UTF-8, with the hierarchy in it. INBOX, which clients may write in
/// any case (RFC 9051 5.1), is `INBOX`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxName(Box<str>);

impl MailboxName {
    /// The mailbox that always exists.
    pub const INBOX: &str = "INBOX";

    /// A name that is text already.
    pub fn new(name: &str) -> Self {
        let inbox = name.eq_ignore_ascii_case(Self::INBOX);
        Self(if inbox { Self::INBOX } else { name }.into())
    }

    /// A name as a client writes it: modified UTF-7 (RFC 3501 5.1.3), or UTF-8 if it has bytes over
    /// 127. `None` if it is neither, or contains a control character.
    pub fn decode(name: &[u8]) -> Option<Self> {
        let text = utf7::decode_lenient(name)?;
        (!text.chars().any(char::is_control)).then(|| Self::new(&text))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is it INBOX?
    pub fn is_inbox(&self) -> bool {
        &*self.0 == Self::INBOX
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}
