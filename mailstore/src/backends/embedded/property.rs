//! Properties. Each value is sealed with its key and its mailbox, so that one in a wrong place is
//! found out.

use std::collections::BTreeMap;

use bytes::Bytes;
use rusqlite::{Connection, Row, params};

use super::connection::Failure;
use crate::change::{Delta, ReadProperties};
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::mailbox::Mailbox;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::property::{Property, PropertyPage, Scope, WantedProperties};
use crate::store::{PAGE_BYTES, PAGE_PROPERTIES};

/// The number that stands for the account as such.
const ACCOUNT: u32 = MailboxId::NONE.0;

fn number(mailbox: Option<MailboxId>) -> u32 {
    mailbox.map_or(ACCOUNT, |mailbox| mailbox.0)
}

/// The numbers of the mailboxes in a scope: from, to.
fn numbers(scope: Scope) -> (u32, u32) {
    match scope {
        Scope::Account => (ACCOUNT, ACCOUNT),
        Scope::Mailbox(id) => (id.0, id.0),
        Scope::Mailboxes => (ACCOUNT + 1, u32::MAX),
    }
}

/// What is stored under a key without a slash is none of the properties: the subscriptions.
const SELECT: &str = "
    SELECT account, mailbox, key, v FROM property
    WHERE account = ?1 AND (mailbox, key) > (?2, ?3) AND mailbox <= ?4
      AND substr(key, 1, length(?5)) = ?5 AND instr(key, '/') > 0
    ORDER BY mailbox, key";

/// Properties, as far as one page goes.
pub(super) fn page(
    db: &Connection,
    account: AccountId,
    wanted: &WantedProperties,
) -> Result<PropertyPage, Failure> {
    let (from, to) = numbers(wanted.scope);
    let after = match &wanted.after {
        Some((mailbox, key)) if number(*mailbox) >= from => (number(*mailbox), key.as_str()),
        _ => (from, ""),
    };
    let mut statement = db.prepare_cached(SELECT)?;
    let mut rows = statement.query(params![account.get(), after.0, after.1, to, wanted.prefix])?;
    let mut page = PropertyPage::default();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        if page.list.len() >= PAGE_PROPERTIES || bytes >= PAGE_BYTES {
            page.more = true;
            break;
        }
        let property = decode_row(row)?;
        bytes += property.size();
        page.list.push(property);
    }
    Ok(page)
}

/// Adds what a change reads.
pub(super) fn load(
    db: &Connection,
    account: AccountId,
    wanted: ReadProperties,
    into: &mut BTreeMap<(Option<MailboxId>, String), Bytes>,
) -> Result<(), Failure> {
    let prefix = wanted.prefix.to_owned();
    let mut wanted = WantedProperties { scope: wanted.scope, prefix, after: None };
    loop {
        let page = page(db, account, &wanted)?;
        wanted.after = page.list.last().map(|last| (last.mailbox, last.key.clone()));
        into.extend(page.list.into_iter().map(|found| ((found.mailbox, found.key), found.value)));
        if !page.more {
            return Ok(());
        }
    }
}

/// Mailboxes of any account that have a property of that key.
pub(super) fn mailboxes_with(
    db: &Connection,
    key: &str,
    limit: usize,
) -> Result<Vec<MailboxKey>, Failure> {
    let mut statement = db.prepare_cached(
        "SELECT account, mailbox FROM property WHERE key = ?1 AND mailbox > 0
         ORDER BY account, mailbox LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![key, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(account) = AccountId::new(row.get(0)?) {
            found.push(MailboxKey { account, mailbox: MailboxId(row.get(1)?) });
        }
    }
    Ok(found)
}

/// Writes what a delta makes of the properties. Does it touch any?
pub(super) fn write(db: &Connection, account: AccountId, delta: &Delta) -> Result<bool, Failure> {
    let mut touched = !delta.properties.is_empty();
    for deleted in delta.mailboxes.iter().filter(|mailbox| !Mailbox::is_listed(mailbox)) {
        touched = true;
        db.prepare_cached("DELETE FROM property WHERE account = ?1 AND mailbox = ?2")?
            .execute(params![account.get(), deleted.id.0])?;
    }
    for change in &delta.properties {
        let (mailbox, key) = (number(change.mailbox), &change.key);
        match &change.value {
            Some(value) => db
                .prepare_cached(
                    "INSERT OR REPLACE INTO property (account, mailbox, key, v)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    account.get(),
                    mailbox,
                    key,
                    seal(account, mailbox, (key, value))
                ])?,
            None => db
                .prepare_cached(
                    "DELETE FROM property WHERE account = ?1 AND mailbox = ?2 AND key = ?3",
                )?
                .execute(params![account.get(), mailbox, key])?,
        };
    }
    Ok(touched)
}

fn seal(account: AccountId, mailbox: u32, (key, value): (&str, &Bytes)) -> Vec<u8> {
    let mut packer = Packer::with_capacity(key.len() + value.len() + 16);
    packer.number(u64::from(mailbox)).bytes(key.as_bytes()).raw(value);
    packer.seal(account.get() as u64)
}

/// A property, from its account, mailbox, key and value.
pub(super) fn decode_row(row: &Row<'_>) -> Result<Property, Failure> {
    let (account, mailbox, key): (i64, u32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let sealed = row.get_ref(3)?.as_blob().unwrap_or(&[]);
    let value = open(sealed, account, (mailbox, &key))?;
    let mailbox = (mailbox != ACCOUNT).then_some(MailboxId(mailbox));
    Ok(Property { mailbox, key, value })
}

fn open(sealed: &[u8], account: i64, at: (u32, &str)) -> Result<Bytes, DecodeError> {
    let mut from = Unpacker::open(sealed, account as u64)?;
    if (from.u32()?, from.text()?) != at {
        return Err(from.error("the mailbox and the key it stands under"));
    }
    Ok(Bytes::copy_from_slice(from.rest()))
}
