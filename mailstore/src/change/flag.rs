//! STORE.

use super::allowed;
use super::draft::Draft;
use super::{Change, Delta, Outcome, Refusal, Snapshot};
use crate::flags::FlagUpdate;
use crate::id::MailboxId;
use crate::journal::Event;
use crate::message::{Presence, Row};
use crate::uid::{ModSeq, UidSet};

pub(super) fn decide(
    change: &Change,
    seen: &Snapshot,
    at: MailboxId,
    (update, unchanged_since): (&FlagUpdate, Option<ModSeq>),
) -> Result<Delta, Refusal> {
    let rights = allowed::rights(change, seen, at);
    let mut draft = Draft::new(change, seen)?;
    draft.live(at)?;
    let (mut changed, mut stale) = (UidSet::new(), UidSet::new());
    for (row, presence) in &seen.rows {
        if *presence == Presence::Expunged {
            continue;
        }
        if unchanged_since.is_some_and(|since| row.modseq > since) {
            stale.insert(row.uid);
            continue;
        }
        let flags = rights.update(update, &row.flags);
        if flags != row.flags {
            changed.insert(row.uid);
            draft.update(at, row, Row { flags, modseq: draft.modseq, ..row.clone() })?;
        }
    }
    if changed.is_empty() {
        return Ok(Draft::nothing(seen, Outcome::Flagged { changed, stale }));
    }
    draft.log(at, Event::Flags(changed.clone()));
    Ok(draft.finish(Outcome::Flagged { changed, stale }))
}
