//! The heads of accounts and mailboxes, as the committer last left them. It is the only writer, so
//! it need not read them again; and a head that many changes of one transaction touch is written
//! once.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, params};

use super::connection::Failure;
use super::email::{self, EmailNo};
use super::row::{self, MailboxNo};
use crate::change::{Delta, ReadMailboxes};
use crate::id::{AccountId, MailboxId};
use crate::mailbox::{AccountHead, Mailbox, MailboxState};
use crate::pack::{Packer, Unpacker};
use crate::time::Timestamp;

/// Accounts kept at most; beyond it all are forgotten.
const MOST: usize = 10_000;

/// The key of the property that holds an account's subscriptions.
const SUBSCRIPTIONS: &str = "subscriptions";

#[derive(Debug, Default)]
pub(super) struct Heads {
    accounts: HashMap<AccountId, Account>,
    /// The last mailbox number given out, once known.
    last_no: Option<MailboxNo>,
    /// The last email number given out, once known.
    last_email: Option<EmailNo>,
}

#[derive(Debug, Default)]
struct Account {
    head: AccountHead,
    is_dirty: bool,
    mailboxes: HashMap<MailboxId, Kept>,
    /// Are all mailboxes among those kept, and the subscriptions read?
    all: Option<BTreeSet<String>>,
}

#[derive(Debug)]
struct Kept {
    no: MailboxNo,
    mailbox: Mailbox,
    gone_at: Option<Timestamp>,
    is_dirty: bool,
}

impl Heads {
    /// Forgets everything: a transaction was rolled back.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn forget(&mut self, account: AccountId) {
        self.accounts.remove(&account);
    }

    pub(super) fn head(&mut self, db: &Connection, id: AccountId) -> Result<AccountHead, Failure> {
        Ok(self.account(db, id)?.head.clone())
    }

    pub(super) fn set_head(
        &mut self,
        db: &Connection,
        id: AccountId,
        head: AccountHead,
    ) -> Result<(), Failure> {
        let account = self.account(db, id)?;
        account.is_dirty |= account.head != head;
        account.head = head;
        Ok(())
    }

    /// The number of a mailbox that is kept or in the database.
    pub(super) fn no(
        &mut self,
        db: &Connection,
        account: AccountId,
        mailbox: MailboxId,
    ) -> Result<Option<MailboxNo>, Failure> {
        let account_id = account;
        let account = self.account(db, account)?;
        account.load(db, account_id, mailbox)?;
        Ok(account.mailboxes.get(&mailbox).map(|kept| kept.no))
    }

    /// The mailboxes asked for, and the subscriptions if all were.
    pub(super) fn mailboxes(
        &mut self,
        db: &Connection,
        id: AccountId,
        wanted: &ReadMailboxes,
    ) -> Result<(Vec<Mailbox>, BTreeSet<String>), Failure> {
        let account = self.account(db, id)?;
        match wanted {
            ReadMailboxes::These(ids) => {
                for mailbox in ids {
                    account.load(db, id, *mailbox)?;
                }
                let found = ids.iter().filter_map(|mailbox| account.mailboxes.get(mailbox));
                Ok((found.map(|kept| kept.mailbox.clone()).collect(), BTreeSet::new()))
            }
            ReadMailboxes::All => {
                account.load_all(db, id)?;
                let live = account
                    .mailboxes
                    .values()
                    .filter(|kept| kept.mailbox.state != MailboxState::Deleted);
                let mailboxes = live.map(|kept| kept.mailbox.clone()).collect();
                Ok((mailboxes, account.all.clone().unwrap_or_default()))
            }
        }
    }

    /// Takes over what a delta makes of the heads.
    pub(super) fn take(
        &mut self,
        db: &Connection,
        id: AccountId,
        (delta, at): (&Delta, Timestamp),
    ) -> Result<(), Failure> {
        let mut last_no = self.last_no(db)?;
        let account = self.account(db, id)?;
        account.head = delta.head.clone();
        account.is_dirty = true;
        for mailbox in &delta.mailboxes {
            let gone_at = (mailbox.state == MailboxState::Deleted).then_some(at);
            match account.mailboxes.get_mut(&mailbox.id) {
                Some(kept) => {
                    kept.mailbox.clone_from(mailbox);
                    kept.gone_at = kept.gone_at.or(gone_at);
                    kept.is_dirty = true;
                }
                None => {
                    last_no += 1;
                    let mailbox = mailbox.clone();
                    let kept = Kept { no: last_no, mailbox, gone_at, is_dirty: true };
                    account.mailboxes.insert(kept.mailbox.id, kept);
                }
            }
        }
        if let Some(subscriptions) = &delta.subscriptions {
            write_subscriptions(db, id, subscriptions)?;
            if let Some(all) = &mut account.all {
                all.clone_from(subscriptions);
            }
        }
        self.last_no = Some(last_no);
        Ok(())
    }

    /// A number for a new email.
    pub(super) fn next_email(&mut self, db: &Connection) -> Result<EmailNo, Failure> {
        let last = match self.last_email {
            Some(last) => last,
            None => email::last_no(db)?,
        };
        self.last_email = Some(last + 1);
        Ok(last + 1)
    }

    /// Writes what has changed.
    pub(super) fn flush(&mut self, db: &Connection) -> Result<(), Failure> {
        for (id, account) in &mut self.accounts {
            if !account.is_dirty {
                continue;
            }
            account.is_dirty = false;
            let v = row::encode_head(&account.head, id.get());
            db.prepare_cached("INSERT OR REPLACE INTO account (id, v) VALUES (?1, ?2)")?
                .execute(params![id.get(), v])?;
            for kept in account.mailboxes.values_mut().filter(|kept| kept.is_dirty) {
                kept.is_dirty = false;
                kept.write(db, *id)?;
            }
        }
        if self.accounts.len() > MOST {
            self.accounts.clear();
        }
        Ok(())
    }

    fn account(&mut self, db: &Connection, id: AccountId) -> Result<&mut Account, Failure> {
        Ok(match self.accounts.entry(id) {
            Entry::Occupied(account) => account.into_mut(),
            Entry::Vacant(place) => {
                let head = read_head(db, id)?.unwrap_or_default();
                place.insert(Account { head, ..Account::default() })
            }
        })
    }

    fn last_no(&self, db: &Connection) -> Result<MailboxNo, Failure> {
        match self.last_no {
            Some(no) => Ok(no),
            None => Ok(db.query_row("SELECT ifnull(max(no), 0) FROM mailbox", [], |r| r.get(0))?),
        }
    }
}

impl Account {
    fn load(&mut self, db: &Connection, id: AccountId, mailbox: MailboxId) -> Result<(), Failure> {
        if self.all.is_none()
            && !self.mailboxes.contains_key(&mailbox)
            && let Some((no, mailbox)) = read_mailbox(db, id, mailbox)?
        {
            self.keep(no, mailbox);
        }
        Ok(())
    }

    fn load_all(&mut self, db: &Connection, id: AccountId) -> Result<(), Failure> {
        if self.all.is_none() {
            for (no, mailbox) in read_mailboxes(db, id)? {
                if !self.mailboxes.contains_key(&mailbox.id) {
                    self.keep(no, mailbox);
                }
            }
            self.all = Some(read_subscriptions(db, id)?);
        }
        Ok(())
    }

    fn keep(&mut self, no: MailboxNo, mailbox: Mailbox) {
        let kept = Kept { no, mailbox, gone_at: None, is_dirty: false };
        self.mailboxes.insert(kept.mailbox.id, kept);
    }
}

impl Kept {
    fn write(&self, db: &Connection, account: AccountId) -> Result<(), Failure> {
        db.prepare_cached(
            "INSERT INTO mailbox (no, account, id, gone_at, v) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (no) DO UPDATE SET v = excluded.v,
                 gone_at = ifnull(gone_at, excluded.gone_at)",
        )?
        .execute(params![
            self.no,
            account.get(),
            self.mailbox.id.0,
            self.gone_at.map(Timestamp::millis),
            row::encode_mailbox(&self.mailbox, self.no),
        ])?;
        Ok(())
    }
}

pub(super) fn read_head(db: &Connection, id: AccountId) -> Result<Option<AccountHead>, Failure> {
    let mut statement = db.prepare_cached("SELECT v FROM account WHERE id = ?1")?;
    let v: Option<Vec<u8>> = statement.query_row([id.get()], |row| row.get(0)).optional()?;
    Ok(v.map(|v| row::decode_head(&v, id.get())).transpose()?)
}

pub(super) fn read_mailbox(
    db: &Connection,
    account: AccountId,
    mailbox: MailboxId,
) -> Result<Option<(MailboxNo, Mailbox)>, Failure> {
    let mut statement =
        db.prepare_cached("SELECT no, v FROM mailbox WHERE account = ?1 AND id = ?2")?;
    let found: Option<(MailboxNo, Vec<u8>)> = statement
        .query_row(params![account.get(), mailbox.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(no, v)| row::decode_mailbox(&v, no).map(|m| (no, m))).transpose()?)
}

/// The mailboxes that are not deleted.
pub(super) fn read_mailboxes(
    db: &Connection,
    account: AccountId,
) -> Result<Vec<(MailboxNo, Mailbox)>, Failure> {
    let mut statement =
        db.prepare_cached("SELECT no, v FROM mailbox WHERE account = ?1 AND gone_at IS NULL")?;
    let mut rows = statement.query([account.get()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let no = row.get(0)?;
        found.push((no, row::decode_mailbox(row.get_ref(1)?.as_blob().unwrap_or(&[]), no)?));
    }
    Ok(found)
}

pub(super) fn read_subscriptions(
    db: &Connection,
    account: AccountId,
) -> Result<BTreeSet<String>, Failure> {
    let mut statement = db
        .prepare_cached("SELECT v FROM property WHERE account = ?1 AND mailbox = 0 AND key = ?2")?;
    let v: Option<Vec<u8>> =
        statement.query_row(params![account.get(), SUBSCRIPTIONS], |row| row.get(0)).optional()?;
    let Some(v) = v else { return Ok(BTreeSet::new()) };
    let mut from = Unpacker::open(&v, account.get() as u64)?;
    let count = from.number()?;
    let names = (0..count).map(|_| from.text().map(str::to_owned));
    Ok(names.collect::<Result<_, _>>()?)
}

fn write_subscriptions(
    db: &Connection,
    account: AccountId,
    names: &BTreeSet<String>,
) -> Result<(), Failure> {
    let mut packer = Packer::default();
    packer.number(names.len() as u64);
    for name in names {
        packer.bytes(name.as_bytes());
    }
    db.prepare_cached(
        "INSERT OR REPLACE INTO property (account, mailbox, key, v) VALUES (?1, 0, ?2, ?3)",
    )?
    .execute(params![account.get(), SUBSCRIPTIONS, packer.seal(account.get() as u64)])?;
    Ok(())
}
