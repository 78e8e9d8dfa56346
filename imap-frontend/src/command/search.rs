//! SEARCH (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 7162 3.1.5): in the view, and nowhere else.

pub(super) mod answer;

use mailstore::search::{Charset, Key, Matcher, Scope};
use mailstore::time::Timestamp;
use mailstore::uid::UidSet;
use mailstore::{Admission, Found};

use crate::codec::command::{By, ResultOption, Search};
use crate::contexts::Shown;
use crate::message_limit;
use crate::outcome::{Done, Failed, Outcome};
use crate::progress::telling;
use crate::room;
use crate::state::{Authenticated, Revision, Selected};
use crate::talk::Talk;

use answer::{Answer, Asked};

pub(super) async fn run(talk: &mut Talk, selected: &mut Selected, search: &Search) -> Outcome {
    check_charset(&selected.user, search.charset)?;
    if search.modseq {
        selected.enable_condstore(&mut talk.reply);
    }
    let results = match (search.results.as_deref(), selected.user.revision) {
        // IMAP4rev2 knows no untagged SEARCH (RFC 9051 6.4.4).
        (None, Revision::Two) => Some(&[ResultOption::All][..]),
        (results, _) => results,
    };
    let options = results.unwrap_or_default();
    let asked = Asked { by: search.by, options, modseq: search.modseq };
    asked.check_tag(talk, selected)?;
    let before = asked.saved_before(selected);
    let server = &selected.user.server;
    let question = (&search.key, &before);
    let (key, cut) = message_limit::narrowed(server, &selected.mailbox, question);
    let work = find(&selected.user, &selected.mailbox, (&key, &before));
    let (found, _room) = telling(talk, server.settings().progress, work).await??;
    match results {
        None => plain(talk, selected, &asked, &found).await?,
        Some(_) => {
            let answer = Answer::new(&asked, &found, None);
            answer.tell(talk, &selected.mailbox, None).await?;
            asked.keep_current(
                (&search.key, &before),
                Shown::Searched(found.uids.clone()),
                (talk, selected),
            );
            answer.save(selected);
        }
    }
    let done = Done::new(asked.done("Searched", "Searched and saved"));
    Ok(cut.tell(&mut talk.reply, done))
}

/// Refuses CHARSET to a client that has enabled UTF8=ACCEPT: there is only one (RFC 6855 3).
pub(super) fn check_charset(user: &Authenticated, charset: Option<Charset>) -> Result<(), Failed> {
    match user.utf8 && charset.is_some() {
        true => Err(Failed::bad("No CHARSET: it is UTF-8, since UTF8=ACCEPT has been enabled")),
        false => Ok(()),
    }
}

/// The messages of a view that match a key, in which `$` stands for what was saved, and the room
/// that is taken for them.
pub(super) async fn find(
    user: &Authenticated,
    mailbox: &mailstore::Selected,
    (key, saved): (&Key, &UidSet),
) -> Result<(Found, Option<Admission>), Failed> {
    let room = room::take(user, u64::from(mailbox.uids().len()) * room::PER_FOUND).await?;
    let scope = Scope { saved, ..Scope::of(mailbox.uids(), Timestamp::now()) };
    Ok((mailbox.search(&Matcher::new(key, &scope)).await?, room))
}

/// An untagged SEARCH, sent in pieces.
async fn plain(
    talk: &mut Talk,
    selected: &Selected,
    asked: &Asked<'_>,
    found: &Found,
) -> Result<(), Failed> {
    const PIECE: u64 = 8 * 1024;
    talk.reply.numbers_of("SEARCH");
    let mut rest = found.uids.clone();
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(PIECE);
        rest = more;
        match asked.by {
            By::Uid => talk.reply.numbers(piece.iter().map(|uid| uid.get())),
            By::Seq => {
                let seqs = piece.iter().filter_map(|uid| selected.mailbox.uids().seq(uid));
                talk.reply.numbers(seqs.map(|seq| seq.get()));
            }
        }
        talk.flush_full().await?;
    }
    talk.reply.numbers_end(asked.modseq_of(found));
    Ok(())
}
