//! One transaction: loads what a change reads, decides it, writes the delta.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};

use super::connection::Failure;
use super::email::{self, EmailNo};
use super::heads::Heads;
use super::kept;
use super::property;
use super::row::{self, MailboxNo};
use crate::blob::Place;
use crate::change::{Change, Committed, Delta, ReadRows, Refusal, RowChange, Snapshot};
use crate::id::{AccountId, ChangeId, EmailId, MailboxId};
use crate::journal::{Record, codec};
use crate::message::{NewEmail, Presence, Row};

/// What became of one change of a transaction.
pub(super) type Decided = Result<Committed, Refusal>;

/// A transaction under way.
pub(super) struct Transaction<'a> {
    pub(super) db: &'a Connection,
    pub(super) heads: &'a mut Heads,
    /// Where emails stand that this transaction has read or written.
    numbers: HashMap<(AccountId, EmailId), EmailNo>,
    /// Has it written any property?
    pub(super) has_properties: bool,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(db: &'a Connection, heads: &'a mut Heads) -> Self {
        Self { db, heads, numbers: HashMap::new(), has_properties: false }
    }

    /// Decides a change on the state left by the one before, and writes what comes of it.
    pub(super) fn apply(&mut self, change: &Change) -> Result<Decided, Failure> {
        let seen = self.load(change)?;
        let delta = match change.decide(&seen) {
            Ok(delta) => delta,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if !delta.is_empty() {
            self.write(change, &delta)?;
        }
        Ok(Ok(Committed { modseq: delta.head.modseq, outcome: delta.outcome }))
    }

    /// What became of a change that an earlier transaction has committed, if one has. Looks at the
    /// latest thousand commits of its account.
    pub(super) fn earlier(
        &self,
        account: AccountId,
        id: ChangeId,
    ) -> Result<Option<Committed>, Failure> {
        let mut statement = self.db.prepare_cached(
            "SELECT v FROM journal WHERE account = ?1 ORDER BY modseq DESC LIMIT 1000",
        )?;
        let mut rows = statement.query([account.get()])?;
        while let Some(row) = rows.next()? {
            let record = codec::decode(row.get_ref(0)?.as_blob().unwrap_or(&[]))?;
            if record.change == id {
                let Record { modseq, outcome, .. } = record;
                return Ok(Some(Committed { modseq, outcome }));
            }
        }
        Ok(None)
    }

    fn load(&mut self, change: &Change) -> Result<Snapshot, Failure> {
        let reads = change.reads();
        let head = self.heads.head(self.db, change.account)?;
        let (mailboxes, subscriptions) =
            self.heads.mailboxes(self.db, change.account, &reads.mailboxes)?;
        let rows = match &reads.rows {
            Some(rows) => self.load_rows(change.account, rows)?,
            None => Vec::new(),
        };
        let mut properties = BTreeMap::new();
        for wanted in &reads.properties {
            property::load(self.db, change.account, *wanted, &mut properties)?;
        }
        Ok(Snapshot { head, mailboxes, rows, subscriptions, properties })
    }

    fn load_rows(
        &mut self,
        account: AccountId,
        wanted: &ReadRows<'_>,
    ) -> Result<Vec<(Row, Presence)>, Failure> {
        let Some(no) = self.heads.no(self.db, account, wanted.mailbox)? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for range in wanted.uids.ranges() {
            let keys = (row::key(no, *range.start()), row::key(no, *range.end()));
            self.load_range(account, Presence::Live, keys, &mut found)?;
            if wanted.down_to == Presence::Expunged {
                self.load_range(account, Presence::Expunged, keys, &mut found)?;
            }
        }
        found.sort_by_key(|(row, _)| row.uid);
        Ok(found)
    }

    fn load_range(
        &mut self,
        account: AccountId,
        presence: Presence,
        (from, to): (i64, i64),
        found: &mut Vec<(Row, Presence)>,
    ) -> Result<(), Failure> {
        let mut statement = self.db.prepare_cached(match presence {
            Presence::Live => "SELECT key, email, v FROM membership WHERE key BETWEEN ?1 AND ?2",
            Presence::Expunged => "SELECT key, email, v FROM expunged WHERE key BETWEEN ?1 AND ?2",
        })?;
        let mut rows = statement.query([from, to])?;
        while let Some(row) = rows.next()? {
            let key = row.get(0)?;
            let decoded = row::decode_row(row.get_ref(2)?.as_blob().unwrap_or(&[]), key)?;
            self.numbers.insert((account, decoded.email), row.get(1)?);
            found.push((decoded, presence));
        }
        Ok(())
    }

    fn write(&mut self, change: &Change, delta: &Delta) -> Result<(), Failure> {
        let account = change.account;
        self.heads.take(self.db, account, (delta, change.at))?;
        for new in &delta.emails {
            self.write_email(account, new)?;
        }
        for (mailbox, row) in &delta.rows {
            let no = self.number_of(account, *mailbox)?;
            self.write_row(account, no, (row, change))?;
        }
        self.has_properties |= property::write(self.db, account, delta)?;
        if let Some(record) = &delta.record {
            self.db
                .prepare_cached("INSERT INTO journal (account, modseq, v) VALUES (?1, ?2, ?3)")?
                .execute(params![account.get(), record.modseq.0 as i64, codec::encode(record)])?;
        }
        Ok(())
    }

    fn write_email(&mut self, account: AccountId, new: &NewEmail) -> Result<(), Failure> {
        let email = &new.email;
        let id = email.id.to_bytes();
        let no = self.heads.next_email(self.db)?;
        email::insert(self.db, no, account, email)?;
        self.numbers.insert((account, email.id), no);
        for (blob, bytes) in &new.kept {
            kept::insert(self.db, blob.digest, bytes)?;
        }
        for blob in email.tree.blobs() {
            let claim = params![blob.digest.0, account.get(), id];
            self.db
                .prepare_cached(
                    "INSERT OR IGNORE INTO claim (digest, account, email) VALUES (?1, ?2, ?3)",
                )?
                .execute(claim)?;
            if blob.place != Place::Ledger {
                self.db
                    .prepare_cached(
                        "DELETE FROM pending WHERE digest = ?1 AND account = ?2 AND email = ?3",
                    )?
                    .execute(claim)?;
            }
        }
        Ok(())
    }

    fn write_row(
        &mut self,
        account: AccountId,
        no: MailboxNo,
        (row_change, change): (&RowChange, &Change),
    ) -> Result<(), Failure> {
        match row_change {
            RowChange::Insert(row) => {
                let key = row::key(no, row.uid);
                let email = self.email_number(account, row.email)?;
                self.db
                    .prepare_cached("INSERT INTO membership (key, email, v) VALUES (?1, ?2, ?3)")?
                    .execute(params![key, email, row::encode_row(row, key)])?;
            }
            RowChange::Update(row) => {
                let key = row::key(no, row.uid);
                self.db
                    .prepare_cached("UPDATE membership SET v = ?2 WHERE key = ?1")?
                    .execute(params![key, row::encode_row(row, key)])?;
            }
            RowChange::Expunge(row) => {
                let key = row::key(no, row.uid);
                let email = self.email_number(account, row.email)?;
                self.db.prepare_cached("DELETE FROM membership WHERE key = ?1")?.execute([key])?;
                let at = change.at.millis();
                self.db
                    .prepare_cached(
                        "INSERT INTO expunged (key, email, at, v) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![key, email, at, row::encode_row(row, key)])?;
            }
        }
        Ok(())
    }

    fn number_of(&mut self, account: AccountId, mailbox: MailboxId) -> Result<MailboxNo, Failure> {
        let no = self.heads.no(self.db, account, mailbox)?;
        no.ok_or_else(|| Failure::Missing(format!("mailbox {} of account {account}", mailbox.0)))
    }

    fn email_number(&mut self, account: AccountId, id: EmailId) -> Result<EmailNo, Failure> {
        if let Some(no) = self.numbers.get(&(account, id)) {
            return Ok(*no);
        }
        let no = email::number(self.db, account, id)?;
        no.ok_or_else(|| Failure::Missing(format!("email {id} of account {account}")))
    }
}
