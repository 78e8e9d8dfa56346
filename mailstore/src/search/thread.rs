//! THREAD (RFC 5256; REFS of draft-ietf-morg-inthread): messages as trees.

mod forest;
mod links;

use super::sort::Sortable;

/// How messages are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ORDEREDSUBJECT: by base subject, two levels deep.
    OrderedSubject,
    /// REFERENCES: by references, then by base subject.
    References,
    /// REFS: by references only; the thread with the newest message last.
    Refs,
}

/// What stands at the top of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// A message.
    Message(u32),
    /// Siblings whose parent is not there: at least two.
    Siblings(Vec<u32>),
}

impl Root {
    /// The message that stands for the thread.
    fn head(&self) -> u32 {
        match self {
            Self::Message(at) => *at,
            Self::Siblings(all) => all.first().copied().unwrap_or_default(),
        }
    }
}

/// Threads of messages, which are named by their place in the list they came in, from 0. Each
/// stands in exactly one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads {
    /// The threads, in order.
    pub roots: Vec<Root>,
    children: Vec<Vec<u32>>,
}

impl Threads {
    /// The threads of messages that are in the order of the mailbox.
    pub fn of(messages: &[Sortable], algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::OrderedSubject => ordered_subject(messages),
            Algorithm::References => forest::references(messages),
            Algorithm::Refs => forest::refs(messages),
        }
    }

    /// The replies to a message, in order.
    pub fn children(&self, at: u32) -> &[u32] {
        self.children.get(at as usize).map(Vec::as_slice).unwrap_or_default()
    }
}

/// When a message was sent, and its place: the order of siblings.
type Sent = (i64, u32);

fn sent(messages: &[Sortable], at: u32) -> Sent {
    (messages.get(at as usize).map_or(0, |message| message.sent), at)
}

fn subject(messages: &[Sortable], at: u32) -> &str {
    messages.get(at as usize).map_or("", |message| &message.summary.subject)
}

fn ordered_subject(messages: &[Sortable]) -> Threads {
    let key = |at: &u32| (subject(messages, *at), sent(messages, *at));
    let mut order: Vec<u32> = (0..messages.len() as u32).collect();
    order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let mut threads = Threads { roots: Vec::new(), children: vec![Vec::new(); messages.len()] };
    for same in order.chunk_by(|a, b| subject(messages, *a) == subject(messages, *b)) {
        let Some((first, replies)) = same.split_first() else { continue };
        threads.roots.push(Root::Message(*first));
        if let Some(children) = threads.children.get_mut(*first as usize) {
            children.extend(replies);
        }
    }
    threads.roots.sort_by_key(|root| sent(messages, root.head()));
    threads
}

#[cfg(test)]
mod tests;
