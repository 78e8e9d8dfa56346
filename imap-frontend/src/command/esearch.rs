//! ESEARCH (RFC 7377): in one mailbox after the other, without selecting any.

use mailstore::id::MailboxKey;
use mailstore::mailbox::{INBOX, SEPARATOR};
use mailstore::rights::Right;
use mailstore::uid::UidSet;

use super::search::answer::{Answer, Asked};
use super::search::{check_charset, find};
use crate::codec::MailboxName;
use crate::codec::command::{By, Esearch, ResultOption, Source};
use crate::contexts::Shown;
use crate::message_limit;
use crate::names::OTHERS;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::State;
use crate::talk::Talk;
use crate::tree::{Item, Tree};

pub(super) async fn run(talk: &mut Talk, state: &mut State, esearch: &Esearch) -> Outcome {
    let asked = Asked { by: By::Uid, options: &esearch.results, modseq: esearch.modseq };
    let selected = state.selected().map(|selected| selected.at());
    check(esearch, selected)?;
    if esearch.modseq {
        enable_condstore(talk, state);
    }
    let Some(user) = state.user() else { return Err(Failed::bad("Log in first")) };
    check_charset(user, esearch.charset)?;
    let saved = saved_before(talk, state, &asked)?;
    for (name, at) in places(state, &esearch.sources, selected).await? {
        if selected == Some(at) {
            in_selected(talk, state, (esearch, &asked, &name), &saved).await?;
        } else {
            elsewhere(talk, state, (esearch, &asked, &name), at).await?;
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
fn check(esearch: &Esearch, selected: Option<MailboxKey>) -> Result<(), Failed> {
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

/// What `$` stands for in the keys, where a mailbox is selected.
fn saved_before(talk: &Talk, state: &mut State, asked: &Asked<'_>) -> Result<UidSet, Failed> {
    let Some(selected) = state.selected() else { return Ok(UidSet::new()) };
    asked.check_tag(talk, selected)?;
    Ok(asked.saved_before(selected))
}

/// What is asked: the command, its results, and the mailbox's name.
type Question<'a> = (&'a Esearch, &'a Asked<'a>, &'a str);

/// In the mailbox as the session sees it.
async fn in_selected(
    talk: &mut Talk,
    state: &mut State,
    (esearch, asked, name): Question<'_>,
    saved: &UidSet,
) -> Result<(), Failed> {
    let Some(selected) = state.selected() else { return Ok(()) };
    let (server, question) = (&selected.user.server, (&esearch.key, saved));
    message_limit::check_search(server, &selected.mailbox, question)?;
    let (found, _room) = find(&selected.user, &selected.mailbox, question).await?;
    let answer = Answer::new(asked, &found, None);
    if !found.uids.is_empty() {
        answer.tell(talk, &selected.mailbox, Some(name)).await?;
    }
    let shown = Shown::Searched(found.uids.clone());
    asked.keep_current(question, shown, (talk, selected));
    answer.save(selected);
    Ok(())
}

/// In another, as it is now. One that has gone meanwhile is passed over.
async fn elsewhere(
    talk: &mut Talk,
    state: &mut State,
    (esearch, asked, name): Question<'_>,
    at: MailboxKey,
) -> Result<(), Failed> {
    let Some(user) = state.user() else { return Ok(()) };
    let by = user.by.within(at.account);
    let opened = user.store().select(by, at.mailbox, mailstore::Access::ReadOnly).await?;
    let Some(mailbox) = opened else { return Ok(()) };
    let nothing = UidSet::new();
    let question = (&esearch.key, &nothing);
    message_limit::check_search(&user.server, &mailbox, question)?;
    let (found, _room) = find(user, &mailbox, question).await?;
    if !found.uids.is_empty() {
        Answer::new(asked, &found, None).tell(talk, &mailbox, Some(name)).await?;
    }
    Ok(())
}

/// The mailboxes meant that may be read, each once, in the order of their names.
async fn places(
    state: &mut State,
    sources: &[Source],
    selected: Option<MailboxKey>,
) -> Result<Vec<(String, MailboxKey)>, Failed> {
    let Some(user) = state.user() else { return Ok(Vec::new()) };
    let tree = Tree::of(user).await?;
    let readable = |item: &Item| item.is_live() && item.rights.has(Right::Read);
    let items = tree.items.iter().filter(|(_, item)| readable(item));
    let meant = items.filter(|(name, item)| {
        let place = (name.as_str(), item.key());
        sources.iter().any(|source| is_meant(&tree, source, (place, selected)))
    });
    Ok(meant.map(|(name, item)| (name.clone(), item.key())).collect())
}

fn is_meant(
    tree: &Tree,
    source: &Source,
    ((name, key), selected): ((&str, MailboxKey), Option<MailboxKey>),
) -> bool {
    match source {
        Source::Selected => selected == Some(key),
        Source::Inboxes => name == INBOX,
        Source::Personal => !name.starts_with(OTHERS),
        Source::Subscribed => tree.subscriptions.contains(name),
        Source::Mailboxes(names) => depth(names, name) == Some(0),
        Source::SubtreeOne(names) => depth(names, name).is_some_and(|depth| depth < 2),
        Source::Subtree(names) => depth(names, name).is_some(),
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
