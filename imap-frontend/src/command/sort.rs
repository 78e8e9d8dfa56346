//! SORT (RFC 5256, RFC 5957, RFC 5267).

use mailstore::uid::Uid;

use super::search::answer::{Answer, Asked};
use super::search::find;
use crate::codec::command::Sort;
use crate::contexts::{Shown, number};
use crate::message_limit;
use crate::outcome::{Done, Outcome};
use crate::room;
use crate::state::Selected;
use crate::talk::Talk;

/// As many numbers are written at once.
const PIECE: usize = 8 * 1024;

pub(super) async fn run(talk: &mut Talk, selected: &mut Selected, sort: &Sort) -> Outcome {
    if sort.modseq {
        selected.enable_condstore(&mut talk.reply);
    }
    let options = sort.results.as_deref().unwrap_or_default();
    let asked = Asked { by: sort.by, options, modseq: sort.modseq };
    asked.check_tag(talk, selected)?;
    let before = asked.saved_before(selected);
    let (server, view) = (&selected.user.server, selected.mailbox.uids());
    message_limit::check_search(server, &selected.mailbox, (&sort.key, &before))?;
    // What is taken next is room for that, too.
    let (found, _) = find(&selected.user, &selected.mailbox, (&sort.key, &before)).await?;
    let _room = room::take(&selected.user, u64::from(view.len()) * room::PER_SORTED).await?;
    let sorted = selected.mailbox.sort(&found, &sort.program).await?;
    if sort.results.is_some() {
        let answer = Answer::new(&asked, &found, Some(&sorted));
        answer.tell(talk, &selected.mailbox, None).await?;
        let shown = Shown::Sorted(sort.program.clone(), sorted.clone());
        asked.keep_current((&sort.key, &before), shown, (talk, selected));
        answer.save(selected);
    } else {
        talk.reply.numbers_of("SORT");
        for piece in sorted.chunks(PIECE) {
            let number = |uid: &Uid| number(*uid, sort.by, selected.mailbox.uids());
            talk.reply.numbers(piece.iter().filter_map(number));
            talk.flush_full().await?;
        }
        talk.reply.numbers_end(asked.modseq_of(&found));
    }
    Ok(Done::new(asked.done("Sorted", "Sorted and saved")))
}
