//! STORE (RFC 9051 6.4.6, RFC 7162 3.1.3).
//!
//! Messages that were expunged meanwhile, which the client does not know yet, are passed over, and
//! shown with the flags they had (RFC 2180 4.2); the OK says `[EXPUNGEISSUED]`.

use mailstore::message::{Fetched, Presence, Want};
use mailstore::uid::UidSet;

use crate::codec::command::{By, Echo, Store};
use crate::codec::reply::Code;
use crate::message_limit;
use crate::outcome::{Done, Failed, Note, Outcome};
use crate::state::Selected;
use crate::talk::Talk;

pub(super) async fn run(talk: &mut Talk, selected: &mut Selected, store: Store) -> Outcome {
    selected.writable()?;
    if store.unchanged_since.is_some() {
        selected.enable_condstore(&mut talk.reply);
    }
    let uids = selected.resolve(store.by, &store.set)?;
    let (uids, cut) = message_limit::highest(&selected.user.server, uids);
    if uids.is_empty() {
        return Ok(Done::new("No messages"));
    }
    let Store { by, update, unchanged_since, echo, .. } = store;
    let change = (update, unchanged_since);
    let done = selected.mailbox.flag(uids.clone(), change).await;
    let (changed, stale) = done?;
    selected.touch(&changed);
    // Those that UNCHANGEDSINCE let pass are shown even if nothing changed and even to a client
    // that asked for silence, since it has to learn their MODSEQ.
    let shown = match echo {
        Echo::Flags => uids,
        Echo::Silent if unchanged_since.is_some() => uids.difference(&stale),
        Echo::Silent if selected.user.condstore => changed,
        Echo::Silent => UidSet::new(),
    };
    let expunged = show(talk, selected, shown, (by, echo)).await?;
    let done = match (stale.is_empty(), expunged) {
        (false, _) => {
            let stale = selected.numbers(by, stale);
            Done::noting(Note::Modified(stale), "Some have changed since")
        }
        (true, Presence::Expunged) => Done::with(Code::ExpungeIssued, "Some are gone"),
        (true, Presence::Live) => Done::new("Stored"),
    };
    Ok(cut.tell(&mut talk.reply, done))
}

/// Shows the flags of messages as they are now. Says whether one of them has gone.
async fn show(
    talk: &mut Talk,
    selected: &mut Selected,
    mut rest: UidSet,
    form: (By, Echo),
) -> Result<Presence, Failed> {
    let mut presence = Presence::Live;
    while !rest.is_empty() {
        let page = selected.mailbox.fetch(&rest, Want::Row).await?;
        rest = page.rest;
        for message in &page.messages {
            if message.presence == Presence::Expunged {
                presence = Presence::Expunged;
            }
            line(talk, selected, message, form);
        }
        talk.flush_full().await?;
    }
    Ok(presence)
}

fn line(talk: &mut Talk, selected: &mut Selected, message: &Fetched, (by, echo): (By, Echo)) {
    let row = &message.row;
    let Some(seq) = selected.mailbox.uids().seq(row.uid) else { return };
    selected.learn(row, &mut talk.reply);
    let mut fetch = selected.begin_fetch(&mut talk.reply, seq, row.uid);
    if (by == By::Uid || selected.user.condstore) && !selected.user.uid_only {
        fetch.uid(row.uid);
    }
    if selected.user.condstore {
        fetch.modseq(selected.show(row.modseq));
    }
    if echo == Echo::Flags {
        fetch.flags(&row.flags, selected.recent(row.uid));
    }
    fetch.end();
}
