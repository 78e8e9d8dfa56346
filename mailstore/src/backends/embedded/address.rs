//! Whose addresses are.

use rusqlite::{Connection, params};

use super::accounts::user;
use super::connection::Failure;
use crate::accounts::{Address, Claimed};
use crate::id::AccountId;
use crate::pack::{Packer, Unpacker};

pub(super) fn claim(
    db: &Connection,
    address: &Address,
    account: AccountId,
) -> Result<Claimed, Failure> {
    if user(db, account)?.is_none() {
        return Ok(Claimed::NoUser);
    }
    match owner(db, address)? {
        Some(owner) if owner == account => Ok(Claimed::Done),
        Some(_) => Ok(Claimed::Taken),
        None => put(db, address, account).map(|()| Claimed::Done),
    }
}

pub(super) fn put(db: &Connection, address: &Address, account: AccountId) -> Result<(), Failure> {
    let mut packer = Packer::default();
    packer.bytes(address.as_str().as_bytes());
    db.prepare_cached("INSERT INTO address (address, account, v) VALUES (?1, ?2, ?3)")?
        .execute(params![address.as_str(), account.get(), packer.seal(account.get() as u64)])?;
    Ok(())
}

pub(super) fn release(
    db: &Connection,
    address: &Address,
    account: AccountId,
) -> Result<bool, Failure> {
    let gone = db
        .prepare_cached("DELETE FROM address WHERE address = ?1 AND account = ?2")?
        .execute(params![address.as_str(), account.get()])?;
    Ok(gone > 0)
}

pub(super) fn owner(db: &Connection, address: &Address) -> Result<Option<AccountId>, Failure> {
    let mut statement =
        db.prepare_cached("SELECT account, address, v FROM address WHERE address = ?1")?;
    let mut found = statement.query_and_then([address.as_str()], decode)?;
    Ok(found.next().transpose()?.map(|(_, account)| account))
}

pub(super) fn list(
    db: &Connection,
    account: AccountId,
    after: Option<&Address>,
    limit: usize,
) -> Result<Vec<Address>, Failure> {
    let after = after.map_or("", Address::as_str);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.prepare_cached(
        "SELECT account, address, v FROM address
         WHERE account = ?1 AND address > ?2 ORDER BY address LIMIT ?3",
    )?
    .query_and_then(params![account.get(), after, limit], decode)?
    .map(|found| found.map(|(address, _)| address))
    .collect()
}

/// The value says which address it belongs to, and its seal which account.
pub(super) fn decode(row: &rusqlite::Row<'_>) -> Result<(Address, AccountId), Failure> {
    let (account, column) = (row.get::<_, i64>(0)?, row.get_ref(1)?);
    let value = row.get_ref(2)?.as_blob().unwrap_or(&[]);
    let mut from = Unpacker::open(value, account as u64)?;
    let text = from.text()?;
    from.end()?;
    match (Address::new(text), AccountId::new(account)) {
        (Ok(address), Some(account)) if column.as_str().is_ok_and(|column| column == text) => {
            Ok((address, account))
        }
        _ => Err(from.error("the address of this row").into()),
    }
}
