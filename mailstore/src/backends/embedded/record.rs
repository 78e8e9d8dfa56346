//! Records of users.

use rusqlite::{Connection, Row, params};

use super::accounts::user;
use super::connection::Failure;
use crate::accounts::{Record, end};
use crate::id::AccountId;
use crate::time::Timestamp;

/// A page of records: those with keys that begin with `prefix` and are above `after`.
pub(super) fn list(
    db: &Connection,
    account: AccountId,
    (prefix, after): (&str, Option<&str>),
    limit: usize,
) -> Result<Vec<Record>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.prepare_cached(
        "SELECT account, key, until, v FROM record
         WHERE account = ?1 AND key >= ?2 AND key < ?3 AND key > ?4 ORDER BY key LIMIT ?5",
    )?
    .query_and_then(
        params![account.get(), prefix, end(prefix), after.unwrap_or_default(), limit],
        |row| read(row).map(|(_, record)| record),
    )?
    .collect()
}

/// What the columns say. Whether the value belongs there is for those to find out who read it.
pub(super) fn read(row: &Row<'_>) -> Result<(i64, Record), Failure> {
    let until = row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis);
    Ok((row.get(0)?, Record { key: row.get(1)?, value: row.get(3)?, until }))
}

fn find(db: &Connection, account: AccountId, key: &str) -> Result<Option<Record>, Failure> {
    let found = list(db, account, (key, None), 1)?.pop();
    Ok(found.filter(|record| record.key == key))
}

/// Puts `new` in the place of `old`.
pub(super) fn swap(
    db: &Connection,
    account: AccountId,
    old: Option<&Record>,
    new: Option<&Record>,
) -> Result<bool, Failure> {
    let Some(Record { key, .. }) = new.or(old) else { return Ok(true) };
    let held = account.get() == 0 || user(db, account)?.is_some();
    if !held || find(db, account, key)?.as_ref() != old {
        return Ok(false);
    }
    match new {
        Some(Record { key, value, until }) => db
            .prepare_cached("REPLACE INTO record (account, key, until, v) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![account.get(), key, until.map(Timestamp::millis), value])?,
        None => db
            .prepare_cached("DELETE FROM record WHERE account = ?1 AND key = ?2")?
            .execute(params![account.get(), key])?,
    };
    Ok(true)
}

/// Removes records whose time was up before `now`.
pub(super) fn expire(db: &Connection, now: Timestamp, limit: usize) -> Result<usize, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = db.prepare_cached(
        "DELETE FROM record WHERE (account, key) IN
         (SELECT account, key FROM record WHERE until < ?1 LIMIT ?2)",
    )?;
    Ok(statement.execute(params![now.millis(), limit])?)
}

/// Removes a user with all that is kept of it here.
pub(super) fn delete(db: &Connection, account: AccountId) -> Result<bool, Failure> {
    for table in ["record", "address"] {
        db.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [account.get()])?;
    }
    Ok(db.execute("DELETE FROM user WHERE account = ?1", [account.get()])? > 0)
}
