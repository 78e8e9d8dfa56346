//! The hierarchy: CREATE, RENAME, DELETE, SUBSCRIBE; and what is set for a whole mailbox or account.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::{Change, Delta, MAX_MAILBOXES, MailboxOp, Outcome, Refusal, Snapshot};
use crate::id::MailboxId;
use crate::journal::{Event, MailboxEvent};
use crate::mailbox::{
    AccountHead, Counts, INBOX, Mailbox, MailboxState, Mailboxes, Quota, SEPARATOR, SpecialUse,
};

pub(super) fn decide(change: &Change, seen: &Snapshot, op: &MailboxOp) -> Result<Delta, Refusal> {
    let mut tree = Tree::new(change, seen)?;
    if seen.head.last_mailbox == 0 {
        // The first mailbox of an account is INBOX, whatever is asked for first.
        tree.add(None, INBOX.to_owned(), None)?;
    }
    let outcome = match op {
        MailboxOp::Create { name, special_use } => tree.create(name, *special_use)?,
        MailboxOp::Rename { from, to } => tree.rename(from, to)?,
        MailboxOp::Delete { name } => tree.delete(name)?,
        MailboxOp::Use { name, special_use } => tree.dedicate(name, *special_use)?,
        MailboxOp::Subscribe { name } => {
            check_name(name)?;
            tree.subscribe(|names| names.insert(canonical(name)))
        }
        MailboxOp::Unsubscribe { name } => tree.subscribe(|names| names.remove(&canonical(name))),
    };
    Ok(tree.draft.finish(outcome))
}

pub(super) fn provision(
    change: &Change,
    seen: &Snapshot,
    mailboxes: &[(String, Option<SpecialUse>)],
) -> Result<Delta, Refusal> {
    if seen.mailboxes.iter().any(|mailbox| mailbox.id == MailboxId::INBOX) {
        return Ok(Draft::nothing(seen, Outcome::Mailbox { id: MailboxId::INBOX }));
    }
    let mut tree = Tree::new(change, seen)?;
    tree.add(None, INBOX.to_owned(), None)?;
    for (name, special_use) in mailboxes {
        tree.create(name, *special_use)?;
    }
    let names = std::iter::once(INBOX.to_owned()).chain(mailboxes.iter().map(|m| m.0.clone()));
    tree.subscribe(|subscribed| {
        subscribed.extend(names);
        true
    });
    Ok(tree.draft.finish(Outcome::Mailbox { id: MailboxId::INBOX }))
}

/// Takes `\Recent`. Tells nobody: no record, no MODSEQ.
pub(super) fn take_recent(
    change: &Change,
    seen: &Snapshot,
    at: MailboxId,
    below: u64,
) -> Result<Delta, Refusal> {
    let mut draft = Draft::new(change, seen)?;
    let mailbox = draft.live(at)?;
    let outcome = Outcome::Recent { from: mailbox.recent_from };
    let below = below.min(mailbox.uid_next);
    if mailbox.recent_from >= below {
        return Ok(Draft::nothing(seen, outcome));
    }
    mailbox.recent_from = below;
    Ok(draft.finish(outcome))
}

pub(super) fn quota(change: &Change, seen: &Snapshot, quota: Quota) -> Result<Delta, Refusal> {
    let mut draft = Draft::new(change, seen)?;
    draft.head().quota = quota;
    draft.log(MailboxId::INBOX, Event::Property);
    Ok(draft.finish(Outcome::Done))
}

const TOO_DEEP: Refusal = Refusal::BadName("it has more than 64 levels");

/// Is this a name that a mailbox may have (RFC 9051 5.1, RFC 6855 3)?
fn check_name(name: &str) -> Result<(), Refusal> {
    for leaf in name.split(SEPARATOR) {
        if leaf.is_empty() {
            return Err(Refusal::BadName("a level is empty"));
        }
        if leaf.len() > Mailbox::MAX_LEAF {
            return Err(Refusal::BadName("a level is longer than 255 bytes"));
        }
        if leaf.chars().any(char::is_control) {
            return Err(Refusal::BadName("it holds a control character"));
        }
        if leaf.contains(['\u{2028}', '\u{2029}']) {
            return Err(Refusal::BadName("it holds a separator of lines or paragraphs"));
        }
    }
    if levels(name) > Mailbox::MAX_LEVELS {
        return Err(TOO_DEEP);
    }
    Ok(())
}

fn levels(name: &str) -> usize {
    name.split(SEPARATOR).count()
}

/// INBOX in capitals wherever it stands for INBOX.
fn canonical(name: &str) -> String {
    let (top, rest) = name.split_at(name.find(SEPARATOR).unwrap_or(name.len()));
    if top.eq_ignore_ascii_case(INBOX) { format!("{INBOX}{rest}") } else { name.to_owned() }
}

/// The hierarchy as the change leaves it.
struct Tree<'a> {
    draft: Draft<'a>,
    all: Mailboxes,
}

impl<'a> Tree<'a> {
    fn new(change: &'a Change, seen: &'a Snapshot) -> Result<Self, Refusal> {
        let all = Mailboxes {
            head: seen.head.clone(),
            list: seen.mailboxes.clone(),
            subscriptions: seen.subscriptions.clone(),
        };
        Ok(Self { draft: Draft::new(change, seen)?, all })
    }

    fn create(&mut self, name: &str, special_use: Option<SpecialUse>) -> Result<Outcome, Refusal> {
        check_name(name)?;
        match self.all.find(name).cloned() {
            Some(found) if found.state == MailboxState::Placeholder => {
                let at = self.draft.time().secs();
                let uid_validity = next_uid_validity(self.draft.head(), at);
                let id = found.id;
                self.put(Mailbox {
                    state: MailboxState::Live,
                    uid_validity,
                    uid_next: 1,
                    recent_from: 1,
                    special_use,
                    ..found
                });
                self.draft.log(id, Event::Mailbox(MailboxEvent::Created));
                Ok(Outcome::Mailbox { id })
            }
            Some(_) => Err(Refusal::MailboxExists),
            None => {
                let (above, leaf) = self.make_parents(name)?;
                let id = self.add(above, leaf, special_use)?;
                Ok(Outcome::Mailbox { id })
            }
        }
    }

    /// Creates what is missing above a name; gives its parent and its leaf.
    fn make_parents(&mut self, name: &str) -> Result<(Option<MailboxId>, String), Refusal> {
        let (above, leaf) = match name.rsplit_once(SEPARATOR) {
            Some((above, leaf)) => (above, leaf),
            None => return Ok((None, name.to_owned())),
        };
        let mut parent = None;
        for level in above.split(SEPARATOR) {
            let found = self.all.child(parent, level).map(|mailbox| mailbox.id);
            parent = Some(match found {
                Some(id) => id,
                None => self.add(parent, level.to_owned(), None)?,
            });
        }
        Ok((parent, leaf.to_owned()))
    }

    fn add(
        &mut self,
        parent: Option<MailboxId>,
        leaf: String,
        special_use: Option<SpecialUse>,
    ) -> Result<MailboxId, Refusal> {
        if self.all.list.len() >= MAX_MAILBOXES {
            return Err(Refusal::TooMany { what: "mailboxes", limit: MAX_MAILBOXES as u64 });
        }
        let at = self.draft.time().secs();
        let head = self.draft.head();
        head.last_mailbox += 1;
        let id = MailboxId(head.last_mailbox);
        let uid_validity = next_uid_validity(head, at);
        self.put(Mailbox {
            id,
            parent,
            leaf,
            special_use,
            state: MailboxState::Live,
            uid_validity,
            uid_next: 1,
            modseq: self.draft.modseq,
            counts: Counts::default(),
            recent_from: 1,
            keywords: Vec::new(),
        });
        self.draft.inherit(parent, id);
        self.draft.log(id, Event::Mailbox(MailboxEvent::Created));
        Ok(id)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<Outcome, Refusal> {
        let old = self.all.find(from).cloned().ok_or(Refusal::NoSuchMailbox)?;
        if old.id == MailboxId::INBOX {
            return Err(Refusal::Cannot("INBOX keeps its name"));
        }
        check_name(to)?;
        let to = &canonical(to);
        if self.all.find(to).is_some() {
            return Err(Refusal::MailboxExists);
        }
        let old_name = self.all.name(&old);
        if to.starts_with(&format!("{old_name}{SEPARATOR}")) {
            return Err(Refusal::Cannot("the new name is below the old one"));
        }
        if levels(to) + self.levels_below(&old_name) > Mailbox::MAX_LEVELS {
            return Err(TOO_DEEP);
        }
        let (parent, leaf) = self.make_parents(to)?;
        let id = old.id;
        self.put(Mailbox { parent, leaf, ..old });
        self.draft.log(id, Event::Mailbox(MailboxEvent::Renamed));
        self.subscribe_to_renamed(&old_name, to);
        Ok(Outcome::Mailbox { id })
    }

    /// How many levels of mailboxes there are below a name.
    fn levels_below(&self, name: &str) -> usize {
        let below = format!("{name}{SEPARATOR}");
        let names = self.all.names().into_iter();
        names.filter_map(|(name, _)| name.strip_prefix(&below).map(levels)).max().unwrap_or(0)
    }

    /// Who was subscribed to a mailbox, or to one below it, is subscribed to it under its new name
    /// too. The old name stays: only UNSUBSCRIBE takes a name away (RFC 9051 6.3.6, 6.3.7).
    fn subscribe_to_renamed(&mut self, from: &str, to: &str) {
        let below = format!("{from}{SEPARATOR}");
        let renamed = |name: &String| match name.strip_prefix(&below) {
            Some(rest) => Some(format!("{to}{SEPARATOR}{rest}")),
            None => (name == from).then(|| to.to_owned()),
        };
        let mut names = self.all.subscriptions.clone();
        names.extend(self.all.subscriptions.iter().filter_map(renamed));
        if names != self.all.subscriptions {
            self.draft.delta().subscriptions = Some(names);
        }
    }

    fn delete(&mut self, name: &str) -> Result<Outcome, Refusal> {
        let old = self.all.find(name).cloned().ok_or(Refusal::NoSuchMailbox)?;
        let id = old.id;
        if id == MailboxId::INBOX {
            return Err(Refusal::Cannot("INBOX is always there"));
        }
        let state = match (old.state, self.all.has_children(id)) {
            (MailboxState::Placeholder, true) => return Err(Refusal::HasChildren),
            (_, true) => return self.hollow(old),
            (_, false) => MailboxState::Deleted,
        };
        self.release(&old);
        self.put(Mailbox { state, ..old });
        self.draft.log(id, Event::Mailbox(MailboxEvent::Deleted));
        Ok(Outcome::Mailbox { id })
    }

    /// Deletes a mailbox that has children: the messages go with the old id, and the name stays
    /// under a new one (RFC 9051 6.3.5). The children then stand under that.
    fn hollow(&mut self, old: Mailbox) -> Result<Outcome, Refusal> {
        let id = old.id;
        let place = self.add(old.parent, old.leaf.clone(), None)?;
        let children: Vec<_> =
            self.all.list.iter().filter(|m| m.parent == Some(id)).cloned().collect();
        for child in children {
            self.put(Mailbox { parent: Some(place), ..child });
        }
        if let Some(placeholder) = self.all.get(place).cloned() {
            self.put(Mailbox { state: MailboxState::Placeholder, ..placeholder });
        }
        self.release(&old);
        self.put(Mailbox { state: MailboxState::Deleted, ..old });
        self.draft.log(id, Event::Mailbox(MailboxEvent::Deleted));
        Ok(Outcome::Mailbox { id })
    }

    /// Gives a mailbox its use; there is one mailbox for each.
    fn dedicate(
        &mut self,
        name: &str,
        special_use: Option<SpecialUse>,
    ) -> Result<Outcome, Refusal> {
        let found = self.all.find(name).filter(|found| found.state == MailboxState::Live);
        let id = found.ok_or(Refusal::NoSuchMailbox)?.id;
        if id == MailboxId::INBOX {
            return Err(Refusal::Cannot("INBOX is for what comes in"));
        }
        let had = |mailbox: &&Mailbox| special_use.is_some() && mailbox.special_use == special_use;
        let before: Vec<_> = self.all.list.iter().filter(had).map(|mailbox| mailbox.id).collect();
        let others = before.into_iter().filter(|other| *other != id).map(|other| (other, None));
        for (id, special_use) in others.chain([(id, special_use)]) {
            let Some(old) = self.all.get(id).cloned() else { continue };
            if old.special_use != special_use {
                self.put(Mailbox { special_use, ..old });
                self.draft.log(id, Event::Property);
            }
        }
        Ok(Outcome::Done)
    }

    /// Gives back to the quota what a mailbox holds.
    fn release(&mut self, mailbox: &Mailbox) {
        let usage = &mut self.draft.head().usage;
        usage.messages = usage.messages.saturating_sub(u64::from(mailbox.counts.messages));
        usage.bytes = usage.bytes.saturating_sub(mailbox.counts.bytes);
    }

    fn subscribe(&mut self, edit: impl FnOnce(&mut BTreeSet<String>) -> bool) -> Outcome {
        let mut names = self.all.subscriptions.clone();
        if edit(&mut names) {
            self.draft.delta().subscriptions = Some(names);
            self.draft.log(MailboxId::INBOX, Event::Mailbox(MailboxEvent::Subscribed));
        }
        Outcome::Done
    }

    /// Puts a mailbox into the draft and into the picture that later steps look at.
    fn put(&mut self, mailbox: Mailbox) {
        let drafted = &mut self.draft.delta().mailboxes;
        for list in [drafted, &mut self.all.list] {
            match list.iter_mut().find(|known| known.id == mailbox.id) {
                Some(known) => known.clone_from(&mailbox),
                None => list.push(mailbox.clone()),
            }
        }
    }
}

/// UIDVALIDITY: the time, but always above all that this account has given out. A clock that is
/// out of the range of 32 bits is not asked: there would be nothing above it.
fn next_uid_validity(head: &mut AccountHead, secs: i64) -> u32 {
    let now = u32::try_from(secs).unwrap_or(0);
    head.last_uid_validity = now.max(head.last_uid_validity.saturating_add(1));
    head.last_uid_validity
}
