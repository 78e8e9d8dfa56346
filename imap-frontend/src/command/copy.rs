//! COPY and MOVE (RFC 9051 6.4.7, 6.4.8; RFC 6851; RFC 4315 3).
//!
//! COPY is one commit: all or nothing. Messages expunged meanwhile, which the client does not know
//! yet, are copied too (RFC 2180 4.4). MOVE moves each message at once from here to there; those
//! that are gone are passed over. That they are gone here is told as all news are. From account to
//! account COPY is an append there, and MOVE that and then an expunge here.

use mailstore::change::{Refusal, Transfer};
use mailstore::uid::UidSet;
use mailstore::{Crossing, Error, Transferred};

use crate::codec::command::Copy;
use crate::codec::reply::{Code, Condition};
use crate::message_limit;
use crate::outcome::{Done, Failed, Note, Outcome};
use crate::progress::telling;
use crate::refusal::{self, Role};
use crate::room;
use crate::state::Selected;
use crate::talk::Talk;

/// COPY.
pub(super) async fn run(talk: &mut Talk, selected: &Selected, copy: &Copy) -> Outcome {
    let uids = selected.resolve(copy.by, &copy.set)?;
    message_limit::check_copy(&selected.user.server, &uids)?;
    let done = transfer(talk, selected, (copy, uids), Transfer::Copy).await?;
    let Some(Transferred { uid_validity: validity, from, to }) = done else {
        return Ok(Done::new("No messages"));
    };
    Ok(Done::noting(Note::Copied { validity, from, to }, "Copied"))
}

/// MOVE. COPYUID comes in an untagged OK, before the EXPUNGEs (RFC 6851 4.3).
pub(super) async fn run_move(talk: &mut Talk, selected: &mut Selected, copy: &Copy) -> Outcome {
    selected.writable()?;
    let uids = selected.resolve(copy.by, &copy.set)?;
    let (uids, cut) = message_limit::highest(&selected.user.server, uids);
    let done = transfer(talk, selected, (copy, uids), Transfer::Move).await?;
    let Some(Transferred { uid_validity: validity, from, to }) = done else {
        return Ok(cut.tell(&mut talk.reply, Done::new("No messages")));
    };
    let code = Code::CopyUid { validity, from: &from, to: &to };
    talk.reply.untagged(Condition::Ok, Some(code), "Moved");
    selected.expunged();
    Ok(cut.tell(&mut talk.reply, Done::new("Done")))
}

/// `None` if there was nothing to transfer.
async fn transfer(
    talk: &mut Talk,
    selected: &Selected,
    (copy, uids): (&Copy, UidSet),
    mode: Transfer,
) -> Result<Option<Transferred>, Failed> {
    let (to_by, to) = selected.user.find(&copy.mailbox, Role::Target).await?;
    if uids.is_empty() {
        return Ok(None);
    }
    let (from_by, store) = (selected.mailbox.by(), selected.store());
    let from = selected.at().mailbox;
    let crossing = match to_by.account == from_by.account {
        true => None,
        false => Some(store.crossing((from_by, from), uids.clone(), mode).await?),
    };
    let held = crossing.as_ref().map_or(0, Crossing::bytes);
    let _room = room::take(&selected.user, held).await?;
    let work = async {
        match &crossing {
            Some(crossing) => store.transfer_across(crossing, (to_by, to)).await,
            None => store.transfer(from_by, (from, to), uids, mode).await,
        }
    };
    let every = selected.user.server.settings().progress;
    let done = match telling(talk, every, work).await? {
        Ok(done) => done,
        Err(error) => return Err(refused(selected, error).await),
    };
    Ok(Some(done).filter(|done| !done.from.is_empty()))
}

/// There is no such target; unless it is the mailbox selected that was deleted (RFC 2180 3.3): a
/// client that is told to create the target would try for nothing.
pub(super) async fn refused(selected: &Selected, error: Error) -> Failed {
    if let Error::Refused(Refusal::NoSuchMailbox) = error
        && matches!(selected.mailbox.present().await, Ok(None))
    {
        return refusal::no_such_mailbox(Role::Subject);
    }
    refusal::of_target(error)
}
