//! COPY and MOVE within an account: the content is shared, only memberships are made.

use super::allowed;
use super::draft::Draft;
use super::{Change, Delta, MAX_COPY, Outcome, Refusal, Snapshot, Transfer};
use crate::id::MailboxId;
use crate::journal::Event;
use crate::message::{Presence, Row, Uidl};
use crate::rights::Rights;
use crate::uid::{Uid, UidSet};

pub(super) fn copy(
    change: &Change,
    seen: &Snapshot,
    (from, to): (MailboxId, MailboxId),
    uids: &UidSet,
) -> Result<Delta, Refusal> {
    if uids.len() > MAX_COPY {
        return Err(Refusal::TooMany { what: "messages in one copy", limit: MAX_COPY });
    }
    let mut draft = Draft::new(change, seen)?;
    draft.live(from)?;
    let rows: Vec<&Row> = seen.rows.iter().map(|(row, _)| row).collect();
    draft.charge(rows.len() as u64, rows.iter().map(|row| row.size).sum())?;
    let with = (change, allowed::rights(change, seen, to));
    let outcome = place(&mut draft, (to, Transfer::Copy), &rows, with)?;
    Ok(finish(draft, seen, outcome))
}

pub(super) fn r#move(
    change: &Change,
    seen: &Snapshot,
    (from, to): (MailboxId, MailboxId),
) -> Result<Delta, Refusal> {
    let mut draft = Draft::new(change, seen)?;
    draft.live(from)?;
    let live = seen.rows.iter().filter(|(_, presence)| *presence == Presence::Live);
    let rows: Vec<&Row> = live.map(|(row, _)| row).collect();
    let with = (change, allowed::rights(change, seen, to));
    let outcome = place(&mut draft, (to, Transfer::Move), &rows, with)?;
    // The account holds as much afterwards as before.
    let usage = draft.head().usage;
    for row in &rows {
        draft.expunge(from, row)?;
    }
    draft.head().usage = usage;
    if !rows.is_empty() {
        draft.log(from, Event::Expunged(rows.iter().map(|row| row.uid).collect()));
    }
    Ok(finish(draft, seen, outcome))
}

fn place(
    draft: &mut Draft<'_>,
    (to, mode): (MailboxId, Transfer),
    rows: &[&Row],
    (change, rights): (&Change, Rights),
) -> Result<Outcome, Refusal> {
    let count = rows.len() as u64;
    let uid_validity = draft.live(to)?.uid_validity;
    let first = draft.allocate(to, count)?;
    for (row, uid) in rows.iter().zip(first..=u32::MAX) {
        let uid = Uid::new(uid).ok_or(Refusal::UidsExhausted)?;
        let modseq = draft.modseq;
        // Two messages never have one unique-id, so a copy needs its own; what is moved stays what
        // it is.
        let uidl = match mode {
            Transfer::Copy => Uidl::OfCopy(to, uid),
            Transfer::Move => row.uidl.clone(),
        };
        let flags = rights.permitted(&row.flags);
        let saved = change.at;
        draft.insert(to, Row { uid, modseq, flags, saved, uidl, ..(*row).clone() })?;
    }
    let from = rows.iter().map(|row| row.uid).collect();
    let to = match count {
        0 => UidSet::new(),
        _ => draft.log_arrived(to, first, count),
    };
    Ok(Outcome::Transferred { uid_validity, from, to })
}

fn finish(draft: Draft<'_>, seen: &Snapshot, outcome: Outcome) -> Delta {
    match &outcome {
        Outcome::Transferred { from, .. } if from.is_empty() => Draft::nothing(seen, outcome),
        _ => draft.finish(outcome),
    }
}
