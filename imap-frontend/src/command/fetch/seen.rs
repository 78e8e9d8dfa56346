//! FETCH of a body marks the message `\Seen` (RFC 9051 6.4.5).

use mailstore::Error;
use mailstore::change::Refusal;
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::message::{Fetched, Presence, Row, Want};
use mailstore::rights::Right;
use mailstore::uid::UidSet;

use crate::outcome::Failed;
use crate::state::Selected;

/// Marks those of a page that are not, in one commit, before they are shown; gives which.
pub(super) async fn mark(
    selected: &mut Selected,
    messages: &mut [Fetched],
) -> Result<UidSet, Failed> {
    let unseen = |message: &&Fetched| {
        message.presence == Presence::Live && !message.row.flags.has(SystemFlag::Seen)
    };
    let uids: UidSet = messages.iter().filter(unseen).map(|message| message.row.uid).collect();
    if uids.is_empty() || !selected.rights.has(Right::Seen) {
        return Ok(UidSet::new());
    }
    let flags = Flags::new([SystemFlag::Seen], []);
    let change = (FlagUpdate { mode: FlagMode::Add, flags }, None);
    let changed = match selected.mailbox.flag(uids, change).await {
        Ok((changed, _)) => changed,
        // The mailbox was deleted meanwhile, or the right to it taken; it can still be read.
        Err(Error::Refused(Refusal::NoSuchMailbox | Refusal::NoRight)) => return Ok(UidSet::new()),
        Err(error) => return Err(error.into()),
    };
    selected.touch(&changed);
    let mut rest = changed.clone();
    while !rest.is_empty() {
        let page = selected.mailbox.fetch(&rest, Want::Row).await?;
        rest = page.rest;
        page.messages.into_iter().for_each(|fresh| renew(messages, fresh.row));
    }
    Ok(changed)
}

/// Puts a row read anew in the place of the old one. Messages are in the order of their UIDs.
fn renew(messages: &mut [Fetched], row: Row) {
    let at = messages.binary_search_by_key(&row.uid, |message| message.row.uid);
    if let Some(message) = at.ok().and_then(|at| messages.get_mut(at)) {
        message.row = row;
    }
}
