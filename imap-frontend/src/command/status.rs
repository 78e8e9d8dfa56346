//! STATUS (RFC 9051 6.3.11, RFC 7162 3.1.7, RFC 8438, RFC 9208 4.1.4, RFC 7889).

use mailstore::flags::SystemFlag;
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::mailbox::{INBOX, Mailbox, MailboxState};
use mailstore::message::{Presence, Want};
use mailstore::rights::Right;
use mailstore::uid::{Uid, UidSet};

use super::quota::UNIT;
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
    let (at, mailbox) = find(user, &status.mailbox).await?;
    let items = items(user, (at, &mailbox), &status.items).await?;
    talk.reply.status(status.mailbox.as_str(), &items);
    Ok(Done::new("Done"))
}

/// The mailbox, and whose it is.
async fn find(user: &Authenticated, name: &MailboxName) -> Result<(AccountId, Mailbox), Failed> {
    let (at, found) = if name.as_str() == INBOX {
        let at = MailboxKey { account: user.by.account, mailbox: MailboxId::INBOX };
        (at.account, user.store().open(at).await?.map(|opened| opened.mailbox))
    } else {
        let named = user.named(name).await?;
        named.require(Right::Read)?;
        (named.by.account, Some(named.mailbox))
    };
    let live = found.filter(|mailbox| mailbox.state == MailboxState::Live);
    Ok((at, live.ok_or_else(|| no_such_mailbox(Role::Subject))?))
}

/// The items asked for, with their values.
pub(crate) async fn items(
    user: &Authenticated,
    (at, mailbox): (AccountId, &Mailbox),
    items: &[StatusItem],
) -> Result<Vec<(StatusItem, StatusValue)>, Failed> {
    let key = MailboxKey { account: at, mailbox: mailbox.id };
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let number = match item {
            StatusItem::Messages => mailbox.counts.messages.into(),
            StatusItem::Recent => recent(user, key, mailbox).await?,
            StatusItem::UidNext => mailbox.uid_next,
            StatusItem::UidValidity => mailbox.uid_validity.into(),
            StatusItem::Unseen => mailbox.counts.unseen.into(),
            StatusItem::HighestModSeq => mailbox.modseq.0,
            StatusItem::Size => mailbox.counts.bytes,
            StatusItem::Deleted => mailbox.counts.deleted.into(),
            StatusItem::MailboxId => {
                values.push((*item, StatusValue::Mailbox(key)));
                continue;
            }
            StatusItem::DeletedStorage => deleted_bytes(user, key, mailbox).await?.div_ceil(UNIT),
            StatusItem::AppendLimit => user.store().settings().max_message,
        };
        values.push((*item, StatusValue::Number(number)));
    }
    Ok(values)
}

/// How many messages no session was told of.
async fn recent(user: &Authenticated, at: MailboxKey, mailbox: &Mailbox) -> Result<u64, Failed> {
    let first = u32::try_from(mailbox.recent_from).ok().and_then(Uid::new);
    let Some(first) = first.filter(|_| mailbox.recent_from < mailbox.uid_next) else {
        return Ok(0);
    };
    let Some(opened) = user.store().open(at).await? else { return Ok(0) };
    Ok(opened.uids.intersection(&UidSet::range(first..=Uid::MAX)).len())
}

/// The bytes of the messages with `\Deleted`. The mailbox counts them: no more are looked for than
/// there are.
async fn deleted_bytes(
    user: &Authenticated,
    at: MailboxKey,
    mailbox: &Mailbox,
) -> Result<u64, Failed> {
    let (mut found, mut bytes) = (0, 0);
    let mut rest = UidSet::range(Uid::MIN..=Uid::MAX);
    while found < mailbox.counts.deleted && !rest.is_empty() {
        let page = user.store().ledger().fetch(at, &rest, Want::Row).await?;
        rest = page.rest;
        for message in page.messages {
            let deleted = message.row.flags.has(SystemFlag::Deleted);
            if deleted && message.presence == Presence::Live {
                found += 1;
                bytes += message.row.size;
            }
        }
    }
    Ok(bytes)
}
