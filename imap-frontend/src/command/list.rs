//! LIST, LSUB and XLIST (RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, RFC 6154, RFC 3348).
//!
//! Of the options of RFC 5258 those are here that SPECIAL-USE and LIST-STATUS need, and SUBSCRIBED;
//! RECURSIVEMATCH, which tells of children in a form of its own, is not.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use mailstore::id::MailboxId;
use mailstore::mailbox::{Mailbox, MailboxState, Mailboxes, SEPARATOR};

use super::status;
use crate::codec::Pattern;
use crate::codec::command::{List, ListForm, SpecialUse};
use crate::codec::reply::ListAttribute;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Authenticated;
use crate::talk::Talk;

pub(super) async fn run(talk: &mut Talk, user: &Authenticated, list: &List) -> Outcome {
    if list.asks_for_delimiter() {
        talk.reply.list(list.form, &[ListAttribute::NoSelect], Some(SEPARATOR), "");
        return Ok(Done::new("Done"));
    }
    if list.selection.recursive_match {
        return Err(Failed::bad("RECURSIVEMATCH is not supported"));
    }
    let all = user.store().mailboxes(user.by.account).await?;
    let listing = Listing::new(&all, list);
    let lines = match list.form {
        ListForm::Lsub => listing.subscribed_levels(),
        _ if list.selection.subscribed => listing.subscribed(),
        _ => listing.existing(),
    };
    for (name, attributes) in &lines {
        talk.reply.list(list.form, attributes, Some(SEPARATOR), name);
        if let Some(mailbox) = listing.selectable(name)
            && !list.returns.status.is_empty()
        {
            let items = status::items(user, mailbox, &list.returns.status).await?;
            talk.reply.status(name, &items);
        }
        talk.flush_full().await?;
    }
    Ok(Done::new("Listed"))
}

/// What a LIST looks through.
struct Listing<'a> {
    list: &'a List,
    patterns: Vec<Pattern>,
    /// By full name.
    names: BTreeMap<String, &'a Mailbox>,
    subscriptions: &'a BTreeSet<String>,
    parents: HashSet<MailboxId>,
}

/// A name, and what is said of it.
type Lines = BTreeMap<String, Vec<ListAttribute>>;

impl<'a> Listing<'a> {
    fn new(all: &'a Mailboxes, list: &'a List) -> Self {
        Self {
            list,
            patterns: list.full_patterns().collect(),
            names: all.names().into_iter().collect(),
            subscriptions: &all.subscriptions,
            parents: all.list.iter().filter_map(|mailbox| mailbox.parent).collect(),
        }
    }

    fn matches(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name, SEPARATOR))
    }

    fn selectable(&self, name: &str) -> Option<&'a Mailbox> {
        self.names.get(name).copied().filter(|mailbox| mailbox.state == MailboxState::Live)
    }

    /// Every mailbox there is.
    fn existing(&self) -> Lines {
        let special =
            |mailbox: &&Mailbox| !self.list.selection.special_use || mailbox.special_use.is_some();
        let names = self.names.iter().filter(|(_, mailbox)| special(mailbox));
        let names = names.filter(|(name, _)| self.matches(name));
        names.map(|(name, mailbox)| (name.clone(), self.attributes(name, Some(mailbox)))).collect()
    }

    /// Every name that is subscribed to, whether it exists or not.
    fn subscribed(&self) -> Lines {
        let names = self.subscriptions.iter().filter(|name| self.matches(name));
        let mut lines = Lines::new();
        for name in names {
            let mailbox = self.names.get(name.as_str()).copied();
            let special = mailbox.is_some_and(|mailbox| mailbox.special_use.is_some());
            if !self.list.selection.special_use || special {
                lines.insert(name.clone(), self.attributes(name, mailbox));
            }
        }
        lines
    }

    /// LSUB: as [`Self::subscribed`], and with a pattern that ends in `%` the levels above names
    /// that it does not reach (RFC 3501 6.3.9).
    fn subscribed_levels(&self) -> Lines {
        let mut lines = Lines::new();
        for name in self.subscriptions {
            if self.matches(name) {
                let exists = self.selectable(name).is_some();
                let attributes = if exists { vec![] } else { vec![ListAttribute::NoSelect] };
                lines.insert(name.clone(), attributes);
                continue;
            }
            for (end, _) in name.match_indices(SEPARATOR) {
                let level = name.get(..end).unwrap_or_default();
                if self.matches(level) && !self.subscriptions.contains(level) {
                    lines.insert(level.to_owned(), vec![ListAttribute::NoSelect]);
                }
            }
        }
        lines
    }

    fn attributes(&self, name: &str, mailbox: Option<&Mailbox>) -> Vec<ListAttribute> {
        let mut attributes = Vec::new();
        let subscribed = self.list.selection.subscribed || self.list.returns.subscribed;
        if subscribed && self.subscriptions.contains(name) {
            attributes.push(ListAttribute::Subscribed);
        }
        let Some(mailbox) = mailbox else {
            attributes.push(ListAttribute::NonExistent);
            return attributes;
        };
        if mailbox.state != MailboxState::Live {
            attributes.push(ListAttribute::NoSelect);
        }
        attributes.push(match self.parents.contains(&mailbox.id) {
            true => ListAttribute::HasChildren,
            false => ListAttribute::HasNoChildren,
        });
        attributes.extend(mailbox.special_use.and_then(special_use));
        attributes
    }
}

/// The attribute for what a mailbox is for.
fn special_use(special_use: mailstore::mailbox::SpecialUse) -> Option<ListAttribute> {
    let known = SpecialUse::ALL.into_iter().find(|known| known.name() == special_use.name());
    known.map(ListAttribute::Use)
}
