//! REPLACE (RFC 8508): a message comes in the place of another, both or neither.

use std::slice;

use super::draft::Draft;
use super::{Change, Delta, NewMessage, Refusal, Snapshot, append};
use crate::id::MailboxId;
use crate::journal::Event;
use crate::message::Presence;
use crate::uid::UidSet;

pub(super) fn decide(
    change: &Change,
    seen: &Snapshot,
    (from, to): (MailboxId, MailboxId),
    new: &NewMessage,
) -> Result<Delta, Refusal> {
    let mut draft = Draft::new(change, seen)?;
    draft.live(from)?;
    let mut live = seen.rows.iter().filter(|(_, presence)| *presence == Presence::Live);
    let (Some((old, _)), None) = (live.next(), live.next()) else {
        return Err(Refusal::MessageGone);
    };
    draft.expunge(from, old)?;
    // Only what is more than before counts (RFC 8508 3.4): an account that is over its quota may
    // still put a smaller message in the place of a larger one.
    let size = append::size(new);
    if let Err(refusal) = draft.charge(1, size)
        && size > old.size
    {
        return Err(refusal);
    }
    let outcome = append::place(&mut draft, change, to, slice::from_ref(new))?;
    draft.log(from, Event::Expunged(UidSet::single(old.uid)));
    Ok(draft.finish(outcome))
}
