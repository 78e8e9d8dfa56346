//! Users, addresses and records.

use rusqlite::{Connection, Row};

use super::{Place, Report};
use crate::backends::embedded::accounts::decode_row;
use crate::backends::embedded::address;
use crate::backends::embedded::connection::Failure;
use crate::backends::embedded::record;
use crate::id::AccountId;

/// Every user, address and record can be read, belongs to what it names, and is where it is looked
/// for.
pub(super) fn check(db: &Connection, report: &mut Report) -> Result<(), Failure> {
    users(db, report)?;
    addresses(db, report)?;
    records(db, report)
}

fn records(db: &Connection, report: &mut Report) -> Result<(), Failure> {
    let mut statement = db.prepare(
        "SELECT account, key, until, v, account = 0 OR account IN (SELECT account FROM user)
         FROM record",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.records += 1;
        let (account, record) = record::read(row)?;
        let place = || Place::Record(account, record.key.clone());
        if !AccountId::new(account).is_some_and(|account| record.is_sound(account)) {
            report.found(place(), "is not what was written there");
        } else if !row.get::<_, bool>(4)? {
            report.found(place(), "belongs to no user");
        }
    }
    Ok(())
}

fn users(db: &Connection, report: &mut Report) -> Result<(), Failure> {
    let mut statement = db.prepare("SELECT account, name, v FROM user ORDER BY account")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.users += 1;
        let place = Place::User(text(row, 1));
        let user = match decode_row(row) {
            Ok(user) => user,
            Err(failure) => {
                report.found(place, altered(failure)?);
                continue;
            }
        };
        if let Some(address) = user.profile.name.address()
            && !matches!(address::owner(db, &address), Ok(Some(owner)) if owner == user.account)
        {
            report.found(place, "does not own the address that is the login name");
        }
    }
    Ok(())
}

fn addresses(db: &Connection, report: &mut Report) -> Result<(), Failure> {
    let mut statement = db.prepare(
        "SELECT account, address, v, account IN (SELECT account FROM user) FROM address",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.addresses += 1;
        if let Err(failure) = address::decode(row) {
            report.found(Place::Address(text(row, 1)), altered(failure)?);
        } else if !row.get::<_, bool>(3)? {
            report.found(Place::Address(text(row, 1)), "belongs to no user");
        }
    }
    Ok(())
}

/// What is found in a row; a database that cannot be read at all is no finding.
fn altered(failure: Failure) -> Result<String, Failure> {
    match failure {
        Failure::Sqlite(_) => Err(failure),
        found => Ok(found.to_string()),
    }
}

fn text(row: &Row<'_>, column: usize) -> String {
    row.get_ref(column).ok().and_then(|value| value.as_str().ok()).unwrap_or("?").to_owned()
}
