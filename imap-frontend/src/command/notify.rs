//! NOTIFY (RFC 5465 3.1).

use std::collections::BTreeSet;

use mailstore::id::{AccountId, MailboxKey};
use mailstore::mailbox::{Mailbox, MailboxState, SEPARATOR};
use mailstore::rights::Right;

use super::status;
use crate::codec::MailboxName;
use crate::codec::command::{
    EventGroup, InitialStatus, Notify as Command, NotifyEvent, StatusItem, Watch,
};
use crate::codec::reply::Code;
use crate::names::OTHERS;
use crate::notify::Notify;
use crate::notify::account::{Account, Metadata, Picture};
use crate::outcome::{Done, Failed, Outcome};
use crate::state::{Authenticated, State};
use crate::talk::Talk;

/// Most mailboxes that may be named: every event is compared with each.
const MOST_NAMES: usize = 1024;

/// Most accounts that one session watches.
const MOST_ACCOUNTS: usize = 64;

/// What has happened to the selected mailbox so far is told first, whatever is to be told from now
/// on.
pub(super) async fn run(talk: &mut Talk, state: &mut State, notify: Command) -> Outcome {
    if let Command::Set { groups, .. } = &notify {
        check(groups)?;
    }
    if let Some(selected) = state.selected() {
        match selected.tell_all(talk).await {
            // It could not be read, and nothing else was done: the session goes on.
            Err(Failed::Bye(code, text)) => return Err(Failed::No(code, text.into())),
            told => told?,
        }
    }
    let selected = state.selected_at();
    let Some(user) = state.user() else { return Err(Failed::bad("Log in first")) };
    match notify {
        Command::None => user.notify = Some(Box::new(Notify::nothing())),
        Command::Set { status, groups } => {
            set(talk, user, (status, groups), selected).await?;
        }
    }
    Ok(Done::new("Done"))
}

async fn set(
    talk: &mut Talk,
    user: &mut Authenticated,
    (status, groups): (InitialStatus, Vec<EventGroup>),
    selected: Option<MailboxKey>,
) -> Result<(), Failed> {
    let mut accounts = Vec::new();
    let mut pictures = Vec::new();
    for place in places(user, &groups).await? {
        let (account, picture) = Account::watch(user, place, metadata(&groups)).await?;
        accounts.push(account);
        pictures.push(picture);
    }
    let before = user.notify.replace(Box::new(Notify::new(groups, accounts)));
    let told = match status {
        InitialStatus::Told => tell_status(talk, user, &pictures, selected).await,
        InitialStatus::Left => Ok(()),
    };
    if told.is_err() {
        user.notify = before;
    }
    told
}

/// The accounts whose mailboxes are watched, and what stands in front of their names: the user's own
/// first, and those of others if some of their mailboxes may be meant.
async fn places(
    user: &Authenticated,
    groups: &[EventGroup],
) -> Result<Vec<(AccountId, String)>, Failed> {
    let watched = groups.iter().filter(|group| !of_selected(group) && !group.events.is_empty());
    let watched: Vec<&Watch> = watched.map(|group| &group.mailboxes).collect();
    if watched.is_empty() {
        return Ok(Vec::new());
    }
    let mut places = vec![(user.by.user, String::new())];
    if watched.iter().any(|watch| may_be_others(watch)) {
        let mut others = user.store().sharers(user.by.user).await?;
        for name in watched.iter().flat_map(|watch| named(watch)) {
            let located = user.locate(name.as_str()).await?;
            others.extend(located.map(|(by, _)| by.account).filter(|it| *it != user.by.user));
        }
        for account in others {
            let owner = user.server.directory().name_of(account).await?;
            let owner = owner.filter(|owner| !owner.contains(SEPARATOR));
            places.extend(owner.map(|owner| (account, format!("{OTHERS}{owner}{SEPARATOR}"))));
        }
    }
    match places.len() > MOST_ACCOUNTS {
        true => Err(Failed::no(Code::NotificationOverflow, "These are too many users' mailboxes")),
        false => Ok(places),
    }
}

fn may_be_others(watch: &Watch) -> bool {
    let above = OTHERS.trim_end_matches(SEPARATOR);
    let others = |name: &MailboxName| name.as_str().starts_with(above);
    *watch == Watch::Subscribed || named(watch).iter().any(others)
}

fn named(watch: &Watch) -> &[MailboxName] {
    match watch {
        Watch::Subtree(names) | Watch::Mailboxes(names) => names,
        _ => &[],
    }
}

fn metadata(groups: &[EventGroup]) -> Metadata {
    use NotifyEvent::{MailboxMetadataChange, ServerMetadataChange};
    let events = groups.iter().flat_map(|group| &group.events);
    match events.into_iter().any(|it| matches!(it, MailboxMetadataChange | ServerMetadataChange)) {
        true => Metadata::Watched,
        false => Metadata::Left,
    }
}

/// A STATUS of each mailbox whose messages are watched, but for the one selected.
async fn tell_status(
    talk: &mut Talk,
    user: &Authenticated,
    pictures: &[Picture],
    selected: Option<MailboxKey>,
) -> Result<(), Failed> {
    let Some(own) = pictures.first() else { return Ok(()) };
    let subscriptions = &own.mailboxes.subscriptions;
    for picture in pictures {
        let mut names = picture.mailboxes.names();
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, mailbox) in names {
            let at = MailboxKey { account: picture.id, mailbox: mailbox.id };
            let readable = picture.rights(&name).has(Right::Read);
            if readable && mailbox.state == MailboxState::Live && Some(at) != selected {
                let name = picture.name(&name);
                tell_status_of(talk, user, (&name, picture.id, mailbox), subscriptions).await?;
            }
        }
    }
    Ok(())
}

async fn tell_status_of(
    talk: &mut Talk,
    user: &Authenticated,
    (name, at, mailbox): (&str, AccountId, &Mailbox),
    subscriptions: &BTreeSet<String>,
) -> Result<(), Failed> {
    let Some(notify) = user.notify.as_deref() else { return Ok(()) };
    if !notify.tells(NotifyEvent::MessageNew, name, subscriptions) {
        return Ok(());
    }
    let mut items = vec![StatusItem::Messages, StatusItem::UidNext, StatusItem::UidValidity];
    if notify.tells(NotifyEvent::FlagChange, name, subscriptions) {
        items.push(StatusItem::HighestModSeq);
    }
    talk.reply.status(name, &status::items(user, (at, mailbox), &items).await?);
    Ok(talk.flush_full().await?)
}

fn of_selected(group: &EventGroup) -> bool {
    matches!(group.mailboxes, Watch::Selected | Watch::SelectedDelayed)
}

/// Refuses what makes no sense (BAD), and what this server does not do (NO).
fn check(groups: &[EventGroup]) -> Result<(), Failed> {
    if groups.iter().filter(|group| of_selected(group)).count() > 1 {
        return Err(Failed::bad("SELECTED and SELECTED-DELAYED may stand once, and not both"));
    }
    groups.iter().try_for_each(check_group)?;
    if groups.iter().any(|group| group.events.contains(&NotifyEvent::Other)) {
        return Err(Failed::no(Code::BadEvent, "There is no such event here"));
    }
    if groups.iter().map(names).sum::<usize>() > MOST_NAMES {
        return Err(Failed::no(Code::NotificationOverflow, "These are too many mailboxes"));
    }
    Ok(())
}

fn check_group(group: &EventGroup) -> Result<(), Failed> {
    let has = |event| group.events.contains(&event);
    if has(NotifyEvent::MessageNew) != has(NotifyEvent::MessageExpunge) {
        return Err(Failed::bad("MessageNew and MessageExpunge need each other"));
    }
    if has(NotifyEvent::FlagChange) && !has(NotifyEvent::MessageNew) {
        return Err(Failed::bad("FlagChange needs MessageNew and MessageExpunge"));
    }
    let about_names = |event: &NotifyEvent| !event.is_of_messages() && *event != NotifyEvent::Other;
    if of_selected(group) && group.events.iter().any(about_names) {
        return Err(Failed::bad("Of the selected mailbox only messages can be told"));
    }
    if !of_selected(group) && !group.fetch.is_empty() {
        return Err(Failed::bad("Only messages of the selected mailbox are fetched"));
    }
    Ok(())
}

fn names(group: &EventGroup) -> usize {
    named(&group.mailboxes).len().max(1)
}
