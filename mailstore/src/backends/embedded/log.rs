//! Keeps the write-ahead log short, also while reads overlap without end.
//!
//! SQLite starts the log over only at a moment when nobody reads from it. Usually there is one. If
//! not, commits wait once for those who read at present; whoever begins meanwhile finds everything
//! in the database proper and is in nobody's way.

use std::fs::File;
use std::io::{Seek, SeekFrom};
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
    /// Open from the first look on.
    file: Option<File>,
    limit: u64,
}

impl Log {
    pub(super) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Self { path: path.into(), file: None, limit: LONG }
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
        let len = self.len();
        self.limit = LONG.max(len + STEP);
    }

    /// Its length in bytes. Found by seeking: once a file's times have been asked for, Linux gives
    /// the next write a new one, which the fsync has to write too. That took a fifth of a delivery.
    fn len(&mut self) -> u64 {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        self.file.as_mut().and_then(|file| file.seek(SeekFrom::End(0)).ok()).unwrap_or(0)
    }
}
