//! The journal, read.
//!
//! MODSEQs of an account follow one another without a gap, so a range of them says how many records
//! there must be: a record that is missing has been trimmed.

use mongodb::bson::doc;

use super::failure::Failure;
use super::store::Store;
use super::{record, row, schema};
use crate::id::{AccountId, MailboxId};
use crate::journal::{Record, Replay};
use crate::mailbox::{AccountHead, MailboxState};
use crate::uid::ModSeq;

/// Most records read at once.
pub(super) const WINDOW: u64 = 1_000;

/// The head of an account; the default for one that has never been changed.
pub(super) async fn head(store: &Store, account: AccountId) -> Result<AccountHead, Failure> {
    let found = store.find_one(schema::ACCOUNTS, doc! { "_id": account.get() }).await?;
    found.map_or_else(|| Ok(AccountHead::default()), row::head_from)
}

/// The records after one up to another, oldest first: as many as are still there.
pub(super) async fn records(
    store: &Store,
    account: AccountId,
    (after, upto): (ModSeq, ModSeq),
) -> Result<Vec<Record>, Failure> {
    let range = doc! { "$gt": after.0.cast_signed(), "$lte": upto.0.cast_signed() };
    let filter = doc! { "account": account.get(), "modseq": range };
    let found = store.find(schema::JOURNAL, filter).await?;
    let mut records: Vec<_> =
        found.into_iter().map(record::record_from).collect::<Result<_, _>>()?;
    records.sort_by_key(|record| record.modseq);
    Ok(records)
}

/// What `Ledger::journal` answers.
pub(super) async fn replay(
    store: &Store,
    account: AccountId,
    (since, mailbox, limit): (ModSeq, Option<MailboxId>, usize),
) -> Result<Replay, Failure> {
    loop {
        let head = head(store, account).await?;
        if since == head.modseq {
            return Ok(Replay::Records { records: Vec::new(), upto: since, more: false });
        }
        // A reader ahead of the account has known an earlier one of its number.
        let missed = since < head.horizon;
        if since > head.modseq || missed && changed(store, account, (mailbox, since)).await? {
            return Ok(Replay::Trimmed);
        }
        let from = since.max(head.horizon);
        if let Some(replay) = read(store, account, (from, &head, mailbox, limit)).await? {
            return Ok(replay);
        }
        // It was trimmed meanwhile.
    }
}

/// Reads from there on; `None` if a record is missing.
async fn read(
    store: &Store,
    account: AccountId,
    (from, head, mailbox, limit): (ModSeq, &AccountHead, Option<MailboxId>, usize),
) -> Result<Option<Replay>, Failure> {
    let touches = |record: &Record| {
        mailbox.is_none_or(|id| record.entries.iter().any(|entry| entry.mailbox == id))
    };
    let (mut found, mut at): (Vec<Record>, _) = (Vec::new(), from);
    while at < head.modseq {
        let upto = ModSeq(head.modseq.0.min(at.0 + WINDOW));
        let records = records(store, account, (at, upto)).await?;
        if records.len() as u64 != upto.0 - at.0 {
            return Ok(None);
        }
        for record in records.into_iter().filter(touches) {
            if found.len() == limit {
                let upto = found.last().map_or(from, |last| last.modseq);
                return Ok(Some(Replay::Records { records: found, upto, more: true }));
            }
            found.push(record);
        }
        at = upto;
    }
    Ok(Some(Replay::Records { records: found, upto: head.modseq, more: false }))
}

/// Has the mailbox, or the account, changed? A mailbox that is gone has.
async fn changed(
    store: &Store,
    account: AccountId,
    (mailbox, since): (Option<MailboxId>, ModSeq),
) -> Result<bool, Failure> {
    let Some(id) = mailbox else { return Ok(true) };
    let filter = doc! { "account": account.get(), "id": i64::from(id.0) };
    let found = store.find_one(schema::MAILBOXES, filter).await?;
    let found = found.map(row::mailbox_from).transpose()?;
    Ok(found.is_none_or(|stored| {
        stored.mailbox.state == MailboxState::Deleted || stored.mailbox.modseq > since
    }))
}
