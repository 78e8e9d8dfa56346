//! THREAD (RFC 5256).

use super::search::find;
use crate::codec::command::Thread;
use crate::contexts::number;
use crate::message_limit;
use crate::outcome::{Done, Outcome};
use crate::room;
use crate::state::Selected;
use crate::talk::Talk;

pub(super) async fn run(talk: &mut Talk, selected: &mut Selected, thread: &Thread) -> Outcome {
    if thread.modseq {
        selected.enable_condstore(&mut talk.reply);
    }
    let (server, view) = (&selected.user.server, selected.mailbox.uids());
    let question = (&thread.key, &selected.searches.saved);
    message_limit::check_search(server, &selected.mailbox, question)?;
    // What is taken next is room for that, too.
    let (found, _) = find(&selected.user, &selected.mailbox, question).await?;
    let _room = room::take(&selected.user, u64::from(view.len()) * room::PER_SORTED).await?;
    let threaded = selected.mailbox.thread(&found.uids, thread.algorithm).await?;
    let uids = threaded.uids.iter();
    let numbers: Vec<_> = uids.map(|uid| number(*uid, thread.by, view).unwrap_or(0)).collect();
    let shown = |at: u32| numbers.get(at as usize).copied().unwrap_or(0);
    talk.reply.numbers_of("THREAD");
    for (at, root) in threaded.threads.roots.iter().enumerate() {
        if at == 0 {
            talk.reply.buffer().extend_from_slice(b" ");
        }
        talk.reply.thread(&threaded.threads, root, shown);
        talk.flush_full().await?;
    }
    talk.reply.numbers_end(None);
    Ok(Done::new("Threaded"))
}
