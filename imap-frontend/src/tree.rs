//! All mailboxes that a user may see: his own, and those that others share with him.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use mailstore::Admission;
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::mailbox::{Mailbox, MailboxState, Mailboxes, SEPARATOR};
use mailstore::rights::{Right, Rights};

use crate::codec::reply::ListAttribute;
use crate::names::OTHERS;
use crate::outcome::Failed;
use crate::room;
use crate::state::Authenticated;

/// A mailbox.
pub(crate) struct Item {
    /// Whose.
    pub(crate) at: AccountId,
    pub(crate) mailbox: Mailbox,
    pub(crate) rights: Rights,
    pub(crate) has_children: bool,
}

impl Item {
    pub(crate) fn key(&self) -> MailboxKey {
        MailboxKey { account: self.at, mailbox: self.mailbox.id }
    }

    /// What LIST says of it, whatever it was asked.
    pub(crate) fn attributes(&self) -> Vec<ListAttribute> {
        let mut attributes = Vec::new();
        if !self.is_live() {
            attributes.push(ListAttribute::NoSelect);
        }
        attributes.push(match self.has_children {
            true => ListAttribute::HasChildren,
            false => ListAttribute::HasNoChildren,
        });
        attributes.extend(self.mailbox.special_use.map(ListAttribute::Use));
        attributes
    }

    /// Can it be selected, by who has the right to?
    pub(crate) fn is_live(&self) -> bool {
        self.mailbox.state == MailboxState::Live
    }
}

/// All that there is to list.
pub(crate) struct Tree {
    /// By full name.
    pub(crate) items: BTreeMap<String, Item>,
    /// Names above those of others' mailboxes that are no mailboxes, or none that may be seen.
    pub(crate) levels: BTreeSet<String>,
    /// The user's.
    pub(crate) subscriptions: BTreeSet<String>,
    /// What of the budget it takes.
    rooms: Vec<Admission>,
}

impl Tree {
    pub(crate) async fn of(user: &Authenticated) -> Result<Self, Failed> {
        let own = user.by.user;
        let (all, room) = read(user, own).await?;
        let parents: HashSet<MailboxId> =
            all.list.iter().filter_map(|mailbox| mailbox.parent).collect();
        let item = |mailbox: &Mailbox| Item {
            at: own,
            mailbox: mailbox.clone(),
            rights: Rights::ALL,
            has_children: parents.contains(&mailbox.id),
        };
        let items = all.names().into_iter().map(|(name, mailbox)| (name, item(mailbox)));
        let items = items.filter(|(name, _)| !name.starts_with(OTHERS)).collect();
        let subscriptions = all.subscriptions;
        let mut tree = Self {
            items,
            levels: BTreeSet::new(),
            subscriptions,
            rooms: room.into_iter().collect(),
        };
        for account in user.store().sharers(own).await? {
            tree.add(user, account).await?;
        }
        Ok(tree)
    }

    /// Adds what another account shares.
    async fn add(&mut self, user: &Authenticated, account: AccountId) -> Result<(), Failed> {
        let name = user.server.directory().name_of(account).await?;
        let Some(owner) = name.filter(|name| !name.contains(SEPARATOR)) else { return Ok(()) };
        let (all, room) = read(user, account).await?;
        self.rooms.extend(room);
        let rights = user.store().all_rights(user.by.user, account).await?;
        let seen = seen(&format!("{OTHERS}{owner}"), &all, &rights);
        let above: BTreeSet<&str> = seen.keys().flat_map(|name| levels_above(name)).collect();
        for (name, (mailbox, rights)) in &seen {
            let mailbox = Mailbox { special_use: None, ..(*mailbox).clone() };
            let has_children = above.contains(name.as_str());
            let item = Item { at: account, mailbox, rights: *rights, has_children };
            self.items.insert(name.clone(), item);
        }
        let levels = above.into_iter().filter(|name| !seen.contains_key(*name));
        self.levels.extend(levels.map(str::to_owned));
        Ok(())
    }
}

/// The mailboxes of an account, read when there is room for as many as there may be.
async fn read(
    user: &Authenticated,
    account: AccountId,
) -> Result<(Mailboxes, Option<Admission>), Failed> {
    let most = user.store().most_mailboxes(account).await?;
    let mut room = room::take(user, u64::from(most) * room::PER_MAILBOX).await?;
    let all = user.store().mailboxes(account).await?;
    if let Some(room) = &mut room {
        room.keep(all.list.len() as u64 * room::PER_MAILBOX);
    }
    Ok((all, room))
}

/// What may be seen of an account, under a prefix.
fn seen<'a>(
    prefix: &str,
    all: &'a Mailboxes,
    rights: &BTreeMap<MailboxId, Rights>,
) -> BTreeMap<String, (&'a Mailbox, Rights)> {
    let visible = all.names().into_iter().filter_map(|(name, mailbox)| {
        let rights = *rights.get(&mailbox.id)?;
        rights.has(Right::Lookup).then(|| (format!("{prefix}/{name}"), (mailbox, rights)))
    });
    visible.collect()
}

/// The names above a name, from the top down.
pub(crate) fn levels_above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(SEPARATOR).filter_map(|(end, _)| name.get(..end))
}
