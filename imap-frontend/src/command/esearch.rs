//! ESEARCH (RFC 7377): in one mailbox after the other, without selecting any.

use std::collections::BTreeSet;

use mailstore::id::MailboxId;
use mailstore::mailbox::{INBOX, Mailbox, MailboxState, Mailboxes, SEPARATOR};
use mailstore::uid::UidSet;

use super::search::answer::{Answer, Asked};
use super::search::find;
use crate::codec::MailboxName;
use crate::codec::command::{By, Esearch, ResultOption, Source};
use crate::contexts::Shown;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::{Authenticated, State};
use crate::talk::Talk;

pub(super) async fn run(talk: &mut Talk, state: &mut State, esearch: &Esearch) -> Outcome {
    let asked = Asked { by: By::Uid, options: &esearch.results, modseq: esearch.modseq };
    let selected = state.selected().map(|selected| selected.at().mailbox);
    check(esearch, selected)?;
    if esearch.modseq {
        enable_condstore(talk, state);
    }
    let Some(user) = state.user() else { return Err(Failed::bad("Log in first")) };
    for (name, id) in places(user, &esearch.sources, selected).await? {
        if selected == Some(id) {
            in_selected(talk, state, (esearch, &asked, &name)).await?;
        } else {
            elsewhere(talk, state, (esearch, &asked, &name), id).await?;
        }
        talk.flush_full().await?;
    }
    Ok(Done::new(asked.done("Searched", "Searched and saved")))
}

fn enable_condstore(talk: &mut Talk, state: &mut State) {
    if let Some(selected) = state.selected() {
        selected.enable_condstore(&mut talk.reply);
    } else if let Some(user) = state.user() {
        user.condstore = true;
    }
}

/// What needs a selected mailbox, and what needs that and nothing else (RFC 7377 2.2).
fn check(esearch: &Esearch, selected: Option<MailboxId>) -> Result<(), Failed> {
    let wants = |option| esearch.results.contains(&option);
    if wants(ResultOption::Save) && esearch.sources != [Source::Selected] {
        return Err(Failed::bad("SAVE only with the selected mailbox"));
    }
    let needs = esearch.sources.contains(&Source::Selected) || wants(ResultOption::Update);
    match needs && selected.is_none() {
        true => Err(Failed::bad("Select a mailbox first")),
        false => Ok(()),
    }
}

/// What is asked: the command, its results, and the mailbox's name.
type Question<'a> = (&'a Esearch, &'a Asked<'a>, &'a str);

/// In the mailbox as the session sees it.
async fn in_selected(
    talk: &mut Talk,
    state: &mut State,
    (esearch, asked, name): Question<'_>,
) -> Result<(), Failed> {
    let Some(selected) = state.selected() else { return Ok(()) };
    asked.check_tag(talk, selected)?;
    let before = asked.saved_before(selected);
    let found = find(&selected.user.server, &selected.mailbox, (&esearch.key, &before)).await?;
    let answer = Answer::new(asked, &found, None);
    if !found.uids.is_empty() {
        answer.tell(talk, &selected.mailbox, Some(name)).await?;
    }
    let shown = Shown::Searched(found.uids.clone());
    asked.keep_current((&esearch.key, &before), shown, (talk, selected));
    answer.save(selected);
    Ok(())
}

/// In another, as it is now. One that has gone meanwhile is passed over.
async fn elsewhere(
    talk: &mut Talk,
    state: &mut State,
    (esearch, asked, name): Question<'_>,
    id: MailboxId,
) -> Result<(), Failed> {
    let Some(user) = state.user() else { return Ok(()) };
    let opened = user.store().select(user.by, id, mailstore::Access::ReadOnly).await?;
    let Some(mailbox) = opened else { return Ok(()) };
    let found = find(&user.server, &mailbox, (&esearch.key, &UidSet::new())).await?;
    if !found.uids.is_empty() {
        Answer::new(asked, &found, None).tell(talk, &mailbox, Some(name)).await?;
    }
    Ok(())
}

/// The mailboxes meant, each once, in the order of their names.
async fn places(
    user: &Authenticated,
    sources: &[Source],
    selected: Option<MailboxId>,
) -> Result<Vec<(String, MailboxId)>, Failed> {
    let all = user.store().mailboxes(user.by.account).await?;
    let mut ids = BTreeSet::new();
    for source in sources {
        ids.extend(of_source(&all, source, selected));
    }
    let live = |mailbox: &&Mailbox| mailbox.state == MailboxState::Live;
    let mailboxes = ids.into_iter().filter_map(|id| all.get(id)).filter(live);
    let mut places: Vec<_> = mailboxes.map(|mailbox| (all.name(mailbox), mailbox.id)).collect();
    places.sort();
    Ok(places)
}

fn of_source(all: &Mailboxes, source: &Source, selected: Option<MailboxId>) -> Vec<MailboxId> {
    let each = |wanted: &dyn Fn(&str, &Mailbox) -> bool| {
        let names = all.names().into_iter();
        names
            .filter(|(name, mailbox)| wanted(name, mailbox))
            .map(|(_, mailbox)| mailbox.id)
            .collect()
    };
    match source {
        Source::Selected => selected.into_iter().collect(),
        Source::Inboxes => each(&|name, _| name == INBOX),
        Source::Personal => each(&|_, _| true),
        Source::Subscribed => each(&|name, _| all.subscriptions.contains(name)),
        Source::Mailboxes(names) => each(&|name, _| depth(names, name) == Some(0)),
        Source::SubtreeOne(names) => each(&|name, _| depth(names, name).is_some_and(|d| d < 2)),
        Source::Subtree(names) => each(&|name, _| depth(names, name).is_some()),
    }
}

/// How far below one of these a mailbox is; 0 if it is one of them.
fn depth(roots: &[MailboxName], name: &str) -> Option<usize> {
    let below = |root: &MailboxName| {
        let rest = name.strip_prefix(root.as_str())?;
        let whole = rest.is_empty() || rest.starts_with(SEPARATOR);
        whole.then(|| rest.matches(SEPARATOR).count())
    };
    roots.iter().filter_map(below).min()
}
