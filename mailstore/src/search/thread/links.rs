//! Who answers whom (RFC 5256, REFERENCES, step 1).

use std::collections::HashMap;

use crate::search::sort::Sortable;
use crate::search::summary::MessageId;

/// No parent.
pub(super) const NONE: u32 = u32::MAX;

/// As far up a new parent's ancestors are looked at. A conversation deeper than that goes on in a
/// thread of its own, which keeps the work for any references in proportion to their number.
const MAX_CLIMB: usize = 1_000;

/// The parent of each node, or [`NONE`]: of the messages first, then of the dummies, which are
/// referred to and not there.
pub(super) struct Links {
    pub(super) parents: Vec<u32>,
    nodes: HashMap<MessageId, u32>,
}

impl Links {
    pub(super) fn of(messages: &[Sortable]) -> Self {
        let mut nodes = HashMap::with_capacity(messages.len() * 2);
        for (at, message) in (0..).zip(messages) {
            if let Some(id) = message.summary.id {
                nodes.entry(id).or_insert(at);
            }
        }
        let mut links = Self { parents: vec![NONE; messages.len()], nodes };
        for (at, message) in (0..).zip(messages) {
            links.message(at, &message.summary.references);
        }
        links
    }

    fn message(&mut self, at: u32, references: &[MessageId]) {
        let mut parent = NONE;
        for id in references {
            let node = self.node(*id);
            if parent != NONE && self.parent(node) == NONE {
                self.link(parent, node);
            }
            parent = node;
        }
        // What others said of this message counts less than what it says itself.
        if self.parent(at) != parent {
            self.set(at, NONE);
            if parent != NONE {
                self.link(parent, at);
            }
        }
    }

    /// The node of an identifier, a new dummy if there is none.
    fn node(&mut self, id: MessageId) -> u32 {
        let next = self.parents.len() as u32;
        let node = *self.nodes.entry(id).or_insert(next);
        if node == next {
            self.parents.push(NONE);
        }
        node
    }

    /// Makes one the parent of a node that has none, unless that makes a loop.
    fn link(&mut self, parent: u32, child: u32) {
        let mut ancestor = parent;
        for _ in 0..MAX_CLIMB {
            if ancestor == child {
                return;
            }
            ancestor = self.parent(ancestor);
            if ancestor == NONE {
                self.set(child, parent);
                return;
            }
        }
    }

    fn parent(&self, node: u32) -> u32 {
        self.parents.get(node as usize).copied().unwrap_or(NONE)
    }

    fn set(&mut self, node: u32, parent: u32) {
        if let Some(slot) = self.parents.get_mut(node as usize) {
            *slot = parent;
        }
    }
}
