//! Connections for reading, and what an error of SQLite means.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, ErrorCode};

use super::schema;
use crate::pack::DecodeError;
use crate::store::{Fault, StoreError};

/// Idle connections kept at most.
const MOST_IDLE: usize = 16;

/// A pool of connections. A read takes one, runs on the caller's thread, and gives it back: a hop
/// to another thread would cost more than the read.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// Runs a read in one snapshot.
    pub(super) fn read<T>(
        &self,
        op: &'static str,
        read: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let taken = self.idle().pop();
        let db = match taken {
            Some(db) => db,
            None => schema::open_reader(&self.path).map_err(|error| Failure::from(error).of(op))?,
        };
        // A connection whose read failed is not used again.
        let result = in_snapshot(&db, read);
        if result.is_ok() {
            let mut idle = self.idle();
            if idle.len() < MOST_IDLE {
                idle.push(db);
            }
        }
        result.map_err(|failure| failure.of(op))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_snapshot<T>(
    db: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    db.prepare_cached("BEGIN")?.execute([])?;
    let value = read(db)?;
    db.prepare_cached("COMMIT")?.execute([])?;
    Ok(value)
}

/// Why a piece of work on the database failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value is not what was written.
    #[error("a stored value was altered: {0}")]
    Altered(#[from] DecodeError),
    /// A stored tree is not what was written.
    #[error("a stored tree was altered: {0}")]
    AlteredTree(#[from] crate::mime::DecodeError),
    /// Something that must be there is not.
    #[error("missing: {0}")]
    Missing(String),
}

impl Failure {
    pub(super) fn of(self, op: &'static str) -> StoreError {
        StoreError::new(self.fault(), op, self)
    }

    fn fault(&self) -> Fault {
        match self {
            Self::Altered(_) | Self::AlteredTree(_) | Self::Missing(_) => Fault::Corrupt,
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Contended,
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Corrupt,
                _ => Fault::Unavailable,
            },
        }
    }
}
