//! Which names a LIST shows, and what it says of them.

use std::collections::{BTreeMap, BTreeSet};

use mailstore::mailbox::{INBOX, SEPARATOR};

use crate::codec::Pattern;
use crate::codec::command::{List, ListForm};
use crate::codec::reply::ListAttribute;
use crate::tree::{Item, Tree, levels_above};

/// What a LIST looks through.
pub(super) struct Listing<'a> {
    list: &'a List,
    patterns: Vec<Pattern>,
    tree: &'a Tree,
}

/// A name, and what is said of it.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) attributes: Vec<ListAttribute>,
    /// It stands above names that are selected, and RECURSIVEMATCH asks for that (RFC 5258 3.5).
    pub(super) is_above: bool,
    /// It is shown for that only: of the mailbox itself nothing else is told (RFC 5819 3).
    pub(super) is_above_only: bool,
}

impl Line {
    fn new(name: &str, attributes: Vec<ListAttribute>) -> Self {
        Self { name: name.to_owned(), attributes, is_above: false, is_above_only: false }
    }
}

impl<'a> Listing<'a> {
    pub(super) fn new(tree: &'a Tree, list: &'a List) -> Self {
        Self { list, patterns: list.full_patterns().collect(), tree }
    }

    /// All that is to be shown, in the order of the names.
    pub(super) fn lines(&self) -> Vec<Line> {
        match self.list.form {
            ListForm::Lsub => self.subscribed_levels(),
            _ if self.list.selection.recursive_match => self.with_levels_above(),
            _ => {
                let selected = self.selected().into_iter().filter(|name| self.matches(name));
                let names: BTreeSet<&str> = selected.chain(self.levels()).collect();
                names.into_iter().map(|name| self.line(name)).collect()
            }
        }
    }

    /// The levels above others' mailboxes that are shown, since not all below them is.
    fn levels(&self) -> impl Iterator<Item = &'a str> {
        let levels = self.tree.levels.iter().map(String::as_str);
        let all = self.list.selection.criteria().is_empty();
        levels.filter(move |level| all && self.matches(level) && self.hides_some(level))
    }

    /// Is there a mailbox below that does not match?
    fn hides_some(&self, level: &str) -> bool {
        let below = format!("{level}{SEPARATOR}");
        let names = self.tree.items.range(below.clone()..).map(|(name, _)| name);
        names.take_while(|name| name.starts_with(&below)).any(|name| !self.matches(name))
    }

    /// The mailbox of that name, if it can be selected.
    pub(super) fn selectable(&self, name: &str) -> Option<&'a Item> {
        self.tree.items.get(name).filter(|item| item.is_live())
    }

    fn matches(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name, SEPARATOR))
    }

    /// The names that meet the selection options, whatever the patterns: those that are subscribed
    /// to, whether they exist or not, or else those that exist.
    fn selected(&self) -> Vec<&'a str> {
        let special = |name: &&str| {
            let item = self.tree.items.get(*name);
            !self.list.selection.special_use
                || item.is_some_and(|item| item.mailbox.special_use.is_some())
        };
        if self.list.selection.subscribed {
            self.tree.subscriptions.iter().map(String::as_str).filter(special).collect()
        } else {
            self.tree.items.keys().map(String::as_str).filter(special).collect()
        }
    }

    fn line(&self, name: &str) -> Line {
        Line::new(name, self.attributes(name))
    }

    /// The names that are selected, and the levels above them, as far as they match. A level that
    /// is not selected itself is left out if all below it that made it appear is shown anyway.
    fn with_levels_above(&self) -> Vec<Line> {
        let selected: BTreeSet<&str> = self.selected().into_iter().collect();
        let mut shown: BTreeMap<&str, bool> = BTreeMap::new();
        for name in &selected {
            let matches = self.matches(name);
            if matches {
                shown.entry(name).or_insert(false);
            }
            for level in levels_above(name) {
                if self.matches(level) && (!matches || selected.contains(level)) {
                    shown.insert(level, true);
                }
            }
        }
        let line = |(name, is_above)| {
            let is_above_only = !selected.contains(name);
            Line { is_above, is_above_only, ..self.line(name) }
        };
        shown.into_iter().map(line).collect()
    }

    /// LSUB: what is subscribed to, and with a pattern that ends in `%` the levels above names that
    /// it does not reach (RFC 3501 6.3.9).
    fn subscribed_levels(&self) -> Vec<Line> {
        let stops_at = |level: &str| {
            let mut patterns = self.patterns.iter().filter(|pattern| pattern.ends_within_level());
            patterns.any(|pattern| pattern.matches(level, SEPARATOR))
        };
        let mut lines: BTreeMap<&str, Vec<ListAttribute>> = BTreeMap::new();
        for name in &self.tree.subscriptions {
            if self.matches(name) {
                let exists = self.selectable(name).is_some();
                let attributes = if exists { vec![] } else { vec![ListAttribute::NoSelect] };
                lines.insert(name, attributes);
                continue;
            }
            for level in levels_above(name) {
                if stops_at(level) && !self.tree.subscriptions.contains(level) {
                    lines.insert(level, vec![ListAttribute::NoSelect]);
                }
            }
        }
        lines.into_iter().map(|(name, attributes)| Line::new(name, attributes)).collect()
    }

    fn attributes(&self, name: &str) -> Vec<ListAttribute> {
        let mut attributes = Vec::new();
        let subscribed = self.list.selection.subscribed || self.list.returns.subscribed;
        if subscribed && self.tree.subscriptions.contains(name) {
            attributes.push(ListAttribute::Subscribed);
        }
        let Some(item) = self.tree.items.get(name) else {
            let level = self.tree.levels.contains(name);
            attributes.extend(match level {
                true => &[ListAttribute::NoSelect, ListAttribute::HasChildren][..],
                false => &[ListAttribute::NonExistent],
            });
            return attributes;
        };
        attributes.extend(item.attributes());
        if self.list.form == ListForm::Xlist && name == INBOX {
            attributes.push(ListAttribute::Inbox);
        }
        attributes
    }
}
