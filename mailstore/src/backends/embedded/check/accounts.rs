//! One account: its counters against its rows, its rows against its emails, its journal.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use super::{Place, Report, properties};
use crate::backends::embedded::connection::Failure;
use crate::backends::embedded::email::{self, Stored};
use crate::backends::embedded::heads;
use crate::backends::embedded::row::{self, MailboxNo};
use crate::flags::SystemFlag;
use crate::id::{AccountId, EmailId};
use crate::journal::codec;
use crate::mailbox::{AccountHead, Counts, Mailbox, Usage};
use crate::uid::{ModSeq, Uid};

/// The account after the one numbered `last`.
pub(super) fn next(db: &Connection, last: i64) -> Result<Option<AccountId>, Failure> {
    let id: Option<i64> = db
        .prepare_cached("SELECT id FROM account WHERE id > ?1 ORDER BY id LIMIT 1")?
        .query_row([last], |row| row.get(0))
        .optional()?;
    Ok(id.and_then(AccountId::new))
}

pub(super) fn check(db: &Connection, id: AccountId, report: &mut Report) -> Result<(), Failure> {
    report.accounts += 1;
    let head = match heads::read_head(db, id) {
        Ok(head) => head.unwrap_or_default(),
        Err(error) => {
            report.found(Place::Account(id), error.to_string());
            return Ok(());
        }
    };
    let mut usage = Usage::default();
    let mut mailboxes = HashSet::new();
    for (no, mailbox) in heads::read_mailboxes(db, id)? {
        let counts = check_mailbox(db, id, (no, &mailbox), report)?;
        mailboxes.insert(mailbox.id);
        usage.messages += u64::from(counts.messages);
        usage.bytes += counts.bytes;
        if mailbox.modseq > head.modseq {
            let what = "its MODSEQ is above the account's";
            report.found(Place::Mailbox(id, mailbox.id), what);
        }
    }
    if usage != head.usage {
        let what = format!("it says it holds {:?} but holds {usage:?}", head.usage);
        report.found(Place::Account(id), what);
    }
    properties::check(db, id, &mailboxes, report)?;
    check_journal(db, id, &head, report)?;
    check_emails(db, id, report)
}

fn check_mailbox(
    db: &Connection,
    account: AccountId,
    (no, mailbox): (MailboxNo, &Mailbox),
    report: &mut Report,
) -> Result<Counts, Failure> {
    report.mailboxes += 1;
    let place = || Place::Mailbox(account, mailbox.id);
    let mut counts = Counts::default();
    let mut statement = db.prepare_cached(
        "SELECT key, v, ifnull((SELECT id FROM email WHERE no = membership.email),
             (SELECT id FROM packed WHERE no = membership.email))
         FROM membership WHERE key BETWEEN ?1 AND ?2 ORDER BY key",
    )?;
    let mut rows = statement.query([row::key(no, Uid::MIN), row::key(no, Uid::MAX)])?;
    while let Some(found) = rows.next()? {
        let key = found.get(0)?;
        report.messages += 1;
        let row = match row::decode_row(found.get_ref(1)?.as_blob().unwrap_or(&[]), key) {
            Ok(row) => row,
            Err(error) => {
                report.found(place(), format!("UID {}: {error}", key as u32));
                continue;
            }
        };
        counts.messages += 1;
        counts.bytes += row.size;
        counts.unseen += u32::from(!row.flags.has(SystemFlag::Seen));
        counts.deleted += u32::from(row.flags.has(SystemFlag::Deleted));
        if u64::from(row.uid.get()) >= mailbox.uid_next || row.modseq > mailbox.modseq {
            report.found(place(), format!("UID {} is above UIDNEXT or MODSEQ", row.uid));
        }
        let stands_there: Option<[u8; 16]> = found.get(2)?;
        if stands_there != Some(row.email.to_bytes()) {
            report.found(place(), format!("UID {}: email {} is missing", row.uid, row.email));
        }
    }
    if counts != mailbox.counts {
        report.found(place(), format!("it counts {:?} but holds {counts:?}", mailbox.counts));
    }
    Ok(counts)
}

/// Every MODSEQ from the horizon to the head has its record.
fn check_journal(
    db: &Connection,
    account: AccountId,
    head: &AccountHead,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut statement =
        db.prepare_cached("SELECT modseq, v FROM journal WHERE account = ?1 ORDER BY modseq")?;
    let mut rows = statement.query([account.get()])?;
    let mut last = head.horizon;
    while let Some(row) = rows.next()? {
        let modseq = ModSeq(row.get::<_, i64>(0)? as u64);
        match codec::decode(row.get_ref(1)?.as_blob().unwrap_or(&[])) {
            Ok(record) if record.modseq == modseq && modseq == last.next() => {}
            Ok(_) => {
                report.found(Place::Account(account), format!("its journal jumps at {modseq}"));
            }
            Err(error) => {
                report.found(Place::Account(account), format!("journal {modseq}: {error}"));
            }
        }
        last = modseq;
    }
    if last != head.modseq {
        let what = format!("its journal ends at {last}, not at {}", head.modseq);
        report.found(Place::Account(account), what);
    }
    Ok(())
}

fn check_emails(db: &Connection, account: AccountId, report: &mut Report) -> Result<(), Failure> {
    let mut claimed: HashSet<([u8; 32], [u8; 16])> = db
        .prepare_cached("SELECT digest, email FROM claim WHERE account = ?1")?
        .query_map([account.get()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut seen = HashSet::new();
    let mut statement = db.prepare_cached(
        "SELECT account, id, derived, tree, EXISTS (SELECT 1 FROM membership WHERE email = no)
             OR EXISTS (SELECT 1 FROM expunged WHERE email = no)
         FROM (SELECT * FROM email UNION ALL SELECT * FROM packed) WHERE account = ?1",
    )?;
    let mut rows = statement.query([account.get()])?;
    while let Some(row) = rows.next()? {
        report.emails += 1;
        let Stored { id, derived, tree, .. } = email::stored(row)?;
        let place = || Place::Email(account, id);
        if let Err(error) = email::decode_derived(&derived, id) {
            report.found(place(), error.to_string());
        }
        match email::decode_tree(&tree, id) {
            Ok(tree) => {
                for blob in tree.blobs() {
                    let claim = (blob.digest.0, id.to_bytes());
                    if seen.insert(claim) && !claimed.remove(&claim) {
                        report.found(place(), format!("blob {} is not claimed", blob.digest));
                    }
                }
            }
            Err(error) => report.found(place(), error.to_string()),
        }
        if !row.get::<_, bool>(4)? {
            report.found(place(), "an orphan: no mailbox holds it");
        }
    }
    for (digest, email) in claimed {
        let what = format!("an orphan: it claims blob {}", crate::blob::Digest(digest));
        report.found(Place::Email(account, EmailId::from_bytes(email)), what);
    }
    Ok(())
}
