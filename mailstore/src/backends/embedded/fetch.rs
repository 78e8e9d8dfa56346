//! Reads messages, a page at a time.

use std::sync::Arc;

use rusqlite::Connection;

use super::connection::Failure;
use super::email::{self, EmailNo};
use super::row::{self, MailboxNo};
use crate::message::{Fetched, Presence, Want};
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

/// A message without its content, and the number of its email.
type Found = (Fetched, EmailNo);

impl PageReader<'_> {
    fn is_full(&self) -> bool {
        self.messages.len() >= PAGE_ROWS || self.bytes >= PAGE_BYTES
    }

    fn range(&mut self, from: Uid, to: Uid) -> Result<(), Failure> {
        if self.want == Want::Row {
            let mut found = self.find((from, to), |message, _| Ok(message), |message| message)?;
            match self.messages.is_empty() {
                // Mostly all are of one range, and need not be copied.
                true => self.messages = found,
                false => self.messages.append(&mut found),
            }
            return Ok(());
        }
        let with_number = |message, row: &rusqlite::Row<'_>| Ok((message, row.get(2)?));
        let found: Vec<Found> = self.find((from, to), with_number, |(message, _)| message)?;
        for (mut message, number) in found {
            if self.is_full() {
                break;
            }
            self.read_content(&mut message, number)?;
            self.messages.push(message);
        }
        Ok(())
    }

    /// What stands in a range of UIDs, as far as there is room: the live ones, and between them,
    /// if any are missing, the expunged.
    fn find<T>(
        &self,
        (from, to): (Uid, Uid),
        make: impl Fn(Fetched, &rusqlite::Row<'_>) -> Result<T, Failure>,
        message: impl Fn(&T) -> &Fetched,
    ) -> Result<Vec<T>, Failure> {
        let room = PAGE_ROWS - self.messages.len();
        let mut found = Vec::with_capacity(room.min((to.get() - from.get()) as usize + 1));
        self.scan(Presence::Live, (from, to), room, |message, row| {
            found.push(make(message, row)?);
            Ok(())
        })?;
        let end = match found.last() {
            Some(last) if found.len() == room => message(last).row.uid,
            _ => to,
        };
        let asked = u64::from(end.get() - from.get()) + 1;
        if (found.len() as u64) < asked {
            self.scan(Presence::Expunged, (from, end), room, |message, row| {
                found.push(make(message, row)?);
                Ok(())
            })?;
            found.sort_by_key(|found| message(found).row.uid);
            found.truncate(room);
        }
        Ok(found)
    }

    /// At most so many messages, without their content.
    fn scan(
        &self,
        presence: Presence,
        (from, to): (Uid, Uid),
        most: usize,
        mut each: impl FnMut(Fetched, &rusqlite::Row<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut statement = self.db.prepare_cached(match (presence, self.want) {
            (Presence::Live, Want::Row) => {
                "SELECT key, v FROM membership WHERE key BETWEEN ?1 AND ?2 ORDER BY key"
            }
            (Presence::Live, _) => {
                "SELECT key, v, email FROM membership WHERE key BETWEEN ?1 AND ?2 ORDER BY key"
            }
            (Presence::Expunged, _) => {
                "SELECT key, v, email FROM expunged WHERE key BETWEEN ?1 AND ?2 ORDER BY key"
            }
        })?;
        let keys = [row::key(self.mailbox, from), row::key(self.mailbox, to)];
        let mut rows = statement.query(keys)?;
        for _ in 0..most {
            let Some(found) = rows.next()? else { break };
            let key = found.get(0)?;
            let row = row::decode_row(found.get_ref(1)?.as_blob().unwrap_or(&[]), key)?;
            each(Fetched { row, presence, derived: None, tree: None }, found)?;
        }
        Ok(())
    }

    fn read_content(&mut self, message: &mut Fetched, number: EmailNo) -> Result<(), Failure> {
        let id = message.row.email;
        let missing = || Failure::Missing(format!("email {id}"));
        let columns = email::columns(self.db, number, self.want)?;
        let (derived, tree) = columns.ok_or_else(missing)?;
        self.bytes += derived.len() + tree.len();
        if self.want.has_derived() {
            message.derived = Some(Arc::new(email::decode_derived(&derived, id)?));
        }
        if self.want.has_tree() {
            message.tree = Some(Arc::new(email::decode_tree(&tree, id)?));
        }
        Ok(())
    }
}
