//! SQLite in one directory, big blobs as files beside it. No server; the default.
//!
//! ```text
//! DIR/lock           held while a process has the store open
//! DIR/mail.sqlite    everything but big blobs (see docs/format.md)
//! DIR/blobs/         big blobs, one file each
//! ```
//!
//! All writes go through one thread that puts whatever waits into one transaction and one fsync;
//! reads run on the caller's thread, on a pool of connections, and hold nothing between calls.

#[cfg(feature = "accounts")]
mod accounts;
#[cfg(feature = "accounts")]
mod address;
mod answers;
mod check;
mod committer;
mod compact;
mod company;
mod connection;
mod directory;
mod email;
mod fetch;
mod heads;
mod kept;
mod latest;
mod ledger;
mod log;
mod packing;
mod pages;
mod property;
mod purge;
#[cfg(feature = "accounts")]
mod record;
mod row;
mod schema;
mod uids;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "accounts")]
pub use accounts::EmbeddedAccounts;
pub use check::{CheckError, Finding, Place, Report, check};
pub use directory::OpenError;
pub use ledger::EmbeddedLedger;
pub use schema::FORMAT;

use self::connection::Readers;
use self::directory::Lock;
use super::object::ObjectBlobs;
use crate::mailstore::Backend;
use crate::store::{LocalBeacon, LocalShared};

/// An open directory. Dropping the last clone of what it gave out closes it.
pub struct Embedded {
    ledger: Arc<EmbeddedLedger>,
    blobs: Arc<ObjectBlobs>,
}

impl Embedded {
    /// Opens the store in `dir`, which is created, for its owner only, if it is not there.
    ///
    /// Fails if another process has it open, or if it was written by a newer release.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, OpenError> {
        let dir = dir.as_ref();
        let lock = Lock::take(dir)?;
        let path = database(dir);
        let writer = schema::open(&path)?;
        let readers = Readers::new(path);
        let blobs = ObjectBlobs::in_directory(&dir.join("blobs"))
            .map_err(|error| OpenError::new(dir, error))?;
        let ledger = EmbeddedLedger::new(writer, readers, lock)?;
        Ok(Self { ledger: Arc::new(ledger), blobs: Arc::new(blobs) })
    }

    /// What a [`Mailstore`](crate::Mailstore) is made of.
    pub fn backend(&self) -> Backend {
        Backend {
            ledger: self.ledger.clone(),
            blobs: self.blobs.clone(),
            beacon: Arc::new(LocalBeacon::default()),
            shared: Arc::new(LocalShared::default()),
        }
    }

    /// Where its users are kept.
    #[cfg(feature = "accounts")]
    pub fn accounts(&self) -> EmbeddedAccounts {
        EmbeddedAccounts::new(Arc::clone(&self.ledger))
    }

    /// The ledger.
    pub fn ledger(&self) -> &Arc<EmbeddedLedger> {
        &self.ledger
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

/// The database of a store in `dir`.
pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join("mail.sqlite")
}
