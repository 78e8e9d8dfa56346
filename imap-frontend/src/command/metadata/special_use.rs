//! `/private/specialuse`: what a mailbox is for (RFC 6154 4). No property holds it; it is set by a
//! change to the mailbox, which takes it from another mailbox that was for the same.

use bytes::Bytes;
use mailstore::change::MailboxOp;
use mailstore::mailbox::SpecialUse;

use super::readable;
use crate::codec::command::SetMetadata;
use crate::codec::reply::Code;
use crate::names::no_right;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Authenticated;
use crate::talk::Talk;

/// The entry.
pub(super) const ENTRY: &str = "/private/specialuse";

/// Is the entry of a mailbox among those that are to be set?
pub(super) fn is_meant(set: &SetMetadata) -> bool {
    !set.mailbox.as_str().is_empty() && set.values.iter().any(|(entry, _)| entry.as_str() == ENTRY)
}

/// Sets it, and tells of other mailboxes that have it no more (RFC 6154 5.4).
pub(super) async fn set(talk: &mut Talk, user: &Authenticated, set: &SetMetadata) -> Outcome {
    let [(_, value)] = &*set.values else {
        // There is no commit of both.
        return Err(Failed::no(Code::Cannot, "What a mailbox is for is set alone"));
    };
    let special_use = parse(value.as_ref())?;
    let named = readable(user, &set.mailbox).await?;
    if named.by.is_guest() {
        return Err(no_right());
    }
    let before = user.store().mailboxes(named.by.account).await?;
    let name = before.name(&named.mailbox);
    user.store().change_mailbox(named.by, MailboxOp::Use { name, special_use }).await?;
    let had = before.names().into_iter().filter(|(_, mailbox)| {
        special_use.is_some()
            && mailbox.special_use == special_use
            && mailbox.id != named.mailbox.id
    });
    for (name, _) in had {
        talk.reply.metadata(&name, [(ENTRY, None)]);
    }
    Ok(Done::new("Set"))
}

/// One attribute as LIST shows it; NIL, or an empty value, is none.
fn parse(value: Option<&Bytes>) -> Result<Option<SpecialUse>, Failed> {
    let text = value.map(|value| String::from_utf8_lossy(value));
    match text.as_deref().unwrap_or_default().trim() {
        "" => Ok(None),
        name => match SpecialUse::from_name(name) {
            Some(special_use) => Ok(Some(special_use)),
            None if name.split(' ').all(|name| SpecialUse::from_name(name).is_some()) => {
                Err(Failed::no(Code::Cannot, "A mailbox has one special use at most"))
            }
            None => Err(Failed::no(Code::Cannot, "There is no such special use")),
        },
    }
}
