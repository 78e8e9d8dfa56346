//! SEARCH (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 7162 3.1.5): in the view, and nowhere else.

use mailstore::search::Matcher;
use mailstore::uid::ModSeq;

use crate::codec::command::{By, Search};
use crate::outcome::{Done, Failed, Outcome};
use crate::state::{Selected, no_such_number};
use crate::talk::Talk;

pub(super) async fn run(talk: &mut Talk, selected: &mut Selected, search: &Search) -> Outcome {
    if search.results.is_some() {
        return Err(Failed::bad("RETURN is not supported"));
    }
    if search.modseq {
        selected.enable_condstore(&mut talk.reply);
    }
    let view = selected.mailbox.uids();
    let matcher = Matcher::new(&search.key, view).map_err(no_such_number)?;
    let found = selected.mailbox.search(&matcher).await?;
    let modseq = search.modseq.then_some(found.modseq).filter(|modseq| *modseq > ModSeq::ZERO);
    let uids = found.uids.iter().map(|uid| uid.get());
    match search.by {
        By::Uid => talk.reply.search(uids, modseq),
        By::Seq => {
            let seqs = found.uids.iter().filter_map(|uid| selected.mailbox.uids().seq(uid));
            talk.reply.search(seqs.map(|seq| seq.get()), modseq);
        }
    }
    Ok(Done::new("Searched"))
}
