//! Whether an answer is right.

use std::collections::BTreeSet;

use super::order::{By, Check, Mode, Order, SortKey, Store};
use super::player::{Heard, Player};
use super::search::Program;
use super::value::Value;
use super::view::{View, expanded};
use super::world::Place;

impl Player {
    /// Checks the answer to a command, which was given when the client believed this.
    pub fn check(&mut self, order: &Order, before: Option<&View>, heard: &Heard) {
        let outcome = match heard.end.split(' ').next() {
            Some("OK") => self.right(order, before, heard),
            Some("NO") if matches!(order.check, Check::MayFail) => Ok(()),
            Some("NO") if before.is_some_and(|view| !view.writable) => match &order.check {
                Check::Store(_) => Ok(()),
                _ => Err("it failed".to_owned()),
            },
            _ => Err("it failed".to_owned()),
        };
        if let Err(error) = outcome {
            self.wrong(&format!("{}: {error}", String::from_utf8_lossy(&order.text)));
        }
    }

    fn right(&mut self, order: &Order, before: Option<&View>, heard: &Heard) -> Result<(), String> {
        let Some(before) = before else { return Ok(()) };
        match &order.check {
            Check::Fine | Check::MayFail => Ok(()),
            Check::Fetch(items) => all_fetched(order, (before, heard), items),
            Check::Store(store) => self.stored(order, (before, heard), store),
            Check::Search(program) => self.found(order, (before, heard), program),
            Check::Sort(key) => self.sorted(order, (before, heard), *key),
            Check::Thread => threaded(order, before, heard),
            Check::Append(to, numbers) => self.appended(to, numbers, heard),
            Check::Copy(to) => self.copied(to, before, heard),
            Check::Status(_) => match heard.status.len() {
                1 => Ok(()),
                count => Err(format!("{count} STATUS")),
            },
            Check::List => listed(heard),
        }
    }

    fn stored(
        &mut self,
        order: &Order,
        (before, heard): (&View, &Heard),
        store: &Store,
    ) -> Result<(), String> {
        // Of those that are gone nothing changes, and nothing is certain.
        let gone = heard.code().starts_with("EXPUNGEISSUED");
        let owned = self.owned && !gone;
        if !store.silent {
            all_fetched(order, (before, heard), &["FLAGS".to_owned()])?;
        }
        let Some(view) = self.view_mut() else { return Ok(()) };
        for (number, message) in (1..).zip(&mut view.messages) {
            let named = match order.by {
                By::Seq => order.targets.contains(&number),
                By::Uid => message.uid.is_some_and(|uid| order.targets.contains(&uid)),
            };
            if !named {
                continue;
            }
            let Some(flags) = &mut message.flags else { continue };
            match (store.mode, store.silent, owned) {
                (Mode::Add, true, true) => flags.extend(store.flags.iter().cloned()),
                (Mode::Remove, true, true) => flags.retain(|flag| !store.flags.contains(flag)),
                // Somebody else may have changed it, too.
                (_, true, false) => message.flags = None,
                (Mode::Add, false, true) if !flags.is_superset(&store.flags) => {
                    return Err(format!("{:?} has {flags:?}", message.uid));
                }
                (Mode::Remove, false, true) if !flags.is_disjoint(&store.flags) => {
                    return Err(format!("{:?} has {flags:?}", message.uid));
                }
                _ => {}
            }
            if store.silent {
                message.modseq = None;
            }
        }
        Ok(())
    }

    fn found(
        &self,
        order: &Order,
        (before, heard): (&View, &Heard),
        program: &Program,
    ) -> Result<(), String> {
        let found = heard.numbers.as_ref().ok_or("no SEARCH")?;
        let set: BTreeSet<_> = found.iter().copied().collect();
        if set.len() != found.len() {
            return Err("a message twice".to_owned());
        }
        for number in 1..=before.count() {
            let name = match order.by {
                By::Seq => Some(number),
                By::Uid => before.messages[number as usize - 1].uid,
            };
            let Some(name) = name else { continue };
            let found = set.contains(&name);
            if program.matches(number, before, &self.world).is_some_and(|matches| matches != found)
            {
                let word = if found { "found" } else { "not found" };
                return Err(format!("{name} was {word}"));
            }
        }
        in_view(order.by, &set, before)
    }

    fn sorted(
        &self,
        order: &Order,
        (before, heard): (&View, &Heard),
        key: SortKey,
    ) -> Result<(), String> {
        let sorted = heard.numbers.as_ref().ok_or("no SORT")?;
        each_once(order.by, sorted, before)?;
        if key == SortKey::Other {
            return Ok(());
        }
        let size = |name: &u32| {
            let uid = match order.by {
                By::Seq => before.messages[*name as usize - 1].uid?,
                By::Uid => *name,
            };
            Some(self.world.at(&before.place(uid))?.1.len())
        };
        let sizes: Vec<_> = sorted.iter().filter_map(size).collect();
        if sizes.is_sorted() { Ok(()) } else { Err(format!("sizes {sizes:?}")) }
    }

    fn appended(&self, to: &str, numbers: &[u32], heard: &Heard) -> Result<(), String> {
        let words: Vec<_> = heard.code().split(' ').collect();
        let ["APPENDUID", validity, set] = words[..] else { return Err("no APPENDUID".to_owned()) };
        let uids = expanded(set);
        if uids.len() != numbers.len() {
            return Err(format!("{} messages have {} UIDs", numbers.len(), uids.len()));
        }
        let validity = validity.parse().map_err(|_| "no UIDVALIDITY")?;
        uids.iter().zip(numbers).try_for_each(|(uid, number)| {
            self.world.found(&Place { mailbox: to.to_owned(), validity, uid: *uid }, *number)
        })
    }

    fn copied(&self, to: &str, before: &View, heard: &Heard) -> Result<(), String> {
        let codes = heard.codes.iter().map(String::as_str).chain([heard.code()]);
        let Some(code) = codes.into_iter().find(|code| code.starts_with("COPYUID")) else {
            return Ok(());
        };
        let words: Vec<_> = code.split(' ').collect();
        let [_, validity, from, into] = words[..] else { return Err(code.to_owned()) };
        let (from, into) = (expanded(from), expanded(into));
        if from.len() != into.len() {
            return Err(code.to_owned());
        }
        let validity = validity.parse().map_err(|_| "no UIDVALIDITY")?;
        for (old, new) in from.iter().zip(into) {
            if let Some((number, _)) = self.world.at(&before.place(*old)) {
                self.world.found(&Place { mailbox: to.to_owned(), validity, uid: new }, number)?;
            }
        }
        Ok(())
    }
}

/// Each message that is named was told of, with these items.
fn all_fetched(
    order: &Order,
    (before, heard): (&View, &Heard),
    items: &[String],
) -> Result<(), String> {
    for target in &order.targets {
        let number = match order.by {
            By::Seq => *target,
            // Those that it knew not are nobody's mistake.
            By::Uid => {
                let at = before.messages.iter().position(|message| message.uid == Some(*target));
                let Some(at) = at else { continue };
                at as u32 + 1
            }
        };
        let told = heard.fetched.get(&number).ok_or(format!("{number} is missing"))?;
        if let Some(item) = items.iter().find(|item| !told.contains(item)) {
            return Err(format!("{number} is without {item}"));
        }
    }
    Ok(())
}

/// All that is named is in the view, as far as that is known.
fn in_view(by: By, names: &BTreeSet<u32>, view: &View) -> Result<(), String> {
    let known: BTreeSet<_> = view.uids().into_iter().collect();
    let complete = known.len() == view.messages.len();
    let is_there = |name: &&u32| match by {
        By::Seq => (1..=view.count()).contains(*name),
        By::Uid => known.contains(*name) || !complete,
    };
    match names.iter().find(|name| !is_there(name)) {
        Some(name) => Err(format!("{name} is not in the view")),
        None => Ok(()),
    }
}

fn each_once(by: By, names: &[u32], view: &View) -> Result<(), String> {
    let set: BTreeSet<_> = names.iter().copied().collect();
    if set.len() != names.len() || names.len() != view.messages.len() {
        return Err(format!("{} of {} messages", names.len(), view.messages.len()));
    }
    in_view(by, &set, view)
}

fn threaded(order: &Order, before: &View, heard: &Heard) -> Result<(), String> {
    let mut names = Vec::new();
    collect(heard.thread.as_ref().ok_or("no THREAD")?, &mut names);
    each_once(order.by, &names, before)
}

fn collect(values: &[Value], names: &mut Vec<u32>) {
    for value in values {
        match value {
            Value::List(list) => collect(list, names),
            value => names.push(value.number() as u32),
        }
    }
}

fn listed(heard: &Heard) -> Result<(), String> {
    let names: Vec<_> = heard.lists.iter().map(|list| list[2].text().to_vec()).collect();
    let unique: BTreeSet<_> = names.iter().collect();
    match names.len() == unique.len()
        && [&b"INBOX"[..], b"Other"].iter().all(|name| names.contains(&name.to_vec()))
    {
        true => Ok(()),
        false => Err("LIST".to_owned()),
    }
}
