//! APPEND: all of the messages, or none.

use std::sync::Arc;

use super::draft::Draft;
use super::{Change, Delta, MAX_APPEND, NewMessage, Outcome, Refusal, Snapshot};
use crate::id::MailboxId;
use crate::message::Row;
use crate::uid::{Uid, UidSet};

pub(super) fn decide(
    change: &Change,
    seen: &Snapshot,
    to: MailboxId,
    messages: &[NewMessage],
) -> Result<Delta, Refusal> {
    if messages.len() > MAX_APPEND {
        return Err(Refusal::TooMany { what: "messages in one append", limit: MAX_APPEND as u64 });
    }
    let mut draft = Draft::new(change, seen)?;
    draft.live(to)?;
    draft.charge(messages.len() as u64, messages.iter().map(size).sum())?;
    let outcome = place(&mut draft, change, to, messages)?;
    match messages {
        [] => Ok(Draft::nothing(seen, outcome)),
        _ => Ok(draft.finish(outcome)),
    }
}

/// Gives the messages their UIDs and rows. What they take of the quota has been charged.
pub(super) fn place(
    draft: &mut Draft<'_>,
    change: &Change,
    to: MailboxId,
    messages: &[NewMessage],
) -> Result<Outcome, Refusal> {
    let rights = draft.rights(to);
    let uid_validity = draft.live(to)?.uid_validity;
    let count = messages.len() as u64;
    let first = draft.allocate(to, count)?;
    for (message, uid) in messages.iter().zip(first..=u32::MAX) {
        let email = &message.content.email;
        let row = Row {
            uid: Uid::new(uid).ok_or(Refusal::UidsExhausted)?,
            email: email.id,
            modseq: draft.modseq,
            flags: rights.permitted(&message.flags),
            internal_date: message.internal_date,
            saved: change.at,
            thread: message.thread,
            size: email.tree.size(),
            uidl: message.uidl.clone(),
        };
        draft.insert(to, row)?;
        draft.delta().emails.push(Arc::clone(&message.content));
    }
    let uids = match count {
        0 => UidSet::new(),
        _ => draft.log_arrived(to, first, count),
    };
    Ok(Outcome::Appended { uid_validity, uids })
}

/// What a message takes of the quota, in bytes.
pub(super) fn size(message: &NewMessage) -> u64 {
    message.content.email.tree.size()
}
