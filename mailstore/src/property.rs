//! Properties: what is stored of an account or a mailbox beside its mail, by key. METADATA (RFC
//! 5464), ACL (RFC 4314) and filters (RFC 5466) are made of them.
//!
//! A key is an area and a name with a slash between, `metadata/shared/comment`; what a value means
//! is up to its area.

use bytes::Bytes;

use crate::id::MailboxId;

/// Longest key, in bytes.
pub const MAX_KEY: usize = 512;
/// Longest value, in bytes.
pub const MAX_VALUE: usize = 64 << 10;
/// Most properties of one mailbox, or of the account as such.
pub const MAX_PROPERTIES: usize = 1_000;
/// Most bytes, keys and values together, that the properties of one mailbox, or of the account as
/// such, may have. So one page always holds them all.
pub const MAX_TOTAL: usize = 1 << 20;

/// A property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Property {
    /// Of which mailbox; `None`: of the account as such.
    pub mailbox: Option<MailboxId>,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Bytes,
}

impl Property {
    /// How much it counts towards [`MAX_TOTAL`].
    pub fn size(&self) -> usize {
        self.key.len() + self.value.len()
    }
}

/// A property to set or to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyChange {
    /// Of which mailbox; `None`: of the account as such.
    pub mailbox: Option<MailboxId>,
    /// Its key.
    pub key: String,
    /// Its value from now on; `None` removes it.
    pub value: Option<Bytes>,
}

/// Whose properties are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Those of the account as such.
    Account,
    /// Those of one mailbox.
    Mailbox(MailboxId),
    /// Those of all its mailboxes.
    Mailboxes,
}

impl Scope {
    /// The scope of one mailbox, or of the account as such.
    pub fn of(mailbox: Option<MailboxId>) -> Self {
        mailbox.map_or(Self::Account, Self::Mailbox)
    }

    /// Does it hold the properties of that mailbox, or of the account as such?
    pub fn holds(self, mailbox: Option<MailboxId>) -> bool {
        match self {
            Self::Account => mailbox.is_none(),
            Self::Mailbox(id) => mailbox == Some(id),
            Self::Mailboxes => mailbox.is_some(),
        }
    }
}

/// Which properties are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WantedProperties {
    /// Whose.
    pub scope: Scope,
    /// Those whose keys begin like this.
    pub prefix: String,
    /// Those after this mailbox and key only, in the order of [`Property`].
    pub after: Option<(Option<MailboxId>, String)>,
}

impl WantedProperties {
    /// Is that property among them?
    pub fn has(&self, mailbox: Option<MailboxId>, key: &str) -> bool {
        let after = |(last, last_key): &(Option<MailboxId>, String)| {
            (mailbox, key) > (*last, last_key.as_str())
        };
        self.scope.holds(mailbox)
            && key.starts_with(&self.prefix)
            && self.after.as_ref().is_none_or(after)
    }
}

/// Some properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyPage {
    /// The properties, ascending.
    pub list: Vec<Property>,
    /// Are there more after the last of them?
    pub more: bool,
}
