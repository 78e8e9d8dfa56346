//! A VFS of SQLite that writes at once what a transaction, or a checkpoint, writes to one place.
//!
//! SQLite writes each changed page to the write-ahead log in two pieces, a header of 24 bytes and the
//! page, by a system call each. A small transaction of ten pages makes twenty of them, which takes
//! about half as long as the fsync behind them. A checkpoint writes page by page to the database, most
//! of them to one place. This VFS gathers what SQLite writes to either file, as long as it goes on
//! where the last piece ended, and passes it on in one piece before anything else happens to the
//! file. All else is done by SQLite's own VFS, files stay what they were, and other
//! connections may use either VFS.
//!
//! It is meant for databases with a write-ahead log and `synchronous=FULL` or `EXTRA`: those are
//! synced before others are shown what was written. With less a commit would be shown before it
//! is written.
//!
//! ```
//! # use rusqlite::{Connection, OpenFlags};
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("database");
//! let vfs = sqlite_wal::register()?;
//! let database = Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs)?;
//! database.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
//! database.execute_batch("PRAGMA synchronous = FULL; CREATE TABLE letter (text)")?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod file;
mod pending;
mod vfs;

pub use vfs::{Unavailable, register};
