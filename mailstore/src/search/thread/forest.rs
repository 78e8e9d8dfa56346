//! From links to threads (RFC 5256, REFERENCES, steps 2 to 6).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::links::{Links, NONE};
use super::{Root, Threads, sent, subject};
use crate::search::sort::Sortable;
use crate::search::subject::Origin;

/// REFERENCES.
pub(super) fn references(messages: &[Sortable]) -> Threads {
    let mut forest = Forest::of(messages);
    forest.sort_roots();
    forest.merge_subjects();
    forest.sort_roots();
    forest.threads
}

/// REFS: the same without subjects, by when the newest message of each thread was sent. Threads
/// whose newest are of the same moment stand as their heads do in the mailbox.
pub(super) fn refs(messages: &[Sortable]) -> Threads {
    let mut forest = Forest::of(messages);
    let order = |root: &Root| (forest.newest(root), root.head());
    let mut dated: Vec<_> =
        forest.threads.roots.iter().map(|root| (order(root), root.clone())).collect();
    dated.sort_by_key(|(order, _)| *order);
    forest.threads.roots = dated.into_iter().map(|(_, root)| root).collect();
    forest.threads
}

/// Where a message stands once dummies are pruned.
#[derive(Clone, Copy)]
enum Home {
    /// At the top.
    Top,
    /// Under a message.
    Under(u32),
    /// Under this dummy, which is at the top.
    Dummy(u32),
}

struct Forest<'a> {
    messages: &'a [Sortable],
    threads: Threads,
}

impl<'a> Forest<'a> {
    /// Steps 1 to 3. Messages are put in their places in the order in which they were sent, so that
    /// siblings come to stand in that order.
    fn of(messages: &'a [Sortable]) -> Self {
        let parents = Links::of(messages).parents;
        let mut homes =
            Homes { parents: &parents, messages: messages.len(), known: HashMap::new() };
        let mut order: Vec<_> = (0..messages.len() as u32).map(|at| sent(messages, at)).collect();
        order.sort_unstable();
        let mut children = vec![Vec::new(); messages.len()];
        let (mut roots, mut orphans) = (Vec::new(), HashMap::<u32, Vec<u32>>::new());
        for (_, at) in order {
            match homes.of(at) {
                Home::Top => roots.push(Root::Message(at)),
                Home::Under(parent) => {
                    if let Some(children) = children.get_mut(parent as usize) {
                        children.push(at);
                    }
                }
                Home::Dummy(dummy) => orphans.entry(dummy).or_default().push(at),
            }
        }
        roots.extend(orphans.into_values().map(|all| match all[..] {
            [only] => Root::Message(only),
            _ => Root::Siblings(all),
        }));
        Self { messages, threads: Threads { roots, children } }
    }

    /// Step 4.
    fn sort_roots(&mut self) {
        let messages = self.messages;
        self.threads.roots.sort_by_key(|root| sent(messages, root.head()));
    }

    /// Step 5: threads with the same subject become one.
    fn merge_subjects(&mut self) {
        let table = self.subjects();
        let mut roots: Vec<_> =
            std::mem::take(&mut self.threads.roots).into_iter().map(Some).collect();
        for at in 0..roots.len() {
            let subject =
                roots.get(at).and_then(Option::as_ref).map_or("", |root| self.subject(root));
            let Some(into) = table.get(subject).filter(|into| **into != at) else { continue };
            let merged = (roots.get_mut(*into).and_then(Option::take), roots[at].take());
            if let (Some(one), Some(other)) = merged {
                roots[*into] = Some(self.merge(one, other));
            }
        }
        self.threads.roots = roots.into_iter().flatten().collect();
    }

    /// Step 5.B: for each subject, the thread that the others are merged into.
    fn subjects(&self) -> HashMap<&'a str, usize> {
        let mut table = HashMap::new();
        let roots = &self.threads.roots;
        for (at, root) in roots.iter().enumerate() {
            match table.entry(self.subject(root)) {
                Entry::Vacant(_) if self.subject(root).is_empty() => {}
                Entry::Vacant(entry) => {
                    entry.insert(at);
                }
                Entry::Occupied(mut entry) => {
                    let Some(old @ Root::Message(_)) = roots.get(*entry.get()) else { continue };
                    let dummy = matches!(root, Root::Siblings(_));
                    if dummy || (self.is_reply(old) && !self.is_reply(root)) {
                        entry.insert(at);
                    }
                }
            }
        }
        table
    }

    /// Step 5.C: merges a thread into that of its subject's table.
    fn merge(&mut self, one: Root, other: Root) -> Root {
        let mut siblings = match (one, other) {
            (Root::Siblings(mut all), Root::Siblings(more)) => {
                all.extend(more);
                all
            }
            (Root::Siblings(mut all), Root::Message(at)) => {
                all.push(at);
                all
            }
            (one @ Root::Message(parent), other @ Root::Message(at))
                if self.is_reply(&other) && !self.is_reply(&one) =>
            {
                if let Some(children) = self.threads.children.get_mut(parent as usize) {
                    let messages = self.messages;
                    let after = children
                        .partition_point(|child| sent(messages, *child) < sent(messages, at));
                    children.insert(after, at);
                }
                return one;
            }
            (Root::Message(parent), Root::Message(at)) => vec![parent, at],
            (Root::Message(at), Root::Siblings(mut all)) => {
                all.push(at);
                all
            }
        };
        siblings.sort_by_key(|at| sent(self.messages, *at));
        Root::Siblings(siblings)
    }

    fn subject(&self, root: &Root) -> &'a str {
        subject(self.messages, root.head())
    }

    fn is_reply(&self, root: &Root) -> bool {
        let Root::Message(at) = root else { return false };
        self.messages.get(*at as usize).is_some_and(|it| it.summary.origin == Origin::Reply)
    }

    /// When the newest message of a thread was sent.
    fn newest(&self, root: &Root) -> i64 {
        let moment = |at: u32| sent(self.messages, at).0;
        let mut newest = moment(root.head());
        let mut rest = match root {
            Root::Message(at) => vec![*at],
            Root::Siblings(all) => all.clone(),
        };
        while let Some(at) = rest.pop() {
            newest = newest.max(moment(at));
            rest.extend(self.threads.children(at));
        }
        newest
    }
}

/// Finds where messages stand; dummies on the way are passed once.
struct Homes<'a> {
    parents: &'a [u32],
    messages: usize,
    known: HashMap<u32, Home>,
}

impl Homes<'_> {
    fn of(&mut self, message: u32) -> Home {
        let (mut at, mut passed) = (message, Vec::new());
        let home = loop {
            let parent = self.parents.get(at as usize).copied().unwrap_or(NONE);
            match parent {
                NONE if at == message => return Home::Top,
                NONE => break Home::Dummy(at),
                parent if (parent as usize) < self.messages => break Home::Under(parent),
                dummy => match self.known.get(&dummy) {
                    Some(home) => break *home,
                    None => passed.push(dummy),
                },
            }
            at = parent;
        };
        self.known.extend(passed.into_iter().map(|dummy| (dummy, home)));
        home
    }
}
