//! Reads a whole store and says what is wrong with it. Writes nothing.

mod accounts;
mod blobs;
mod properties;
#[cfg(feature = "accounts")]
mod users;

use std::fmt;
use std::path::Path;

use super::connection::{Failure, Readers};
use super::directory::OpenError;
use crate::id::{AccountId, EmailId, MailboxId};
use crate::store::StoreError;

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Accounts read.
    pub accounts: u64,
    /// Mailboxes read.
    pub mailboxes: u64,
    /// Memberships read: a copy counts as often as it stands somewhere.
    pub messages: u64,
    /// Contents read, and checked against their checksums.
    pub emails: u64,
    /// Blobs read, and checked against their digests.
    pub blobs: u64,
    /// Properties read, and checked against their checksums.
    pub properties: u64,
    /// Users read (none without the feature `accounts`).
    pub users: u64,
    /// Addresses read (none without the feature `accounts`).
    pub addresses: u64,
    /// Records of users read, and checked against their checksums.
    pub records: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Report {
    fn found(&mut self, place: Place, what: impl Into<String>) {
        self.findings.push(Finding { place, what: what.into() });
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the database file.
    Database,
    /// In an account.
    Account(AccountId),
    /// In a mailbox.
    Mailbox(AccountId, MailboxId),
    /// In a message's content.
    Email(AccountId, EmailId),
    /// In a blob, by its digest.
    Blob(String),
    /// A file of the blob store.
    Object(String),
    /// A user, by login name.
    User(String),
    /// The address of a user.
    Address(String),
    /// A record of an account, by its key.
    Record(i64, String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database => f.write_str("database"),
            Self::Account(account) => write!(f, "account {account}"),
            Self::Mailbox(account, mailbox) => {
                write!(f, "account {account}, mailbox {}", mailbox.0)
            }
            Self::Email(account, email) => write!(f, "account {account}, email {email}"),
            Self::Blob(digest) => write!(f, "blob {digest}"),
            Self::Object(name) => write!(f, "object {name}"),
            Self::User(name) => write!(f, "user {name}"),
            Self::Address(address) => write!(f, "address {address}"),
            Self::Record(account, key) => write!(f, "account {account}, record {key}"),
        }
    }
}

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no store there.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] StoreError),
}

/// Checks the store in `dir`: recounts every counter, verifies every checksum and digest, and lists
/// what nothing refers to. May run beside a server; what is written meanwhile may or may not be
/// seen, one account at a time.
pub fn check(dir: &Path) -> Result<Report, CheckError> {
    let path = super::database(dir);
    if !path.exists() {
        return Err(OpenError::new(dir, "there is no mail store in it").into());
    }
    let readers = Readers::new(path);
    let mut report = Report::default();
    readers.read("check the database", |db| database(db, &mut report))?;
    #[cfg(feature = "accounts")]
    readers.read("check the users", |db| users::check(db, &mut report))?;
    let mut last = -1;
    while let Some(next) = readers.read("check an account", |db| accounts::next(db, last))? {
        readers.read("check an account", |db| accounts::check(db, next, &mut report))?;
        last = next.get();
    }
    blobs::check(&readers, &dir.join("blobs"), &mut report)?;
    Ok(report)
}

fn database(db: &rusqlite::Connection, report: &mut Report) -> Result<(), Failure> {
    let mut statement = db.prepare("PRAGMA integrity_check")?;
    let lines: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for line in lines.into_iter().filter(|line| line != "ok") {
        report.found(Place::Database, line);
    }
    Ok(())
}
