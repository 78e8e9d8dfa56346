//! What a client is told, without LIST, of the name of a mailbox (RFC 9051 7.3.1, RFC 5465 5.4).

use mailstore::mailbox::{MailboxState, Mailboxes, SEPARATOR};

use crate::codec::MailboxName;
use crate::codec::command::ListForm;
use crate::codec::reply::ListAttribute;
use crate::outcome::Failed;
use crate::state::{Authenticated, Revision};
use crate::talk::Talk;
use crate::tree::{Item, Tree};

/// Tells a client that speaks IMAP4rev2 of the mailbox that it names, and under which name it does
/// if that is not the mailbox's (RFC 9051 6.3.2).
pub(crate) async fn tell(
    talk: &mut Talk,
    user: &Authenticated,
    name: &MailboxName,
) -> Result<(), Failed> {
    if user.revision == Revision::Two && name.written().is_none() {
        let attributes = attributes(user, name.as_str()).await?;
        talk.reply.list(ListForm::List, &attributes, Some(SEPARATOR), name.as_str());
    }
    tell_written(talk, user, name).await
}

/// Tells a client that speaks IMAP4rev2 how the mailbox that it names is called, if it has written
/// the name otherwise (RFC 9051 6.3.9.7).
pub(crate) async fn tell_written(
    talk: &mut Talk,
    user: &Authenticated,
    name: &MailboxName,
) -> Result<(), Failed> {
    match name.written() {
        Some(written) => tell_other_name(talk, user, [written, name.as_str()]).await,
        None => Ok(()),
    }
}

/// Tells a client that speaks IMAP4rev2 that what it calls by the first name has the other one.
pub(crate) async fn tell_other_name(
    talk: &mut Talk,
    user: &Authenticated,
    [written, name]: [&str; 2],
) -> Result<(), Failed> {
    if user.revision == Revision::One {
        return Ok(());
    }
    let trimmed = name.strip_suffix(SEPARATOR).unwrap_or(name);
    let attributes = attributes(user, trimmed).await?;
    talk.reply.list_renamed(&attributes, SEPARATOR, [written, trimmed]);
    Ok(())
}

/// What LIST says of a name.
async fn attributes(user: &Authenticated, name: &str) -> Result<Vec<ListAttribute>, Failed> {
    match user.locate(name).await? {
        Some((by, own)) if !by.is_guest() => {
            Ok(of_own(own, &user.store().mailboxes(by.account).await?))
        }
        _ => {
            let tree = Tree::of(user).await?;
            let found = tree.items.get(name).map(Item::attributes);
            Ok(found.unwrap_or_else(|| vec![ListAttribute::NonExistent]))
        }
    }
}

/// What LIST says of a name of one's own.
pub(crate) fn of_own(name: &str, all: &Mailboxes) -> Vec<ListAttribute> {
    let mut attributes = Vec::new();
    if all.subscriptions.contains(name) {
        attributes.push(ListAttribute::Subscribed);
    }
    let Some(mailbox) = all.find(name) else {
        attributes.push(ListAttribute::NonExistent);
        return attributes;
    };
    if mailbox.state != MailboxState::Live {
        attributes.push(ListAttribute::NoSelect);
    }
    attributes.push(match all.has_children(mailbox.id) {
        true => ListAttribute::HasChildren,
        false => ListAttribute::HasNoChildren,
    });
    attributes.extend(mailbox.special_use.map(ListAttribute::Use));
    attributes
}
