//! NOTIFY (RFC 5465 3.1).

use mailstore::id::MailboxId;
use mailstore::mailbox::{MailboxState, Mailboxes};

use super::status;
use crate::codec::command::{
    EventGroup, InitialStatus, Notify as Command, NotifyEvent, StatusItem, Watch,
};
use crate::codec::reply::Code;
use crate::notify::Notify;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::{Authenticated, State};
use crate::talk::Talk;

/// Most mailboxes that may be named: every event is compared with each.
const MOST_NAMES: usize = 1024;

/// What has happened to the selected mailbox so far is told first, whatever is to be told from now
/// on.
pub(super) async fn run(talk: &mut Talk, state: &mut State, notify: Command) -> Outcome {
    if let Command::Set { groups, .. } = &notify {
        check(groups)?;
    }
    if let Some(selected) = state.selected() {
        selected.tell_all(talk).await?;
    }
    let selected = state.selected_own();
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
    selected: Option<MailboxId>,
) -> Result<(), Failed> {
    let others = groups.iter().any(|group| !of_selected(group) && !group.events.is_empty());
    if !others {
        user.notify = Some(Box::new(Notify::new(groups, None)));
        return Ok(());
    }
    let (watched, mailboxes) = user.store().watch(user.by).await?;
    user.notify = Some(Box::new(Notify::new(groups, Some(watched))));
    match status {
        InitialStatus::Told => tell_status(talk, user, &mailboxes, selected).await,
        InitialStatus::Left => Ok(()),
    }
}

/// A STATUS of each mailbox whose messages are watched, but for the one selected.
async fn tell_status(
    talk: &mut Talk,
    user: &Authenticated,
    all: &Mailboxes,
    selected: Option<MailboxId>,
) -> Result<(), Failed> {
    let Some(notify) = user.notify.as_deref() else { return Ok(()) };
    let mut names = all.names();
    names.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (name, mailbox) in names {
        let live = mailbox.state == MailboxState::Live && Some(mailbox.id) != selected;
        if !live || !notify.tells(NotifyEvent::MessageNew, &name, all) {
            continue;
        }
        let mut items = vec![StatusItem::Messages, StatusItem::UidNext, StatusItem::UidValidity];
        if notify.tells(NotifyEvent::FlagChange, &name, all) {
            items.push(StatusItem::HighestModSeq);
        }
        let at = (user.by.account, mailbox);
        talk.reply.status(&name, &status::items(user, at, &items).await?);
        talk.flush_full().await?;
    }
    Ok(())
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
    match &group.mailboxes {
        Watch::Subtree(names) | Watch::Mailboxes(names) => names.len(),
        _ => 1,
    }
}
