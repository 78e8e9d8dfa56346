//! EXPUNGE.

use super::draft::Draft;
use super::{Change, Delta, ExpungeGuard, Outcome, Refusal, Snapshot};
use crate::flags::SystemFlag;
use crate::id::MailboxId;
use crate::journal::Event;
use crate::message::Presence;
use crate::uid::UidSet;

pub(super) fn decide(
    change: &Change,
    seen: &Snapshot,
    at: MailboxId,
    guard: ExpungeGuard,
) -> Result<Delta, Refusal> {
    let mut draft = Draft::new(change, seen)?;
    draft.live(at)?;
    let mut uids = UidSet::new();
    for (row, presence) in &seen.rows {
        let guarded = guard == ExpungeGuard::Deleted && !row.flags.has(SystemFlag::Deleted);
        if *presence == Presence::Live && !guarded {
            uids.insert(row.uid);
            draft.expunge(at, row)?;
        }
    }
    if uids.is_empty() {
        return Ok(Draft::nothing(seen, Outcome::Expunged { uids }));
    }
    draft.log(at, Event::Expunged(uids.clone()));
    Ok(draft.finish(Outcome::Expunged { uids }))
}
