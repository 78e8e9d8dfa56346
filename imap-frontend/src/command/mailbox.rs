//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 6.3.4-6.3.8).

use mailstore::change::MailboxOp;
use mailstore::id::MailboxKey;
use mailstore::mailbox::{SEPARATOR, SpecialUse};

use crate::codec::MailboxName;
use crate::codec::command::{Create, Rename};
use crate::codec::reply::Code;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Authenticated;

/// CREATE. A separator at the end says that names will be created under it, which may be done
/// under any name here; so it means nothing (RFC 9051 6.3.4).
pub(super) async fn create(user: &Authenticated, create: &Create) -> Outcome {
    let special_use = match create.uses.as_slice() {
        [] => None,
        [one] => SpecialUse::from_name(one.name()),
        _ => return Err(Failed::no(Code::Cannot, "A mailbox has one special use at most")),
    };
    let name = create.mailbox.as_str();
    let name = name.strip_suffix(SEPARATOR).unwrap_or(name);
    let mailbox = user.store().create(user.by, name, special_use).await?;
    let mailbox = MailboxKey { account: user.by.account, mailbox };
    Ok(Done::with(Code::MailboxId(mailbox), "Created"))
}

/// DELETE. Of a mailbox with children the name stays, and cannot be selected.
pub(super) async fn delete(user: &Authenticated, name: &MailboxName) -> Outcome {
    change(user, MailboxOp::Delete { name: name.as_str().into() }, "Deleted").await
}

/// RENAME, with all that is below it. INBOX stays, and only its messages go.
pub(super) async fn rename(user: &Authenticated, rename: &Rename) -> Outcome {
    let to = rename.to.as_str();
    let to = to.strip_suffix(SEPARATOR).unwrap_or(to);
    user.store().rename(user.by, rename.from.as_str(), to).await?;
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

async fn change(user: &Authenticated, op: MailboxOp, done: &'static str) -> Outcome {
    user.store().change_mailbox(user.by, op).await?;
    Ok(Done::new(done))
}
