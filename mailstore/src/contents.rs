//! Contents that were read, kept as long as there is room.
//!
//! A content never changes, so what is kept is never out of date; and each was checked when it was
//! read. What does change, the row, is read anew every time.

use std::array;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::blob::Digest;
use crate::id::{AccountId, EmailId, MailboxKey};
use crate::lot::Lot;
use crate::mailstore::Mailstore;
use crate::message::{Fetched, Want};
use crate::mime::{Derived, MimeTree};
use crate::store::{PAGE_BYTES, Page, StoreError};
use crate::uid::{Uid, UidSet};

/// Parts that are locked each on its own.
const SHARDS: usize = 16;
/// What an entry takes beside its content, about.
const OVERHEAD: usize = 160;

/// What is kept: the contents of emails, and blobs that the ledger keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Email(AccountId, EmailId),
    Blob(Digest),
}

#[derive(Clone, Debug)]
enum Value {
    Email(Content),
    Blob(Bytes),
}

/// As much of an email's content as was wanted so far.
#[derive(Clone, Debug, Default)]
struct Content {
    derived: Option<Arc<Derived>>,
    tree: Option<Arc<MimeTree>>,
}

impl Content {
    fn of(message: &Fetched) -> Self {
        Self { derived: message.derived.clone(), tree: message.tree.clone() }
    }

    fn has(&self, want: Want) -> bool {
        (self.derived.is_some() || !want.has_derived()) && (self.tree.is_some() || !want.has_tree())
    }

    fn or(self, other: &Self) -> Self {
        Self {
            derived: self.derived.or_else(|| other.derived.clone()),
            tree: self.tree.or_else(|| other.tree.clone()),
        }
    }

    /// The part that is wanted.
    fn only(&self, want: Want) -> Self {
        Self {
            derived: self.derived.as_ref().filter(|_| want.has_derived()).cloned(),
            tree: self.tree.as_ref().filter(|_| want.has_tree()).cloned(),
        }
    }

    /// Bytes of memory, about.
    fn memory(&self) -> usize {
        let derived = self.derived.as_ref().map_or(0, |derived| derived.memory());
        derived + self.tree.as_ref().map_or(0, |tree| tree.memory())
    }
}

/// Contents, up to a number of bytes in all.
#[derive(Debug)]
pub(crate) struct Contents {
    shards: [Mutex<Lot<Key, Value>>; SHARDS],
}

impl Contents {
    pub(crate) fn new(bytes: u64) -> Self {
        let each = usize::try_from(bytes).unwrap_or(usize::MAX) / SHARDS;
        Self { shards: array::from_fn(|_| Mutex::new(Lot::new(each))) }
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Lot<Key, Value>> {
        let chance = match key {
            Key::Email(_, email) => email.0 as usize,
            Key::Blob(digest) => usize::from(digest.0[0]),
        };
        lock(&self.shards[chance % SHARDS])
    }

    /// What is wanted of an email, if all of that is kept, and its size.
    fn email(&self, key: &Key, want: Want) -> Option<(Content, usize)> {
        match self.shard(key).with_cost(key) {
            Some((Value::Email(content), cost)) if content.has(want) => {
                Some((content.only(want), cost))
            }
            _ => None,
        }
    }

    /// A blob that the ledger keeps.
    pub(crate) fn blob(&self, digest: Digest) -> Option<Bytes> {
        let key = Key::Blob(digest);
        match self.shard(&key).get(&key) {
            Some(Value::Blob(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// Keeps all bytes of a blob, which have been checked.
    pub(crate) fn keep_blob(&self, digest: Digest, bytes: Bytes) {
        let (key, cost) = (Key::Blob(digest), OVERHEAD + bytes.len());
        self.shard(&key).put(key, Value::Blob(bytes), cost);
    }

    fn keep(&self, account: AccountId, messages: &[Fetched]) {
        for message in messages {
            let key = Key::Email(account, message.row.email);
            let mut shard = self.shard(&key);
            let content = match shard.get(&key) {
                Some(Value::Email(known)) => Content::of(message).or(known),
                _ => Content::of(message),
            };
            let cost = OVERHEAD + content.memory();
            shard.put(key, Value::Email(content), cost);
        }
    }

    /// Adds to each row its content, if it is kept; the page ends with the one that makes it full.
    /// Gives the messages whose contents are to be read.
    fn fill(&self, account: AccountId, want: Want, messages: &mut Vec<Fetched>) -> UidSet {
        let (mut missing, mut bytes, mut count) = (UidSet::new(), 0, 0);
        for message in messages.iter_mut() {
            if bytes >= PAGE_BYTES {
                break;
            }
            count += 1;
            match self.email(&Key::Email(account, message.row.email), want) {
                Some((content, cost)) => {
                    bytes += cost;
                    message.derived = content.derived;
                    message.tree = content.tree;
                }
                None => missing.insert(message.row.uid),
            }
        }
        messages.truncate(count);
        missing
    }

    /// Forgets what an account holds.
    pub(crate) fn forget(&self, account: AccountId) {
        let is_its = |key: &Key| matches!(key, Key::Email(owner, _) if *owner == account);
        self.shards.iter().for_each(|shard| lock(shard).forget(is_its));
    }
}

fn lock(shard: &Mutex<Lot<Key, Value>>) -> MutexGuard<'_, Lot<Key, Value>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mailstore {
    /// [`Ledger::fetch`](crate::store::Ledger::fetch), which is asked only for the contents that
    /// are not kept here.
    pub(crate) async fn fetch(
        &self,
        at: MailboxKey,
        uids: &UidSet,
        want: Want,
    ) -> Result<Page, StoreError> {
        if want == Want::Row || self.settings().content_cache == 0 {
            return self.ledger().fetch(at, uids, want).await;
        }
        let mut page = self.ledger().fetch(at, uids, Want::Row).await?;
        let count = page.messages.len();
        let missing = self.contents().fill(at.account, want, &mut page.messages);
        let mut read = Page::default();
        if !missing.is_empty() {
            let rows = page.messages.iter().filter(|message| missing.contains(message.row.uid));
            let rows = rows.map(|message| (message.row.clone(), message.presence)).collect();
            read = self.ledger().contents(at, rows, want).await?;
            self.contents().keep(at.account, &read.messages);
        }
        if let Some(end) = read.rest.first() {
            page.messages.retain(|message| message.row.uid < end);
        }
        if page.messages.len() < count
            && let Some(last) = page.messages.last()
        {
            page.rest = uids.difference(&UidSet::range(Uid::MIN..=last.row.uid));
        }
        merge(&mut page.messages, (read.messages, &missing));
        Ok(page)
    }
}

/// Puts messages that were read in place of those that were missing. One that could not be read has
/// gone for good in between.
fn merge(messages: &mut Vec<Fetched>, (read, missing): (Vec<Fetched>, &UidSet)) {
    if missing.is_empty() {
        return;
    }
    let mut read = read.into_iter().peekable();
    messages.retain_mut(|message| {
        if !missing.contains(message.row.uid) {
            return true;
        }
        let found = read.next_if(|found| found.row.uid == message.row.uid);
        found.map(|found| *message = found).is_some()
    });
}
