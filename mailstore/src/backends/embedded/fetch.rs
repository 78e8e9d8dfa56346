//! Reads messages, a page at a time.

use std::sync::Arc;

use rusqlite::Connection;

use super::connection::Failure;
use super::email;
use super::row::{self, MailboxNo};
use crate::message::{Fetched, Presence, Row, Want};
use crate::store::{PAGE_BYTES, PAGE_ROWS, Page};
use crate::uid::{Uid, UidSet};

/// Reads one page.
pub(super) fn page(
    db: &Connection,
    mailbox: MailboxNo,
    uids: &UidSet,
    want: Want,
) -> Result<Page, Failure> {
    let mut reader = PageReader { db, mailbox, want, messages: Vec::new(), bytes: 0 };
    for range in uids.ranges() {
        reader.range(*range.start(), *range.end())?;
        if reader.is_full() {
            break;
        }
    }
    let rest = match reader.messages.last() {
        Some(last) if reader.is_full() => uids.difference(&UidSet::range(Uid::MIN..=last.row.uid)),
        _ => UidSet::new(),
    };
    Ok(Page { messages: reader.messages, rest })
}

struct PageReader<'a> {
    db: &'a Connection,
    mailbox: MailboxNo,
    want: Want,
    messages: Vec<Fetched>,
    bytes: usize,
}

/// A row, and the number of its email.
struct Found {
    row: Row,
    presence: Presence,
    number: i64,
}

impl PageReader<'_> {
    fn is_full(&self) -> bool {
        self.messages.len() >= PAGE_ROWS || self.bytes >= PAGE_BYTES
    }

    /// Reads a range of UIDs: the live ones, and between them, if any are missing, the expunged.
    fn range(&mut self, from: Uid, to: Uid) -> Result<(), Failure> {
        let room = PAGE_ROWS - self.messages.len();
        let mut found = self.scan(Presence::Live, (from, to), room)?;
        let end = match found.last() {
            Some(last) if found.len() == room => last.row.uid,
            _ => to,
        };
        let asked = u64::from(end.get() - from.get()) + 1;
        if (found.len() as u64) < asked {
            found.extend(self.scan(Presence::Expunged, (from, end), room)?);
            found.sort_by_key(|found| found.row.uid);
            found.truncate(room);
        }
        for found in found {
            if self.is_full() {
                break;
            }
            let fetched = self.content(found)?;
            self.messages.push(fetched);
        }
        Ok(())
    }

    /// At most so many rows, without their content.
    fn scan(
        &self,
        presence: Presence,
        (from, to): (Uid, Uid),
        most: usize,
    ) -> Result<Vec<Found>, Failure> {
        let mut statement = self.db.prepare_cached(match presence {
            Presence::Live => {
                "SELECT key, v, email FROM membership WHERE key BETWEEN ?1 AND ?2 ORDER BY key"
            }
            Presence::Expunged => {
                "SELECT key, v, email FROM expunged WHERE key BETWEEN ?1 AND ?2 ORDER BY key"
            }
        })?;
        let keys = [row::key(self.mailbox, from), row::key(self.mailbox, to)];
        let mut rows = statement.query(keys)?;
        let mut all = Vec::new();
        while all.len() < most
            && let Some(found) = rows.next()?
        {
            let key = found.get(0)?;
            let row = row::decode_row(found.get_ref(1)?.as_blob().unwrap_or(&[]), key)?;
            all.push(Found { row, presence, number: found.get(2)? });
        }
        Ok(all)
    }

    fn content(&mut self, found: Found) -> Result<Fetched, Failure> {
        let Found { row, presence, number } = found;
        let mut fetched = Fetched { row, presence, derived: None, tree: None };
        if self.want == Want::Row {
            return Ok(fetched);
        }
        let id = fetched.row.email;
        let missing = || Failure::Missing(format!("email {id}"));
        let columns = email::columns(self.db, number, self.want)?;
        let (derived, tree) = columns.ok_or_else(missing)?;
        self.bytes += derived.len() + tree.len();
        if self.want.has_derived() {
            fetched.derived = Some(Arc::new(email::decode_derived(&derived, id)?));
        }
        if self.want.has_tree() {
            fetched.tree = Some(Arc::new(email::decode_tree(&tree, id)?));
        }
        Ok(fetched)
    }
}
