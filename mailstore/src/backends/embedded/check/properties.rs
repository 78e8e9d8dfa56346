//! The properties of one account: each can be read, and stands where it belongs.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{Place, Report};
use crate::backends::embedded::connection::Failure;
use crate::backends::embedded::property;
use crate::id::{AccountId, MailboxId};

/// Reads all properties; `mailboxes` are those that there are.
pub(super) fn check(
    db: &Connection,
    account: AccountId,
    mailboxes: &HashSet<MailboxId>,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut statement = db.prepare_cached(
        "SELECT account, mailbox, key, v FROM property
         WHERE account = ?1 AND instr(key, '/') > 0 ORDER BY mailbox, key",
    )?;
    let mut rows = statement.query([account.get()])?;
    while let Some(row) = rows.next()? {
        report.properties += 1;
        let mailbox = MailboxId(row.get(1)?);
        let place = match mailbox {
            MailboxId::NONE => Place::Account(account),
            mailbox => Place::Mailbox(account, mailbox),
        };
        let key: String = row.get(2)?;
        match property::decode_row(row) {
            Ok(_) if mailbox == MailboxId::NONE || mailboxes.contains(&mailbox) => {}
            Ok(_) => report.found(place, format!("an orphan: there is no mailbox for {key}")),
            Err(Failure::Sqlite(error)) => return Err(Failure::Sqlite(error)),
            Err(error) => report.found(place, format!("property {key}: {error}")),
        }
    }
    Ok(())
}
