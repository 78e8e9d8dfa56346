//! Pages of messages.
//!
//! Rows are asked for in windows of UIDs, each a range of the index (account, mailbox, uid) with
//! both its ends: however a server plans it, it reads no more than what lies between.

use std::collections::HashMap;

use mongodb::bson::{Document, doc};

use super::document::email_id;
use super::email::{self, Content};
use super::failure::Failure;
use super::store::Store;
use super::{row, schema};
use crate::id::{AccountId, EmailId, MailboxId, MailboxKey};
use crate::message::{Fetched, Presence, Row, Want};
use crate::store::{PAGE_BYTES, PAGE_ROWS, Page};
use crate::uid::{Uid, UidSet};

/// UIDs asked for at first.
const WINDOW: u64 = PAGE_ROWS as u64;
/// Most UIDs of a window that is a range.
const WIDEST: u64 = 1 << 16;
/// Most UIDs of a window that is no range.
const MOST_LISTED: u64 = 1_024;
/// A set that asks for more UIDs than this is first cut to what the mailbox has given out.
const MANY: u64 = 100_000;
/// What the derived values of a message take, roughly.
const DERIVED_BYTES: usize = 2 << 10;
/// What a tree keeps of a message at most, roughly.
const TREE_BYTES: u64 = 1 << 20;

/// Those of a set that have been given out.
pub(super) fn below(uids: &UidSet, uid_next: u64) -> UidSet {
    match u32::try_from(uid_next.saturating_sub(1)).unwrap_or(u32::MAX) {
        0 => UidSet::new(),
        last => match Uid::new(last) {
            Some(last) => uids.intersection(&UidSet::range(Uid::MIN..=last)),
            None => UidSet::new(),
        },
    }
}

/// Some UIDs that are asked for at once.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) uids: UidSet,
}

impl Window {
    /// Finds all of them, and perhaps some between.
    pub(super) fn filter(&self, account: AccountId, mailbox: MailboxId) -> Document {
        let uid = if is_dense(&self.uids) {
            let ends = self.uids.first().zip(self.uids.last());
            let (first, last) = ends.map_or((1, 0), |(first, last)| (first.get(), last.get()));
            doc! { "$gte": i64::from(first), "$lte": i64::from(last) }
        } else {
            let all: Vec<_> = self.uids.iter().map(|uid| i64::from(uid.get())).collect();
            doc! { "$in": all }
        };
        doc! { "account": account.get(), "mailbox": i64::from(mailbox.0), "uid": uid }
    }
}

/// Does a range over the set hold little else?
fn is_dense(uids: &UidSet) -> bool {
    let ends = uids.first().zip(uids.last());
    let span = ends.map_or(0, |(first, last)| u64::from(last.get() - first.get()) + 1);
    span <= 2 * uids.len()
}

/// Goes through a set, in windows that grow where little is found.
#[derive(Debug)]
pub(super) struct Windows {
    rest: UidSet,
    /// UIDs of the window before; 0 if there was none.
    asked: u64,
    /// Rows that all those before have found.
    found: usize,
}

impl Windows {
    pub(super) fn new(uids: UidSet) -> Self {
        Self { rest: uids, asked: 0, found: 0 }
    }

    /// The next window; `found` is how many rows all those before have found.
    pub(super) fn next(&mut self, found: usize) -> Option<Window> {
        if self.rest.is_empty() {
            return None;
        }
        let gain = (found - self.found) as u64;
        let is_sparse = gain * 2 < self.asked;
        let size = if is_sparse { WIDEST.min(self.asked * 2) } else { WINDOW };
        let (mut uids, mut rest) = self.rest.split_at(size);
        if uids.len() > MOST_LISTED && !is_dense(&uids) {
            (uids, rest) = self.rest.split_at(MOST_LISTED);
        }
        (self.rest, self.asked, self.found) = (rest, uids.len(), found);
        Some(Window { uids })
    }
}

/// One page of messages.
pub(super) async fn page(
    store: &Store,
    at: MailboxKey,
    (uids, want): (&UidSet, Want),
) -> Result<Page, Failure> {
    let wanted = if uids.len() > MANY { given_out(store, at, uids).await? } else { uids.clone() };
    let mut windows = Windows::new(wanted.clone());
    let mut rows = Vec::new();
    while rows.len() < PAGE_ROWS
        && let Some(window) = windows.next(rows.len())
    {
        rows.extend(read_rows(store, at, &window).await?);
    }
    let all = windows.rest.is_empty();
    let mut page = page_of(store, at.account, (rows, want)).await?;
    if let Some(last) = page.messages.last()
        && (!all || !page.rest.is_empty())
    {
        page.rest = wanted.difference(&UidSet::range(Uid::MIN..=last.row.uid));
    }
    Ok(page)
}

/// As many of these rows as make a page, with what else is wanted of them.
pub(super) async fn page_of(
    store: &Store,
    account: AccountId,
    (mut rows, want): (Vec<(Row, Presence)>, Want),
) -> Result<Page, Failure> {
    let rest = rows.split_off(count_of(&rows, want));
    let rest = rest.into_iter().map(|(row, _)| row.uid).collect();
    Ok(Page { messages: contents(store, account, (rows, want)).await?, rest })
}

/// Those of a large set that the mailbox has given out.
async fn given_out(store: &Store, at: MailboxKey, uids: &UidSet) -> Result<UidSet, Failure> {
    let filter = doc! { "account": at.account.get(), "id": i64::from(at.mailbox.0) };
    let found = store.find_one(schema::MAILBOXES, filter).await?;
    Ok(match found.map(row::mailbox_from).transpose()? {
        Some(stored) => below(uids, stored.mailbox.uid_next),
        None => UidSet::new(),
    })
}

/// The rows of a window, ascending.
async fn read_rows(
    store: &Store,
    at: MailboxKey,
    window: &Window,
) -> Result<Vec<(Row, Presence)>, Failure> {
    let found = store.find(schema::MESSAGES, window.filter(at.account, at.mailbox)).await?;
    let mut rows = Vec::with_capacity(found.len());
    for document in found {
        let found = row::message_from(document)?;
        if window.uids.contains(found.0.uid) {
            rows.push(found);
        }
    }
    rows.sort_by_key(|(row, _)| row.uid);
    Ok(rows)
}

/// How many of these rows make a page.
fn count_of(rows: &[(Row, Presence)], want: Want) -> usize {
    let mut bytes = 0;
    let mut count = 0;
    for (row, _) in rows.iter().take(PAGE_ROWS) {
        if bytes >= PAGE_BYTES {
            break;
        }
        count += 1;
        if want.has_derived() {
            bytes += DERIVED_BYTES;
        }
        if want.has_tree() {
            bytes += row.size.min(TREE_BYTES) as usize;
        }
    }
    count
}

async fn contents(
    store: &Store,
    account: AccountId,
    (rows, want): (Vec<(Row, Presence)>, Want),
) -> Result<Vec<Fetched>, Failure> {
    let emails = match want {
        Want::Row => HashMap::new(),
        _ => emails(store, account, (&rows, want)).await?,
    };
    let fetched = |(row, presence): (Row, Presence)| {
        let content = match want {
            Want::Row => Content::default(),
            _ => {
                let missing = || Failure::corrupt(format!("email {} is missing", row.email));
                emails.get(&row.email).ok_or_else(missing)?.clone()
            }
        };
        Ok(Fetched { row, presence, derived: content.derived, tree: content.tree })
    };
    rows.into_iter().map(fetched).collect()
}

async fn emails(
    store: &Store,
    account: AccountId,
    (rows, want): (&[(Row, Presence)], Want),
) -> Result<HashMap<EmailId, Content>, Failure> {
    let ids: Vec<_> = rows.iter().map(|(row, _)| email_id(row.email)).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let filter = doc! { "account": account.get(), "id": { "$in": ids } };
    let found = store.find_fields(schema::EMAILS, (filter, email::fields(want))).await?;
    found.into_iter().map(|document| email::email_from(document, want)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid(number: u32) -> Uid {
        Uid::new(number).unwrap()
    }

    /// The windows of a set of whose UIDs one in so many is found.
    fn windows(uids: &UidSet, every: u32) -> Vec<Window> {
        let mut windows = Windows::new(uids.clone());
        let (mut all, mut found) = (Vec::new(), 0);
        while let Some(window) = windows.next(found) {
            found += window.uids.iter().filter(|uid| uid.get() % every == 0).count();
            all.push(window);
        }
        all
    }

    #[test]
    fn windows_cover_the_set_and_grow_where_little_is_found() {
        let range = UidSet::range(uid(1)..=uid(1_000_000));
        let empty = windows(&range, 2_000_000);
        assert!(empty.len() < 32, "{}", empty.len());
        let dense = windows(&UidSet::range(uid(1)..=uid(2_560)), 1);
        assert_eq!(dense.len(), 2_560_usize.div_ceil(PAGE_ROWS));
        let sparse: UidSet = (1..10_000).step_by(5).map(uid).collect();
        for window in windows(&sparse, 10_001) {
            assert!(window.uids.len() <= MOST_LISTED);
        }
        for set in [&range, &sparse] {
            let found = windows(set, 7);
            let all = found.iter().fold(UidSet::new(), |all, window| all.union(&window.uids));
            assert_eq!(&all, set);
        }
    }

    #[test]
    fn what_was_not_given_out_is_not_asked_for() {
        let all = UidSet::range(Uid::MIN..=Uid::MAX);
        assert_eq!(below(&all, 1), UidSet::new());
        assert_eq!(below(&all, 4), UidSet::range(uid(1)..=uid(3)));
        assert_eq!(below(&all, 1 << 32), all);
    }
}
