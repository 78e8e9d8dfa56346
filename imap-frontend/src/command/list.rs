//! LIST, LSUB and XLIST (RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 3348,
//! RFC 9590, RFC 8440).
//!
//! Children and special uses are told whether they were asked for or not. REMOTE adds nothing:
//! there are no mailboxes on other servers.

mod listing;

use mailstore::mailbox::SEPARATOR;
use mailstore::rights::Right;

use self::listing::{Line, Listing};
use super::{metadata, status};
use crate::codec::command::List;
use crate::codec::reply::ListAttribute;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Authenticated;
use crate::talk::Talk;
use crate::tree::{Item, Tree};

pub(super) async fn run(talk: &mut Talk, user: &Authenticated, list: &List) -> Outcome {
    if list.asks_for_delimiter() {
        talk.reply.list(list.form, &[ListAttribute::NoSelect], Some(SEPARATOR), "");
        return Ok(Done::new("Done"));
    }
    let tree = Tree::of(user).await?;
    let listing = Listing::new(&tree, list);
    for line in listing.lines() {
        write(talk, list, &line);
        if let Some(item) = listing.selectable(&line.name)
            && !line.is_above_only
        {
            of_mailbox(talk, (user, list), (&line.name, item)).await?;
        }
        talk.flush_full().await?;
    }
    Ok(Done::new("Listed"))
}

fn write(talk: &mut Talk, list: &List, line: &Line) {
    let (attributes, name) = (&line.attributes, &line.name);
    if line.is_above {
        let criteria = list.selection.criteria();
        talk.reply.list_above(attributes, Some(SEPARATOR), name, &criteria);
    } else {
        talk.reply.list(list.form, attributes, Some(SEPARATOR), name);
    }
}

/// What else was asked of a mailbox that can be selected.
async fn of_mailbox(
    talk: &mut Talk,
    (user, list): (&Authenticated, &List),
    (name, item): (&str, &Item),
) -> Result<(), Failed> {
    let returns = &list.returns;
    let readable = item.rights.has(Right::Read);
    if readable && !returns.status.is_empty() {
        let items = status::items(user, (item.at, &item.mailbox), &returns.status).await?;
        talk.reply.status(name, &items);
    }
    if returns.my_rights {
        talk.reply.my_rights(name, item.rights);
    }
    if readable && !returns.metadata.is_empty() {
        metadata::listed(talk, user, (name, item.at, &item.mailbox), &returns.metadata).await?;
    }
    Ok(())
}
