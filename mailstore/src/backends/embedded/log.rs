//! Keeps the write-ahead log short, also while reads overlap without end.
//!
//! SQLite starts the log over only at a moment when nobody reads from it. Usually there is one. If
//! not, commits wait once for those who read at present; whoever begins meanwhile finds everything
//! in the database proper and is in nobody's way.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::schema::BUSY_TIMEOUT;

/// Up to this length, in bytes, the log is left alone.
const LONG: u64 = 96 << 20;
/// How much longer it gets before the next try, in bytes.
const STEP: u64 = 16 << 20;
/// How long commits wait for readers.
const PATIENCE: Duration = Duration::from_millis(200);

/// The log of a database.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    limit: u64,
}

impl Log {
    pub(super) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Self { path: path.into(), limit: LONG }
    }

    /// Starts the log over if it has become long. Called between transactions.
    pub(super) fn shorten(&mut self, db: &Connection) {
        if self.len() < self.limit {
            return;
        }
        let waited = db.busy_timeout(PATIENCE).and_then(|()| {
            db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            db.busy_timeout(BUSY_TIMEOUT)
        });
        if let Err(error) = waited {
            tracing::warn!(%error, "the write-ahead log cannot be started over");
        }
        self.limit = LONG.max(self.len() + STEP);
    }

    fn len(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}
