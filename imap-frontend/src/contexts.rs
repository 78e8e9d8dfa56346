//! Searches whose results a session keeps current for its client: UPDATE (RFC 5267 4.3).
//!
//! What is expunged leaves the results before its EXPUNGE is told, so that its number still holds;
//! what arrives or changes is looked at after it is told.

mod order;

use mailstore::Found;
use mailstore::search::sort::{Criterion, Direction};
use mailstore::search::{Key, Matcher, Scope};
use mailstore::time::Timestamp;
use mailstore::uid::{Uid, UidArray, UidSet};
use mailstore::view::Expunged;

use crate::codec::Tag;
use crate::codec::command::By;
use crate::codec::reply::{Change, Numbers, Reply};
use crate::outcome::Failed;

/// The most searches that one session keeps current.
const MOST: usize = 16;

/// The searches of a session.
#[derive(Debug, Default)]
pub(crate) struct Contexts(Vec<Context>);

/// A search, and what it has found so far as the client knows.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) tag: Tag,
    pub(crate) by: By,
    /// Without sequence numbers.
    pub(crate) key: Key,
    pub(crate) shown: Shown,
}

/// What the client knows of a result.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Of a SEARCH: in the order of the mailbox.
    Searched(UidSet),
    /// Of a SORT: in the order of a program.
    Sorted(Vec<(Criterion, Direction)>, Vec<Uid>),
}

impl Contexts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is the search of this tag among them?
    pub(crate) fn has(&self, tag: &Tag) -> bool {
        self.0.iter().any(|context| context.tag == *tag)
    }

    /// Keeps one more current; false if there are too many already.
    pub(crate) fn add(&mut self, context: Context) -> bool {
        let room = self.0.len() < MOST;
        if room {
            self.0.push(context);
        }
        room
    }

    /// Forgets the search of this tag.
    pub(crate) fn cancel(&mut self, tag: &str) {
        self.0.retain(|context| context.tag.as_str() != tag);
    }

    /// Forgets all; says that they are no longer kept current.
    pub(crate) fn give_up(&mut self, reply: &mut Reply) {
        for context in self.0.drain(..) {
            reply.no_update(&context.tag, "The search could not be kept current");
        }
    }

    /// Tells what leaves the results because it was expunged, by the numbers that it had.
    pub(crate) fn expunged(&mut self, gone: &Expunged, reply: &mut Reply) {
        for context in &mut self.0 {
            context.remove(gone.uids(), gone.before(), reply);
        }
    }

    /// Looks at messages that arrived or changed, and tells what they do to the results.
    pub(crate) async fn changed(
        &mut self,
        touched: &UidSet,
        mailbox: &mailstore::Selected,
        reply: &mut Reply,
    ) -> Result<(), Failed> {
        for context in &mut self.0 {
            context.changed(touched, mailbox, reply).await?;
        }
        Ok(())
    }
}

impl Context {
    fn members(&self) -> UidSet {
        match &self.shown {
            Shown::Searched(uids) => uids.clone(),
            Shown::Sorted(_, order) => order.iter().copied().collect(),
        }
    }

    async fn changed(
        &mut self,
        touched: &UidSet,
        mailbox: &mailstore::Selected,
        reply: &mut Reply,
    ) -> Result<(), Failed> {
        let touched = mailbox.uids().intersection(touched);
        let scope = Scope::of(mailbox.uids(), Timestamp::now());
        let key = Key::And(vec![Key::These(touched.clone()), self.key.clone()]);
        let found = mailbox.search(&Matcher::new(&key, &scope)).await?.uids;
        let members = self.members();
        self.remove(&members.intersection(&touched).difference(&found), mailbox.uids(), reply);
        let added = found.difference(&members);
        if !added.is_empty() {
            self.insert(&added, mailbox, reply).await?;
        }
        Ok(())
    }

    /// Removes messages from the result, and says so.
    fn remove(&mut self, gone: &UidSet, view: &UidArray, reply: &mut Reply) {
        let changes = match &mut self.shown {
            Shown::Searched(uids) => {
                let removed = uids.intersection(gone);
                *uids = uids.difference(gone);
                set(removed, (self.by, view))
            }
            Shown::Sorted(_, order) => {
                let removed = order::removals(order, gone);
                order.retain(|uid| !gone.contains(*uid));
                lists(removed, (self.by, view))
            }
        };
        reply.update(&self.tag, self.by, (Change::RemoveFrom, &changes));
    }

    /// Adds messages to the result, and says so.
    async fn insert(
        &mut self,
        added: &UidSet,
        mailbox: &mailstore::Selected,
        reply: &mut Reply,
    ) -> Result<(), Failed> {
        let members = self.members().union(added);
        let shown = (self.by, mailbox.uids());
        let changes = match &mut self.shown {
            Shown::Searched(uids) => {
                *uids = members;
                set(added.clone(), shown)
            }
            Shown::Sorted(program, order) => {
                let members = Found { uids: members, ..Found::default() };
                *order = mailbox.sort(&members, program).await?;
                lists(order::insertions(order, added), shown)
            }
        };
        reply.update(&self.tag, self.by, (Change::AddTo, &changes));
        Ok(())
    }
}

/// A change of a SEARCH's result: at no position (RFC 5267 4.3.3).
fn set(uids: UidSet, (by, view): (By, &UidArray)) -> Vec<(u32, Numbers)> {
    if uids.is_empty() {
        return Vec::new();
    }
    let numbers = uids.iter().filter_map(|uid| Uid::new(number(uid, by, view)?));
    vec![(0, Numbers::Set(numbers.collect()))]
}

/// Changes of a SORT's result.
fn lists(changes: Vec<(u32, Vec<Uid>)>, (by, view): (By, &UidArray)) -> Vec<(u32, Numbers)> {
    let numbers = |uids: Vec<Uid>| {
        Numbers::List(uids.into_iter().filter_map(|uid| number(uid, by, view)).collect())
    };
    changes.into_iter().map(|(position, uids)| (position, numbers(uids))).collect()
}

/// The sequence number of a message, or its UID.
pub(crate) fn number(uid: Uid, by: By, view: &UidArray) -> Option<u32> {
    match by {
        By::Uid => Some(uid.get()),
        By::Seq => view.seq(uid).map(|seq| seq.get()),
    }
}
