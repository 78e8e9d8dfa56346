//! An account that a session watches beside the mailbox it has selected (RFC 5465): what others do to
//! its mailboxes, their names, the subscriptions and, if it is wanted, the properties.

mod properties;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::actor::Actor;
use crate::error::Error;
use crate::id::{MailboxId, SessionId};
use crate::journal::{Event, MailboxEvent, Record, Replay};
use crate::mailbox::{Mailbox, Mailboxes, SEPARATOR};
use crate::mailstore::Mailstore;
use crate::store::Watch;
use crate::uid::ModSeq;

use properties::{Known as Properties, Values};

/// Most records read from the journal at once.
const JOURNAL_PAGE: usize = 1_000;

/// What a watcher tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Messages of a mailbox arrived, went away or changed.
    Messages(MailboxId, Messages),
    /// There is a mailbox of this name now, or there is none any more, or it has got or lost its
    /// first or last child.
    Name(String),
    /// A mailbox was renamed. Those below it are not told of one by one.
    Renamed {
        /// What it was.
        from: String,
        /// What it is.
        to: String,
    },
    /// This name is subscribed to now, or is not any more.
    Subscription(String),
    /// Properties with these keys were set or removed: of a mailbox, or of the account as such.
    Properties(Option<MailboxId>, BTreeSet<String>),
}

/// What happened to the messages of a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Some arrived.
    pub arrived: bool,
    /// Some went away.
    pub expunged: bool,
    /// Some have other flags.
    pub flags: bool,
}

/// What has happened, and how the account is now, which may be later.
#[derive(Clone, Debug)]
pub struct News {
    /// What others did. What the session itself did is not in it.
    pub happenings: Vec<Happening>,
    /// All mailboxes.
    pub mailboxes: Mailboxes,
}

/// A session's knowledge of an account's mailboxes.
#[derive(Debug)]
pub struct Watched {
    store: Mailstore,
    by: Actor,
    watch: Watch,
    /// How far the journal was read.
    cursor: ModSeq,
    known: Known,
    /// The properties, if these are watched.
    properties: Option<Properties>,
}

impl Mailstore {
    /// Watches what others do to an account's mailboxes; and how they are now.
    pub async fn watch(&self, by: Actor) -> Result<(Watched, Mailboxes), Error> {
        Watched::open(self, by).await
    }
}

impl Watched {
    async fn open(store: &Mailstore, by: Actor) -> Result<(Self, Mailboxes), Error> {
        // Watch first, then read: what commits in between is replayed.
        let watch = store.beacon().watch(by.account);
        let mailboxes = store.mailboxes(by.account).await?;
        let (cursor, known) = (mailboxes.head.modseq, Known::of(&mailboxes));
        let store = store.clone();
        Ok((Self { store, by, watch, cursor, known, properties: None }, mailboxes))
    }

    /// Watches the properties too whose keys begin like this. Refused if there are more than 20,000.
    pub async fn with_properties(self, prefix: &str) -> Result<Self, Error> {
        let properties = Properties::read(&self.store, self.by.account, prefix).await?;
        Ok(Self { properties: Some(properties), ..self })
    }

    /// Waits until the beacon says that the account moved on. May come for nothing, may fail to
    /// come: the caller adds a timer of its own.
    pub async fn changed(&mut self) {
        self.watch.past(self.cursor).await;
    }

    /// What others have done since the last time. `None` if the journal does not reach back that far:
    /// then the watcher has missed something, and knows everything as it is now.
    ///
    /// If it fails, or is dropped half-way, it knows what it knew.
    pub async fn sync(&mut self) -> Result<Option<News>, Error> {
        let Some((touched, cursor)) = self.read().await? else {
            let (mut anew, _) = Self::open(&self.store, self.by).await?;
            if let Some(properties) = &self.properties {
                anew = anew.with_properties(&properties.prefix).await?;
            }
            *self = anew;
            return Ok(None);
        };
        if touched.is_nothing() {
            self.cursor = cursor;
            return Ok(Some(News { happenings: Vec::new(), mailboxes: Mailboxes::default() }));
        }
        let mailboxes = self.store.mailboxes(self.by.account).await?;
        let known = Known::of(&mailboxes);
        let values = self.values(&touched).await?;
        let told = self.changed_properties(&touched, &values);
        let mut happenings = touched.happenings(&self.known, &known);
        happenings.extend(told);
        (self.cursor, self.known) = (cursor, known);
        if let Some(properties) = &mut self.properties {
            properties.replace(values);
        }
        Ok(Some(News { happenings, mailboxes }))
    }

    /// The properties as they are now where some have changed.
    async fn values(&self, touched: &Touched) -> Result<Vec<(Option<MailboxId>, Values)>, Error> {
        let Some(properties) = &self.properties else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for at in touched.properties.keys() {
            all.push((*at, properties.read_at(&self.store, self.by.account, *at).await?));
        }
        Ok(all)
    }

    fn changed_properties(
        &self,
        touched: &Touched,
        values: &[(Option<MailboxId>, Values)],
    ) -> Vec<Happening> {
        let Some(properties) = &self.properties else { return Vec::new() };
        let others = |at| touched.properties.get(at) == Some(&Whose::Others);
        let changed = values
            .iter()
            .filter(|(at, _)| others(at))
            .map(|(at, values)| Happening::Properties(*at, properties.changed(*at, values)));
        let is_any = |told: &Happening| match told {
            Happening::Properties(_, keys) => !keys.is_empty(),
            _ => true,
        };
        changed.filter(is_any).collect()
    }

    async fn read(&self) -> Result<Option<(Touched, ModSeq)>, Error> {
        let (mut touched, mut cursor) = (Touched::default(), self.cursor);
        loop {
            let ledger = self.store.ledger();
            match ledger.journal(self.by.account, cursor, None, JOURNAL_PAGE).await? {
                Replay::Trimmed => return Ok(None),
                Replay::Records { records, upto, more } => {
                    records.iter().for_each(|record| touched.record(record, self.by.session));
                    cursor = upto;
                    if !more {
                        return Ok(Some((touched, cursor)));
                    }
                }
            }
        }
    }
}

/// Names and subscriptions.
#[derive(Debug, Default)]
struct Known {
    names: HashMap<MailboxId, Place>,
    subscriptions: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Place {
    parent: Option<MailboxId>,
    name: String,
}

impl Known {
    fn of(mailboxes: &Mailboxes) -> Self {
        let place = |(name, mailbox): (String, &Mailbox)| {
            (mailbox.id, Place { parent: mailbox.parent, name })
        };
        let names = mailboxes.names().into_iter().map(place).collect();
        Self { names, subscriptions: mailboxes.subscriptions.clone() }
    }

    fn name(&self, id: MailboxId) -> Option<&Place> {
        self.names.get(&id)
    }
}

/// What some records have touched.
#[derive(Debug, Default)]
struct Touched {
    messages: BTreeMap<MailboxId, Messages>,
    /// Mailboxes that others have made, renamed or deleted.
    names: BTreeSet<MailboxId>,
    subscriptions: Whose,
    /// Where properties were set or removed.
    properties: BTreeMap<Option<MailboxId>, Whose>,
    /// The session itself changed a name.
    own: bool,
}

/// Who changed something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    #[default]
    Nobody,
    Own,
    Others,
}

impl Touched {
    fn is_nothing(&self) -> bool {
        let untouched = self.messages.is_empty() && self.names.is_empty() && !self.own;
        untouched && self.subscriptions == Whose::Nobody && self.properties.is_empty()
    }

    fn record(&mut self, record: &Record, me: SessionId) {
        let own = record.by == me;
        for entry in &record.entries {
            match &entry.event {
                Event::Mailbox(MailboxEvent::Subscribed) => {
                    let whose = if own { Whose::Own } else { Whose::Others };
                    if self.subscriptions != Whose::Others {
                        self.subscriptions = whose;
                    }
                }
                Event::Property => {
                    let at = Some(entry.mailbox).filter(|id| *id != MailboxId::NONE);
                    let whose = self.properties.entry(at).or_default();
                    *whose = if own { (*whose).max(Whose::Own) } else { Whose::Others };
                }
                Event::Mailbox(_) if own => self.own = true,
                Event::Mailbox(_) => drop(self.names.insert(entry.mailbox)),
                event if !own => self.messages(entry.mailbox, event),
                _ => {}
            }
        }
    }

    fn messages(&mut self, mailbox: MailboxId, event: &Event) {
        let messages = match event {
            Event::Arrived(_) => Messages { arrived: true, ..Messages::default() },
            Event::Expunged(_) => Messages { expunged: true, ..Messages::default() },
            Event::Flags(_) => Messages { flags: true, ..Messages::default() },
            _ => return,
        };
        let all = self.messages.entry(mailbox).or_default();
        all.arrived |= messages.arrived;
        all.expunged |= messages.expunged;
        all.flags |= messages.flags;
    }

    /// Names first, so that a mailbox is known when its messages are told of.
    fn happenings(self, before: &Known, now: &Known) -> Vec<Happening> {
        let mut happenings = Vec::new();
        let mut affected = BTreeSet::new();
        for id in &self.names {
            match (before.name(*id), now.name(*id)) {
                (Some(old), Some(new)) if old.name == new.name => {
                    affected.insert(new.name.clone());
                }
                (Some(old), Some(new)) if old.parent != new.parent || !same_leaf(old, new) => {
                    happenings.push(renamed(old, new));
                }
                (Some(_), Some(_)) | (None, None) => {}
                (Some(gone), None) => affect(&mut affected, &gone.name),
                (None, Some(new)) => affect(&mut affected, &new.name),
            }
        }
        happenings.extend(affected.into_iter().map(Happening::Name));
        if self.subscriptions == Whose::Others {
            let changed = before.subscriptions.symmetric_difference(&now.subscriptions);
            happenings.extend(changed.cloned().map(Happening::Subscription));
        }
        let present = self.messages.into_iter().filter(|(id, _)| now.name(*id).is_some());
        happenings.extend(present.map(|(id, messages)| Happening::Messages(id, messages)));
        happenings
    }
}

fn renamed(old: &Place, new: &Place) -> Happening {
    Happening::Renamed { from: old.name.clone(), to: new.name.clone() }
}

fn same_leaf(old: &Place, new: &Place) -> bool {
    old.name.rsplit(SEPARATOR).next() == new.name.rsplit(SEPARATOR).next()
}

/// A mailbox that comes or goes affects its parent too (RFC 5465 5.4).
fn affect(affected: &mut BTreeSet<String>, name: &str) {
    affected.insert(name.to_owned());
    if let Some((parent, _)) = name.rsplit_once(SEPARATOR) {
        affected.insert(parent.to_owned());
    }
}
