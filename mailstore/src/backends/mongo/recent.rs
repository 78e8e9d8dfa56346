//! What is `\Recent` is taken with one command, where that will do.
//!
//! Of all that is stored only the document of the mailbox changes, and nobody is told. So the new
//! one is put in the place of the one that was read, as long as that still stands there: whoever
//! has taken something since, or changed the mailbox, has written another. A transaction that has
//! read the mailbox meanwhile finds its own write refused, and begins again.
//!
//! No journal record tells of it. That a change has been made whose outcome was lost on the way is
//! therefore said by the mailbox itself: it names the last change that took something.

use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::doc;

use super::failure::Failure;
use super::open;
use super::remembered::{Remembered, Seen};
use super::row::{self, StoredMailbox, Taken};
use super::schema;
use super::store::Store;
use crate::change::{Change, Committed, Op, Snapshot};
use crate::id::{ChangeId, MailboxKey};

/// Takes it. `None` if that is not what is asked for, or somebody is in the way: then a transaction
/// does it, or says what is wrong.
pub(super) async fn take(
    store: &Store,
    remembered: &Remembered,
    group: &[Arc<Change>],
) -> Option<Committed> {
    let [change] = group else { return None };
    // It is not worth waiting long for who is in the way.
    let patience: Duration = store.timeout / 3;
    match tokio::time::timeout(patience, try_take(store, remembered, change)).await {
        Ok(Ok(taken)) => taken,
        Ok(Err(error)) => {
            tracing::debug!(%error, "what is recent is taken in a transaction");
            None
        }
        Err(_) => None,
    }
}

async fn try_take(
    store: &Store,
    remembered: &Remembered,
    change: &Change,
) -> Result<Option<Committed>, Failure> {
    let Op::TakeRecent { at, below } = change.op else { return Ok(None) };
    if !change.reads().properties.is_empty() {
        return Ok(None);
    }
    let at = MailboxKey { account: change.account, mailbox: at };
    let known = remembered.take_recent(at).filter(|seen| seen.stored.mailbox.uid_next >= below);
    let seen = match known {
        Some(seen) => Some(seen),
        None => open::look(store, at).await?,
    };
    let Some(Seen { stored, head }) = seen else { return Ok(None) };
    let taking = stored.taken_by(change.id);
    let mailboxes = vec![taking.mailbox.clone()];
    let snapshot = Snapshot { head, mailboxes, ..Snapshot::default() };
    let Ok(delta) = change.decide(&snapshot) else { return Ok(None) };
    let is_done = match delta.mailboxes.first() {
        Some(new) => {
            put(store, at, (&stored, StoredMailbox { mailbox: new.clone(), ..taking })).await?
        }
        None => true,
    };
    let committed = Committed { modseq: delta.head.modseq, outcome: delta.outcome };
    Ok(is_done.then_some(committed))
}

impl StoredMailbox {
    /// The mailbox as this change, which takes what is recent, sees it: if it has done so before,
    /// as it was before that.
    pub(super) fn taken_by(&self, change: ChangeId) -> Self {
        let mut seen = self.clone();
        if let Some(taken) = self.taken.filter(|taken| taken.by == change) {
            seen.mailbox.recent_from = taken.from;
        }
        seen.taken = Some(Taken { by: change, from: seen.mailbox.recent_from });
        seen
    }
}

/// Puts a mailbox in the place of what was read; says whether that was still there.
async fn put(
    store: &Store,
    at: MailboxKey,
    (old, new): (&StoredMailbox, StoredMailbox),
) -> Result<bool, Failure> {
    let document = row::mailbox_to(at.account, old)?;
    let mut filter = doc! { "account": at.account.get(), "id": i64::from(at.mailbox.0) };
    for name in ["written", "recentFrom", "sum"] {
        filter.insert(name, document.get(name).cloned());
    }
    let mailboxes = store.collection(schema::MAILBOXES);
    let done = mailboxes.replace_one(filter, row::mailbox_to(at.account, &new)?).await?;
    Ok(done.matched_count == 1)
}
