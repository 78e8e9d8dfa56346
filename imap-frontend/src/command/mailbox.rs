//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 6.3.4-6.3.8).

use mailstore::Actor;
use mailstore::change::MailboxOp;
use mailstore::id::MailboxKey;
use mailstore::mailbox::SEPARATOR;

use crate::codec::MailboxName;
use crate::codec::command::{Create, Rename};
use crate::codec::reply::Code;
use crate::listed;
use crate::names::no_right;
use crate::outcome::{Done, Failed, Outcome};
use crate::refusal::{Role, no_such_mailbox};
use crate::state::Authenticated;
use crate::talk::Talk;

/// CREATE. A separator at the end says that names will be created under it, which may be done
/// under any name here; so it means nothing (RFC 9051 6.3.4).
pub(super) async fn create(talk: &mut Talk, user: &Authenticated, create: &Create) -> Outcome {
    let special_use = match create.uses.as_slice() {
        [] => None,
        &[Some(one)] => Some(one),
        [None] => return Err(Failed::no(Code::UseAttr, "There is no such special use")),
        _ => return Err(Failed::no(Code::UseAttr, "A mailbox has one special use at most")),
    };
    let name = create.mailbox.as_str();
    let name = name.strip_suffix(SEPARATOR).unwrap_or(name);
    let (by, name) = user.locate(name).await?.ok_or_else(no_right)?;
    let mailbox = user.store().create(by, name, special_use).await?;
    listed::tell_written(talk, user, &create.mailbox).await?;
    let mailbox = MailboxKey { account: by.account, mailbox };
    Ok(Done::with(Code::MailboxId(mailbox), "Created"))
}

/// DELETE. Of a mailbox with children the name stays, and cannot be selected.
pub(super) async fn delete(talk: &mut Talk, user: &Authenticated, name: &MailboxName) -> Outcome {
    let (by, local) = existing(user, name.as_str()).await?;
    user.store().change_mailbox(by, MailboxOp::Delete { name: local.into() }).await?;
    listed::tell_written(talk, user, name).await?;
    Ok(Done::new("Deleted"))
}

/// RENAME, with all that is below it. INBOX stays, and only its messages go.
pub(super) async fn rename(talk: &mut Talk, user: &Authenticated, rename: &Rename) -> Outcome {
    let to = rename.to.as_str();
    let to = to.strip_suffix(SEPARATOR).unwrap_or(to);
    let (by, from) = existing(user, rename.from.as_str()).await?;
    let (to_by, to) = user.locate(to).await?.ok_or_else(no_right)?;
    if by.account != to_by.account {
        user.named(&rename.from).await?;
        // What is said must not tell who there is.
        return Err(match to_by.is_guest() {
            true => no_right(),
            false => Failed::no(Code::Cannot, "A mailbox stays with its owner"),
        });
    }
    user.store().rename(by, from, to).await?;
    if rename.from.written().or(rename.to.written()).is_some() {
        let written = rename.from.written().unwrap_or(rename.from.as_str());
        listed::tell_other_name(talk, user, [written, rename.to.as_str()]).await?;
    }
    Ok(Done::new("Renamed"))
}

/// SUBSCRIBE, whether the mailbox exists or not (RFC 9051 6.3.7).
pub(super) async fn subscribe(user: &Authenticated, name: &MailboxName) -> Outcome {
    let name = name.as_str().trim_end_matches(SEPARATOR).into();
    change(user, MailboxOp::Subscribe { name }, "Subscribed").await
}

/// UNSUBSCRIBE.
pub(super) async fn unsubscribe(user: &Authenticated, name: &MailboxName) -> Outcome {
    let name = name.as_str().trim_end_matches(SEPARATOR).into();
    change(user, MailboxOp::Unsubscribe { name }, "Unsubscribed").await
}

/// Where a name leads that must lead somewhere.
async fn existing<'a>(user: &Authenticated, name: &'a str) -> Result<(Actor, &'a str), Failed> {
    user.locate(name).await?.ok_or_else(|| no_such_mailbox(Role::Subject))
}

async fn change(user: &Authenticated, op: MailboxOp, done: &'static str) -> Outcome {
    user.store().change_mailbox(user.by, op).await?;
    Ok(Done::new(done))
}
