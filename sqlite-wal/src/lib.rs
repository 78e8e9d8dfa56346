//! A VFS of SQLite that writes what a transaction adds to the write-ahead log at once.
//!
//! SQLite writes each changed page to the log in two pieces, a header of 24 bytes and the page, by a
//! system call each. A small transaction of ten pages makes twenty of them, which takes about as long
//! as the fsync behind them. This VFS gathers what SQLite writes to the log, as long as it goes on
//! where the last piece ended, and passes it on in one piece before anything else happens to the
//! file. All else is done by SQLite's own VFS, files stay what they were, and other
//! connections may use either VFS.
//!
//! It is meant for connections with `synchronous=FULL` or `EXTRA`: those sync the log with each
//! commit, before others are shown it. With less a commit would be shown before it is written.
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

mod log;
mod pending;
mod vfs;

pub use vfs::{Unavailable, register};
