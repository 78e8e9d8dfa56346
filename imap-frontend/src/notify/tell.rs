//! How a client is told of mailboxes that it has not selected (RFC 5465 5).

use mailstore::id::MailboxId;
use mailstore::mailbox::{Mailbox, MailboxState, Mailboxes, SEPARATOR};
use mailstore::{Happening, Messages, News};

use super::Notify;
use crate::codec::command::{ListForm, NotifyEvent, StatusItem};
use crate::codec::reply::{Code, Condition};
use crate::command::status;
use crate::listed::of_own;
use crate::outcome::Failed;
use crate::state::{Authenticated, State};
use crate::talk::Talk;

/// Tells what others did to mailboxes that are not selected. If some of it was missed, the client has
/// to look anew, and to say again what it wants.
pub(super) async fn others(talk: &mut Talk, state: &mut State) -> Result<(), Failed> {
    let selected = state.selected_own();
    let Some(user) = state.user() else { return Ok(()) };
    let Some(watched) = user.notify.as_mut().and_then(|notify| notify.watched.as_mut()) else {
        return Ok(());
    };
    let Some(news) = watched.sync().await? else {
        user.notify = Some(Box::new(Notify::nothing()));
        let code = Some(Code::NotificationOverflow);
        talk.reply.untagged(Condition::Ok, code, "Some events were missed");
        return Ok(());
    };
    for happening in &news.happenings {
        tell(talk, user, &news, (happening, selected)).await?;
        talk.flush_full().await?;
    }
    Ok(())
}

async fn tell(
    talk: &mut Talk,
    user: &Authenticated,
    news: &News,
    (happening, selected): (&Happening, Option<MailboxId>),
) -> Result<(), Failed> {
    let Some(notify) = user.notify.as_deref() else { return Ok(()) };
    let all = &news.mailboxes;
    let wants = |event, name: &str| notify.tells(event, name, all);
    match happening {
        Happening::Messages(id, _) if Some(*id) == selected => {}
        Happening::Messages(id, messages) => {
            if let Some(mailbox) = all.get(*id) {
                of_messages(talk, user, (mailbox, *messages), all).await?;
            }
        }
        Happening::Name(name) if wants(NotifyEvent::MailboxName, name) => {
            talk.reply.list(ListForm::List, &of_own(name, all), Some(SEPARATOR), name);
        }
        Happening::Renamed { from, to }
            if wants(NotifyEvent::MailboxName, to) || wants(NotifyEvent::MailboxName, from) =>
        {
            talk.reply.list_renamed(&of_own(to, all), SEPARATOR, [from, to]);
        }
        Happening::Subscription(name) if wants(NotifyEvent::SubscriptionChange, name) => {
            talk.reply.list(ListForm::List, &of_own(name, all), Some(SEPARATOR), name);
        }
        Happening::Name(_) | Happening::Renamed { .. } | Happening::Subscription(_) => {}
    }
    Ok(())
}

async fn of_messages(
    talk: &mut Talk,
    user: &Authenticated,
    (mailbox, messages): (&Mailbox, Messages),
    all: &Mailboxes,
) -> Result<(), Failed> {
    let name = all.name(mailbox);
    let Some(notify) = user.notify.as_deref() else { return Ok(()) };
    let wants = |event| notify.tells(event, &name, all);
    let counts = (messages.arrived && wants(NotifyEvent::MessageNew))
        || (messages.expunged && wants(NotifyEvent::MessageExpunge));
    let flags = messages.flags && wants(NotifyEvent::FlagChange);
    let mut items = Vec::new();
    if counts {
        items.extend([StatusItem::Messages, StatusItem::UidNext]);
    }
    if counts || flags {
        items.push(StatusItem::UidValidity);
    }
    if flags {
        items.push(StatusItem::Unseen);
    }
    if user.condstore && !items.is_empty() {
        items.push(StatusItem::HighestModSeq);
    }
    if !items.is_empty() && mailbox.state == MailboxState::Live {
        let values = status::items(user, (user.by.account, mailbox), &items).await?;
        talk.reply.status(&name, &values);
    }
    Ok(())
}
