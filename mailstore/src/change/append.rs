//! APPEND: all of the messages, or none.

use std::sync::Arc;

use super::draft::Draft;
use super::{Change, Delta, MAX_APPEND, NewMessage, Outcome, Refusal, Snapshot};
use crate::id::MailboxId;
use crate::message::Row;
use crate::uid::Uid;

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
    let uid_validity = draft.live(to)?.uid_validity;
    let count = messages.len() as u64;
    draft.charge(count, messages.iter().map(size).sum())?;
    let first = draft.allocate(to, count)?;
    for (message, uid) in messages.iter().zip(first..=u32::MAX) {
        let email = &message.content.email;
        let row = Row {
            uid: Uid::new(uid).ok_or(Refusal::UidsExhausted)?,
            email: email.id,
            modseq: draft.modseq,
            flags: message.flags.clone(),
            internal_date: message.internal_date,
            saved: change.at,
            thread: message.thread,
            size: email.tree.size(),
            uidl: message.uidl.clone(),
        };
        draft.insert(to, row)?;
        draft.delta().emails.push(Arc::clone(&message.content));
    }
    if messages.is_empty() {
        let uids = Default::default();
        return Ok(Draft::nothing(seen, Outcome::Appended { uid_validity, uids }));
    }
    let uids = draft.log_arrived(to, first, count);
    Ok(draft.finish(Outcome::Appended { uid_validity, uids }))
}

fn size(message: &NewMessage) -> u64 {
    message.content.email.tree.size()
}
