//! The tables, the version of the format, and how a connection is set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::directory::OpenError;

/// The version of the format that this release writes (see docs/format.md).
pub const FORMAT: i64 = 3;

/// Marks a database as one of ours ("mail", in ASCII).
const APPLICATION_ID: i64 = 0x6d61_696c;

/// How long to wait for a lock that another connection holds.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Prepared statements kept for each connection.
const STATEMENTS: usize = 64;

/// Indexes that came after the first stores of this format were made: a store without them gets
/// them when it is opened, and older releases keep them up without knowing.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS property_by_key ON property (key, account, mailbox);
";

const TABLES: &str = "
CREATE TABLE account (id INTEGER PRIMARY KEY, v BLOB NOT NULL);
CREATE TABLE mailbox (
    no INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    id INTEGER NOT NULL,
    gone_at INTEGER,
    v BLOB NOT NULL
);
CREATE UNIQUE INDEX mailbox_by_account ON mailbox (account, id);
CREATE INDEX mailbox_gone ON mailbox (gone_at) WHERE gone_at IS NOT NULL;
CREATE TABLE property (
    account INTEGER NOT NULL,
    mailbox INTEGER NOT NULL,
    key TEXT NOT NULL,
    v BLOB NOT NULL,
    PRIMARY KEY (account, mailbox, key)
) WITHOUT ROWID;
CREATE TABLE membership (
    key INTEGER PRIMARY KEY,
    email INTEGER NOT NULL,
    v BLOB NOT NULL
);
CREATE INDEX membership_by_email ON membership (email);
CREATE TABLE expunged (
    key INTEGER PRIMARY KEY,
    email INTEGER NOT NULL,
    at INTEGER NOT NULL,
    v BLOB NOT NULL
);
CREATE INDEX expunged_by_email ON expunged (email);
CREATE INDEX expunged_by_time ON expunged (at);
CREATE TABLE email (
    no INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    id BLOB NOT NULL,
    derived BLOB NOT NULL,
    tree BLOB NOT NULL
);
CREATE UNIQUE INDEX email_by_id ON email (account, id);
CREATE TABLE packed (
    no INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    id BLOB NOT NULL,
    derived BLOB NOT NULL,
    tree BLOB NOT NULL
);
CREATE UNIQUE INDEX packed_by_id ON packed (account, id);
CREATE TABLE journal (
    account INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    v BLOB NOT NULL,
    PRIMARY KEY (account, modseq)
) WITHOUT ROWID;
CREATE TABLE blob (
    digest BLOB PRIMARY KEY,
    object TEXT,
    bytes BLOB
);
CREATE TABLE claim (
    digest BLOB NOT NULL,
    account INTEGER NOT NULL,
    email BLOB NOT NULL,
    PRIMARY KEY (digest, account, email)
) WITHOUT ROWID;
CREATE TABLE pending (
    digest BLOB NOT NULL,
    account INTEGER NOT NULL,
    email BLOB NOT NULL,
    PRIMARY KEY (digest, account, email)
) WITHOUT ROWID;
CREATE TABLE uids (mailbox INTEGER PRIMARY KEY, v BLOB NOT NULL);
CREATE TABLE user (
    account INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    v BLOB NOT NULL
);
CREATE TABLE address (
    address TEXT PRIMARY KEY,
    account INTEGER NOT NULL,
    v BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX address_by_account ON address (account, address);
";

/// What format 3 has brought.
const RECORDS: &str = "
CREATE TABLE record (
    account INTEGER NOT NULL,
    key TEXT NOT NULL,
    until INTEGER,
    v BLOB NOT NULL,
    PRIMARY KEY (account, key)
) WITHOUT ROWID;
CREATE INDEX record_by_end ON record (until) WHERE until IS NOT NULL;
";

/// Opens the database for writing; creates it, or refuses one of a newer format.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let error = |error: rusqlite::Error| OpenError::new(path, error);
    let vfs = sqlite_wal::register().map_err(|error| OpenError::new(path, error))?;
    let db = Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs).map_err(error)?;
    // Only before the first table is made do these take effect. Small pages: a commit of one
    // message changes about eleven, and each goes whole to the log and is summed up there.
    db.execute_batch("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;")
        .map_err(error)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(error)?;
    set_up(&db).map_err(error)?;
    match version(&db).map_err(error)? {
        None => create(&db).map_err(error)?,
        Some(FORMAT) => db.execute_batch(INDEXES).map_err(error)?,
        Some(older @ 1..FORMAT) => migrate(&db, older).map_err(error)?,
        Some(newer) => {
            let what =
                format!("it is of format {newer}; this release knows formats up to {FORMAT}");
            return Err(OpenError::new(path, what));
        }
    }
    Ok(db)
}

/// Opens the database for reading.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    set_up(&db)?;
    // Mailboxes lie interleaved: a page holds mail of several, and is needed again.
    db.execute_batch("PRAGMA cache_size = -32768")?;
    Ok(db)
}

fn set_up(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.busy_timeout(BUSY_TIMEOUT)?;
    // Plans that depend on no bound value: else SQLite may prepare a cached statement anew each
    // time it is used, which takes longer than to run it.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // FULL: the log is synced at each commit, which `sqlite_wal` counts on. The cache stays small: a
    // large one slows the writer down, and the system caches the file anyway.
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA cache_size = -8192;
         PRAGMA temp_store = MEMORY;",
    )?;
    // Returns the value it has set.
    db.query_row("PRAGMA wal_autocheckpoint = 4000", [], |_| Ok(())).optional()?;
    db.query_row("PRAGMA journal_size_limit = 67108864", [], |_| Ok(())).optional()?;
    Ok(())
}

/// The format of the database, if it has any table yet.
fn version(db: &Connection) -> rusqlite::Result<Option<i64>> {
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let version = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok((tables > 0).then_some(version))
}

/// Brings a database of an older format up to this one, all or nothing.
fn migrate(db: &Connection, from: i64) -> rusqlite::Result<()> {
    tracing::info!(
        from,
        to = FORMAT,
        "the database is of an older format and is brought up to date"
    );
    // Format 2: a membership may end in what POP3 calls the message; those of format 1 do not.
    // Format 3: records of users.
    db.execute_batch(&format!(
        "BEGIN IMMEDIATE; {INDEXES} {RECORDS} PRAGMA user_version = {FORMAT}; COMMIT;"
    ))
}

fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES} {INDEXES} {RECORDS}
         PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {FORMAT};
         COMMIT;"
    ))
}
