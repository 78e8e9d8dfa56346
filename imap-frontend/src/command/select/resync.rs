//! What a client that was away has missed (RFC 7162 3.2.5): VANISHED first, then the flags of what
//! has changed or arrived.

use mailstore::message::Want;
use mailstore::uid::{Uid, UidSet};

use crate::codec::command::QResync;
use crate::codec::reply::Vanished;
use crate::outcome::Failed;
use crate::state::Selected;
use crate::talk::Talk;

pub(super) async fn run(
    talk: &mut Talk,
    selected: &mut Selected,
    client: &QResync,
) -> Result<(), Failed> {
    let view = selected.mailbox.view();
    let known = client.known.clone().unwrap_or_else(|| UidSet::range(Uid::MIN..=Uid::MAX));
    let agreed = match &client.matches {
        Some((seqs, uids)) => view.agreed(seqs, uids),
        None => UidSet::new(),
    };
    let changes = selected.mailbox.changes(client.modseq, &known).await?;
    talk.reply.vanished(Vanished::Earlier, &changes.vanished.difference(&agreed));
    let mut rest = changes.touched;
    while !rest.is_empty() {
        let page = selected.mailbox.fetch(&rest, Want::Row).await?;
        rest = page.rest;
        for message in &page.messages {
            if let Some(seq) = selected.mailbox.uids().seq(message.row.uid) {
                selected.tell_row(&mut talk.reply, seq, &message.row);
            }
        }
        talk.flush_full().await?;
    }
    Ok(())
}
