//! STATUS (RFC 9051 6.3.11, RFC 7162 3.1.7, RFC 8438).

use mailstore::id::{MailboxId, MailboxKey};
use mailstore::mailbox::{INBOX, Mailbox, MailboxState};
use mailstore::uid::{Uid, UidSet};

use crate::codec::MailboxName;
use crate::codec::command::{Status, StatusItem};
use crate::codec::reply::StatusValue;
use crate::outcome::{Done, Failed, Outcome};
use crate::refusal::{Role, no_such_mailbox};
use crate::state::{Authenticated, State};
use crate::talk::Talk;

pub(super) async fn run(talk: &mut Talk, state: &mut State, status: &Status) -> Outcome {
    if status.items.contains(&StatusItem::HighestModSeq) {
        if let Some(selected) = state.selected() {
            selected.enable_condstore(&mut talk.reply);
        }
        if let Some(user) = state.user() {
            user.condstore = true;
        }
    }
    let Some(user) = state.user() else { return Err(Failed::bad("Log in first")) };
    let mailbox = find(user, &status.mailbox).await?;
    let items = items(user, &mailbox, &status.items).await?;
    talk.reply.status(status.mailbox.as_str(), &items);
    Ok(Done::new("Done"))
}

async fn find(user: &Authenticated, name: &MailboxName) -> Result<Mailbox, Failed> {
    let found = if name.as_str() == INBOX {
        let at = MailboxKey { account: user.by.account, mailbox: MailboxId::INBOX };
        user.store().open(at).await?.map(|opened| opened.mailbox)
    } else {
        user.store().mailboxes(user.by.account).await?.find(name.as_str()).cloned()
    };
    found
        .filter(|mailbox| mailbox.state == MailboxState::Live)
        .ok_or_else(|| no_such_mailbox(Role::Subject))
}

/// The items asked for, with their values.
pub(super) async fn items(
    user: &Authenticated,
    mailbox: &Mailbox,
    items: &[StatusItem],
) -> Result<Vec<(StatusItem, StatusValue)>, Failed> {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let number = match item {
            StatusItem::Messages => mailbox.counts.messages.into(),
            StatusItem::Recent => recent(user, mailbox).await?,
            StatusItem::UidNext => mailbox.uid_next,
            StatusItem::UidValidity => mailbox.uid_validity.into(),
            StatusItem::Unseen => mailbox.counts.unseen.into(),
            StatusItem::HighestModSeq => mailbox.modseq.0,
            StatusItem::Size => mailbox.counts.bytes,
            StatusItem::Deleted => mailbox.counts.deleted.into(),
            StatusItem::MailboxId => {
                let key = MailboxKey { account: user.by.account, mailbox: mailbox.id };
                values.push((*item, StatusValue::Mailbox(key)));
                continue;
            }
        };
        values.push((*item, StatusValue::Number(number)));
    }
    Ok(values)
}

/// How many messages no session was told of.
async fn recent(user: &Authenticated, mailbox: &Mailbox) -> Result<u64, Failed> {
    let first = u32::try_from(mailbox.recent_from).ok().and_then(Uid::new);
    let Some(first) = first.filter(|_| mailbox.recent_from < mailbox.uid_next) else {
        return Ok(0);
    };
    let at = MailboxKey { account: user.by.account, mailbox: mailbox.id };
    let Some(opened) = user.store().open(at).await? else { return Ok(0) };
    Ok(opened.uids.intersection(&UidSet::range(first..=Uid::MAX)).len())
}
