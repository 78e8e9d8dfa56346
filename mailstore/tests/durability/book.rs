//! What must be in the store, by what was written down; and whether it is.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use bytes::Bytes;
use mailstore::backends::embedded::{self, Embedded};
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::message::{Presence, Want};
use mailstore::time::Timestamp;
use mailstore::uid::{Uid, UidSet};
use mailstore::{Mailstore, Settings};

use super::workload::{ACCOUNTS, COPIES, Deed, Done, INBOX, Id, Line, MOVED, bits};

/// Where a message stands: its UID (0 if not known) and flags there.
type Places = BTreeMap<MailboxId, (u32, u8)>;
/// What a store holds.
pub(crate) type Held = HashMap<Id, Places>;

/// What the writers know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    /// As acknowledged.
    held: Held,
    /// What each writer has begun.
    begun: HashMap<u32, (Id, Deed)>,
    /// Every UID ever given out, with its message.
    uids: HashMap<(AccountId, MailboxId, u32), Id>,
    /// UIDVALIDITY of each mailbox seen.
    validity: HashMap<(AccountId, MailboxId), u32>,
}

impl Book {
    /// Takes over what was written down; a last line that is not whole was never written.
    pub(crate) fn read(&mut self, lines: &[u8]) -> Result<(), String> {
        let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let text = std::str::from_utf8(&lines[..whole]).map_err(|error| error.to_string())?;
        text.lines().try_for_each(|line| self.line(line.parse()?))
    }

    pub(crate) fn line(&mut self, Line { id, deed, done }: Line) -> Result<(), String> {
        let Done::Acknowledged(uid) = done else {
            self.begun.insert(id.writer, (id, deed));
            return Ok(());
        };
        self.begun.remove(&id.writer);
        let places = self.held.entry(id).or_default();
        act(places, deed, uid);
        let given: Vec<_> = places.iter().map(|(mailbox, (uid, _))| (*mailbox, *uid)).collect();
        given.into_iter().try_for_each(|(mailbox, uid)| self.give(id, mailbox, uid))
    }

    /// A UID belongs to one message for ever. Of a delivery over LMTP it is not known at first.
    fn give(&mut self, id: Id, mailbox: MailboxId, uid: u32) -> Result<(), String> {
        if uid == 0 {
            return Ok(());
        }
        match self.uids.insert((id.account(), mailbox, uid), id) {
            Some(other) if other != id => {
                Err(format!("UID {uid} of {mailbox:?} was {other:?}'s and is {id:?}'s now"))
            }
            _ => Ok(()),
        }
    }

    /// How many messages were acknowledged.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Compares with the store in `dir`, which nobody has open, and takes over what became of what
    /// was only begun.
    pub(crate) fn verify(&mut self, dir: &Path) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let embedded = Embedded::open(dir).map_err(|error| error.to_string())?;
        let store = Mailstore::new(embedded.backend(), Settings::default());
        runtime.block_on(self.compare(&store))?;
        clean(dir, &["an orphan"])?;
        runtime.block_on(sweep(&store))?;
        clean(dir, &[])
    }

    pub(crate) async fn compare(&mut self, store: &Mailstore) -> Result<(), String> {
        let mut found = Held::new();
        for account in 1..=ACCOUNTS {
            let account = AccountId::new(i64::from(account)).ok_or("an account")?;
            for mailbox in [INBOX, COPIES, MOVED] {
                self.heads(store, MailboxKey { account, mailbox }, &mut found).await?;
            }
        }
        let all: Vec<Id> = self.held.keys().chain(found.keys()).copied().collect();
        for id in all {
            self.message(id, found.get(&id).cloned().unwrap_or_default())?;
        }
        self.begun.clear();
        Ok(())
    }

    async fn heads(
        &mut self,
        store: &Mailstore,
        at: MailboxKey,
        found: &mut Held,
    ) -> Result<(), String> {
        let here = (at.account, at.mailbox);
        let last = self.uids.keys().filter(|key| (key.0, key.1) == here).map(|key| key.2).max();
        let opened = store.ledger().open(at).await.map_err(|error| error.to_string())?;
        let Some(opened) = opened else {
            return match last {
                Some(_) => Err(format!("{at:?} is missing")),
                None => Ok(()),
            };
        };
        let mailbox = &opened.mailbox;
        let validity = *self.validity.entry(here).or_insert(mailbox.uid_validity);
        if validity != mailbox.uid_validity {
            return Err(format!("UIDVALIDITY of {at:?} was {validity}"));
        }
        if last.is_some_and(|last| mailbox.uid_next <= u64::from(last)) {
            return Err(format!("UIDNEXT of {at:?} is {} after UID {last:?}", mailbox.uid_next));
        }
        let count = read(store, at, found).await?;
        if count != opened.uids.len() || count != mailbox.counts.messages {
            return Err(format!("{at:?} holds {count} messages, but says otherwise"));
        }
        Ok(())
    }

    /// A message must be as acknowledged, or as it would be after what was begun.
    fn message(&mut self, id: Id, found: Places) -> Result<(), String> {
        let known = self.held.get(&id).cloned().unwrap_or_default();
        let begun = self.begun.get(&id.writer).filter(|(about, _)| *about == id);
        let mut after = known.clone();
        if let Some((_, deed)) = begun {
            act(&mut after, *deed, 0);
        }
        if !fits(&known, &found) && !fits(&after, &found) {
            return Err(format!("{id:?} should be {known:?} (or {after:?}), but is {found:?}"));
        }
        for (mailbox, (uid, _)) in &found {
            self.give(id, *mailbox, *uid)?;
        }
        self.held.insert(id, found);
        Ok(())
    }
}

/// What a deed does.
fn act(places: &mut Places, deed: Deed, uid: u32) {
    match deed {
        Deed::Append => drop(places.insert(INBOX, (uid, 0))),
        Deed::Flag(flags) => {
            places.entry(INBOX).and_modify(|place| place.1 = flags);
        }
        Deed::Copy | Deed::Move => {
            let flags = places.get(&INBOX).map_or(0, |place| place.1);
            places.insert(if deed == Deed::Copy { COPIES } else { MOVED }, (uid, flags));
            if deed == Deed::Move {
                places.remove(&INBOX);
            }
        }
        Deed::Expunge => drop(places.remove(&INBOX)),
    }
}

fn fits(expected: &Places, found: &Places) -> bool {
    let is_same = |mailbox, (uid, flags): &(u32, u8)| {
        found.get(mailbox).is_some_and(|there| there.1 == *flags && (*uid == 0 || there.0 == *uid))
    };
    expected.len() == found.len() && expected.iter().all(|(mailbox, place)| is_same(mailbox, place))
}

/// Reads all messages of a mailbox and compares each, byte for byte; returns how many there are.
async fn read(store: &Mailstore, at: MailboxKey, found: &mut Held) -> Result<u32, String> {
    let (mut rest, mut count) = (UidSet::range(Uid::MIN..=Uid::MAX), 0);
    while !rest.is_empty() {
        let page = store.ledger().fetch(at, &rest, Want::Email).await;
        let page = page.map_err(|error| error.to_string())?;
        let live = page.messages.iter().filter(|message| message.presence == Presence::Live);
        for message in live {
            let (uid, flags) = (message.row.uid.get(), bits(&message.row.flags));
            let tree = message.tree.as_ref().ok_or("no tree")?;
            let raw = store.read(tree.plan()).to_bytes().await;
            let raw: Bytes = raw.map_err(|error| format!("UID {uid} of {at:?}: {error}"))?;
            let id = Id::of(&raw).ok_or_else(|| format!("UID {uid} of {at:?} is nobody's"))?;
            if raw != id.message() || id.account() != at.account {
                return Err(format!("{id:?}, UID {uid} of {at:?}, is not what was written"));
            }
            if found.entry(id).or_default().insert(at.mailbox, (uid, flags)).is_some() {
                return Err(format!("{id:?} is twice in {at:?}"));
            }
            count += 1;
        }
        rest = page.rest;
    }
    Ok(count)
}

/// Removes what the writers left behind when they ended.
async fn sweep(store: &Mailstore) -> Result<(), String> {
    let later = Timestamp::from_millis(Timestamp::now().millis() + 3 * 3600 * 1000);
    store.sweep(later).await.map(drop).map_err(|error| error.to_string())
}

/// `check` finds nothing but what begins with one of these.
pub(crate) fn clean(dir: &Path, allowed: &[&str]) -> Result<(), String> {
    let report = embedded::check(dir).map_err(|error| error.to_string())?;
    let bad = |finding: &&embedded::Finding| {
        !allowed.iter().any(|allowed| finding.what.starts_with(allowed))
    };
    match report.findings.iter().find(bad) {
        Some(finding) => Err(finding.to_string()),
        None => Ok(()),
    }
}
