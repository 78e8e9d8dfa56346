//! EXPUNGE, UID EXPUNGE and CLOSE (RFC 9051 6.4.3, 6.4.1; RFC 4315 2.1). What is gone is told as
//! all news are.

use mailstore::change::ExpungeGuard;
use mailstore::flags::SystemFlag;
use mailstore::message::{Presence, Want};
use mailstore::rights::Right;
use mailstore::uid::UidSet;

use crate::codec::command::{By, UidExpunge};
use crate::message_limit;
use crate::names::no_right;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Selected;
use crate::talk::Talk;

/// EXPUNGE.
pub(super) async fn run(selected: &mut Selected) -> Outcome {
    permitted(selected)?;
    let doomed = doomed(selected, selected.mailbox.uids().to_set()).await?;
    expunge_and_say(selected, doomed).await
}

/// UID EXPUNGE.
pub(super) async fn run_uid(
    talk: &mut Talk,
    selected: &mut Selected,
    command: &UidExpunge,
) -> Outcome {
    permitted(selected)?;
    let uids = selected.resolve(By::Uid, &command.set)?;
    let doomed = doomed(selected, uids).await?;
    let (doomed, cut) = message_limit::highest(&selected.user.server, doomed);
    let done = expunge_and_say(selected, doomed).await?;
    Ok(cut.tell(&mut talk.reply, done))
}

/// What CLOSE does before it leaves: expunges, if it may.
pub(super) async fn before_close(selected: &Selected) -> Result<(), Failed> {
    if permitted(selected).is_ok() && !selected.is_gone() {
        let doomed = doomed(selected, selected.mailbox.uids().to_set()).await?;
        expunge(selected, doomed).await?;
    }
    Ok(())
}

fn permitted(selected: &Selected) -> Result<(), Failed> {
    selected.writable()?;
    if selected.rights.has(Right::Expunge) { Ok(()) } else { Err(no_right()) }
}

async fn expunge_and_say(selected: &mut Selected, doomed: UidSet) -> Outcome {
    if !expunge(selected, doomed).await?.is_empty() {
        selected.expunged();
    }
    Ok(Done::new("Expunged"))
}

async fn expunge(selected: &Selected, doomed: UidSet) -> Result<UidSet, Failed> {
    if doomed.is_empty() {
        return Ok(doomed);
    }
    let (by, at) = (selected.mailbox.by(), selected.at().mailbox);
    Ok(selected.store().expunge(by, at, doomed, ExpungeGuard::Deleted).await?)
}

/// Those that are `\Deleted`. The mailbox counts them: no more are looked for than there are.
async fn doomed(selected: &Selected, uids: UidSet) -> Result<UidSet, Failed> {
    let mut doomed = UidSet::new();
    let Some(present) = selected.mailbox.present().await? else { return Ok(doomed) };
    let most = u64::from(present.mailbox.counts.deleted);
    let mut rest = uids;
    while !rest.is_empty() && doomed.len() < most {
        let page = selected.mailbox.fetch(&rest, Want::Row).await?;
        rest = page.rest;
        for message in page.messages {
            let deleted = message.row.flags.has(SystemFlag::Deleted);
            if deleted && message.presence == Presence::Live {
                doomed.insert(message.row.uid);
            }
        }
    }
    Ok(doomed)
}
