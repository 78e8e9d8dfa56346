//! A mailbox that a session has selected: its view, and what keeps it current.

mod changes;

use crate::actor::Actor;
use crate::error::Error;
use crate::flags::FlagUpdate;
use crate::id::{AccountId, MailboxId, MailboxKey, SessionId};
use crate::journal::Replay;
use crate::mailbox::{INBOX, Mailbox};
use crate::mailstore::Mailstore;
use crate::message::{Row, Want};
use crate::store::{Opened, Page, Watch};
use crate::uid::{ModSeq, Seq, Uid, UidArray, UidSet};
use crate::view::{Expunged, Update, View};

/// Most records read from the journal at once.
const JOURNAL_PAGE: usize = 1_000;

/// SELECT or EXAMINE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// SELECT.
    ReadWrite,
    /// EXAMINE.
    ReadOnly,
}

/// What a session tells its client, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Messages went away; all notices before this one are taken into account in their numbers.
    Expunged(Expunged),
    /// The mailbox has that many messages now.
    Exists {
        /// How many.
        count: u32,
        /// Which are new.
        arrived: UidSet,
    },
    /// A message's flags are these now.
    Flags {
        /// Its number.
        seq: Seq,
        /// Its row.
        row: Row,
    },
    /// The mailbox was deleted.
    Gone,
}

/// A session's view of a mailbox.
///
/// It shows the same messages under the same numbers until [`Selected::sync`], however much happens
/// meanwhile; what was expunged can still be read.
#[derive(Debug)]
pub struct Selected {
    store: Mailstore,
    by: Actor,
    view: View,
    watch: Watch,
    access: Access,
    /// Whose changes to flags the client knows of already: the session's own, unless the outcome
    /// of one is unknown.
    known: SessionId,
    /// What is `\Recent` in this session.
    recent: UidSet,
    /// UIDVALIDITY.
    uid_validity: u32,
    /// Messages of the view whose flags are still to be told.
    untold: Option<Untold>,
}

/// Flags that changed, as the view has it, and were not told.
#[derive(Clone, Debug)]
struct Untold {
    /// Of which messages.
    uids: UidSet,
    /// Only of those with a higher MODSEQ than this.
    since: ModSeq,
    /// How far all was told.
    told: ModSeq,
}

impl Selected {
    pub(crate) async fn open(
        store: &Mailstore,
        by: Actor,
        mailbox: MailboxId,
        access: Access,
    ) -> Result<Option<(Self, Mailbox)>, Error> {
        let at = MailboxKey { account: by.account, mailbox };
        // Watch first, then open: whatever commits in between is after the snapshot and is
        // replayed.
        let watch = store.beacon().watch(by.account);
        let opened = store.open(at).await?;
        Self::enter(store, by, (opened, watch), access).await
    }

    pub(crate) async fn open_named(
        store: &Mailstore,
        by: Actor,
        name: &str,
        access: Access,
    ) -> Result<Option<(Self, Mailbox)>, Error> {
        let watch = store.beacon().watch(by.account);
        let opened = store.open_named(by.account, name).await?;
        Self::enter(store, by, (opened, watch), access).await
    }

    async fn enter(
        store: &Mailstore,
        by: Actor,
        (opened, watch): (Option<Opened>, Watch),
        access: Access,
    ) -> Result<Option<(Self, Mailbox)>, Error> {
        let Some(opened) = opened else { return Ok(None) };
        let at = MailboxKey { account: by.account, mailbox: opened.mailbox.id };
        let mut selected = Self {
            store: store.clone(),
            by,
            view: View::new(at, &opened),
            watch,
            access,
            known: by.session,
            recent: UidSet::new(),
            uid_validity: opened.mailbox.uid_validity,
            untold: None,
        };
        let head = &opened.mailbox;
        match access {
            // What is recent is so to who holds the account.
            _ if by.is_guest() => selected.recent = numbers(head.recent_from, ALL),
            Access::ReadOnly => selected.recent = numbers(head.recent_from, ALL),
            Access::ReadWrite if head.recent_from < head.uid_next => {
                selected.take_recent(head.uid_next).await?;
            }
            Access::ReadWrite => {}
        }
        Ok(Some((selected, opened.mailbox)))
    }

    /// Takes what is `\Recent` below that UID, so that no other session sees it so.
    async fn take_recent(&mut self, below: u64) -> Result<(), Error> {
        let mailbox = self.view.mailbox().mailbox;
        let from = self.store.take_recent(self.by, mailbox, below).await?;
        self.recent = self.recent.union(&numbers(from, below));
        Ok(())
    }

    /// The store.
    pub fn store(&self) -> &Mailstore {
        &self.store
    }

    /// The session.
    pub fn by(&self) -> Actor {
        self.by
    }

    /// The mailbox.
    pub fn mailbox(&self) -> MailboxKey {
        self.view.mailbox()
    }

    /// SELECT or EXAMINE?
    pub fn access(&self) -> Access {
        self.access
    }

    /// Its UIDVALIDITY.
    pub fn uid_validity(&self) -> u32 {
        self.uid_validity
    }

    /// The UIDs, in the order of their numbers.
    pub fn uids(&self) -> &UidArray {
        self.view.uids()
    }

    /// What the client has been told of: HIGHESTMODSEQ.
    pub fn modseq(&self) -> ModSeq {
        self.untold.as_ref().map_or(self.view.modseq(), |untold| untold.told)
    }

    /// The view.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Is this message `\Recent` in this session?
    pub fn is_recent(&self, uid: Uid) -> bool {
        self.recent.contains(uid)
    }

    /// How many messages are `\Recent` in this session.
    pub fn recent(&self) -> u32 {
        self.uids().intersection(&self.recent).len() as u32
    }

    /// The mailbox as it is now, which may be ahead of the view.
    pub async fn present(&self) -> Result<Option<Opened>, Error> {
        self.store.open(self.view.mailbox()).await
    }

    /// Brings the view up to date and says what to tell. Always reads the journal, beacon or not.
    ///
    /// If it fails, or is dropped half-way, the view is as it was.
    pub async fn sync(&mut self) -> Result<Vec<Notice>, Error> {
        let (view, mut untold, mut notices) = self.ahead().await?;
        while untold.is_some() {
            notices.extend(self.flags_of(&view, &mut untold).await?);
        }
        self.settle(view, untold, &notices).await;
        Ok(notices)
    }

    /// As [`sync`](Self::sync), but for the flags: those are told by [`flags`](Self::flags), which
    /// is to be called next, until it says that there are no more. So however many messages were
    /// flagged, a page of them is in memory.
    pub async fn news(&mut self) -> Result<Vec<Notice>, Error> {
        let (view, untold, notices) = self.ahead().await?;
        self.settle(view, untold, &notices).await;
        Ok(notices)
    }

    /// Some of the flags that are to be told; `None` when all have been. If it fails, or is dropped
    /// half-way, it may be called again, now or after more [`news`](Self::news).
    pub async fn flags(&mut self) -> Result<Option<Vec<Notice>>, Error> {
        if self.untold.is_none() {
            return Ok(None);
        }
        let mut untold = self.untold.clone();
        let notices = self.flags_of(&self.view, &mut untold).await?;
        self.untold = untold;
        Ok(Some(notices))
    }

    /// The view as it is to be, and what is to be told then: flags apart from all else. On a copy:
    /// what could not be told must not have happened.
    async fn ahead(&self) -> Result<(View, Option<Untold>, Vec<Notice>), Error> {
        let mut view = self.view.clone();
        let updates = self.replay(&mut view).await?;
        let mut untold = self.untold.clone();
        let mut notices = Vec::with_capacity(updates.len());
        for update in updates {
            match update {
                Update::Expunged(gone) => notices.push(Notice::Expunged(gone)),
                Update::Exists { count, arrived } => {
                    notices.push(Notice::Exists { count, arrived });
                }
                Update::Flags(uids) => self.owe(&mut untold, (uids, ModSeq::ZERO)),
                Update::FlagsSince(since) => self.owe(&mut untold, (view.uids().to_set(), since)),
                Update::Gone => notices.push(Notice::Gone),
            }
        }
        Ok((view, untold, notices))
    }

    /// Flags of these messages are to be told, too; rather too many than too few.
    fn owe(&self, untold: &mut Option<Untold>, (uids, since): (UidSet, ModSeq)) {
        *untold = Some(match untold.take() {
            None => Untold { uids, since, told: self.view.modseq() },
            Some(before) => Untold {
                uids: before.uids.union(&uids),
                since: before.since.min(since),
                told: before.told,
            },
        });
    }

    /// The view is this one now.
    async fn settle(&mut self, view: View, untold: Option<Untold>, notices: &[Notice]) {
        if let Some(last) = last_arrived(notices)
            && self.access == Access::ReadWrite
            && !self.by.is_guest()
        {
            // What could not be taken is not shown as recent; that is all.
            if let Err(error) = self.take_recent(u64::from(last.get()) + 1).await {
                tracing::warn!(%error, "what is recent was not taken");
            }
        }
        (self.view, self.untold) = (view, untold);
    }

    /// STORE. Returns the UIDs whose flags changed, and those that UNCHANGEDSINCE passed over.
    ///
    /// Of flags that a session changed this way [`Selected::sync`] says nothing, as the caller
    /// knows them. If this fails, or is dropped half-way, nobody knows; from then on `sync` tells
    /// the session of its own changes too.
    pub async fn flag(
        &mut self,
        uids: UidSet,
        change: (FlagUpdate, Option<ModSeq>),
    ) -> Result<(UidSet, UidSet), Error> {
        let known = std::mem::replace(&mut self.known, SessionId::NONE);
        let mailbox = self.view.mailbox().mailbox;
        let done = self.store.flag(self.by, mailbox, uids, change).await;
        if let Ok(_) | Err(Error::Refused(_)) = done {
            self.known = known;
        }
        done
    }

    /// Waits until the beacon says that the account moved on. May come for nothing, may fail to
    /// come: the caller adds a timer of its own.
    pub async fn changed(&mut self) {
        let seen = self.view.cursor();
        self.watch.past(seen).await;
    }

    /// Messages of the view, by UID; also those expunged since.
    pub async fn fetch(&self, uids: &UidSet, want: Want) -> Result<Page, Error> {
        Ok(self.store.fetch(self.view.mailbox(), uids, want).await?)
    }

    async fn replay(&self, view: &mut View) -> Result<Vec<Update>, Error> {
        let at = view.mailbox();
        let ledger = self.store.ledger();
        let mut cursor = view.cursor();
        let mut replaying = view.replay(self.known);
        loop {
            let mailbox = Some(at.mailbox);
            match ledger.journal(at.account, cursor, mailbox, JOURNAL_PAGE).await? {
                Replay::Records { records, upto, more } => {
                    records.iter().for_each(|record| replaying.record(record));
                    cursor = upto;
                    if !more {
                        return Ok(replaying.finish(cursor));
                    }
                }
                Replay::Trimmed => break,
            }
        }
        let mut updates = replaying.finish(cursor);
        match self.store.open(at).await? {
            Some(opened) => updates.extend(view.resync(&opened)),
            None => updates.extend(view.lost(self.store.mailboxes(at.account).await?.head.modseq)),
        }
        Ok(updates)
    }

    /// A page of the flags that are to be told, which are fewer then.
    async fn flags_of(
        &self,
        view: &View,
        untold: &mut Option<Untold>,
    ) -> Result<Vec<Notice>, Error> {
        let Some(owed) = untold else { return Ok(Vec::new()) };
        let page = self.fetch(&owed.uids, Want::Row).await?;
        let rows = page.messages.into_iter().map(|fetched| fetched.row);
        let told = rows.filter(|row| row.modseq > owed.since).filter_map(|row| {
            let seq = view.uids().seq(row.uid)?;
            Some(Notice::Flags { seq, row })
        });
        let notices = told.collect();
        owed.uids = page.rest;
        if owed.uids.is_empty() {
            *untold = None;
        }
        Ok(notices)
    }
}

impl Mailstore {
    /// As [`Self::select_with_head`], by the full name of a mailbox.
    pub async fn select_named(
        &self,
        by: Actor,
        name: &str,
        access: Access,
    ) -> Result<Option<(Selected, Mailbox)>, Error> {
        Selected::open_named(self, by, name, access).await
    }

    /// As [`Self::open`], by its full name.
    async fn open_named(&self, account: AccountId, name: &str) -> Result<Option<Opened>, Error> {
        if name.eq_ignore_ascii_case(INBOX) {
            return self.open(MailboxKey { account, mailbox: MailboxId::INBOX }).await;
        }
        if let Some(opened) = self.ledger().open_named(account, name).await? {
            return Ok(Some(opened));
        }
        // A new account gets its first mailboxes first.
        match self.mailboxes(account).await?.find(name).map(|mailbox| mailbox.id) {
            Some(mailbox) => self.open(MailboxKey { account, mailbox }).await,
            None => Ok(None),
        }
    }
}

/// Beyond the last UID, as a number.
const ALL: u64 = 1 << 32;

/// The UIDs from a number to below another.
fn numbers(from: u64, below: u64) -> UidSet {
    let uid = |number: u64| u32::try_from(number).ok().and_then(Uid::new);
    match (uid(from.max(1)), uid(below.saturating_sub(1))) {
        (Some(first), Some(last)) if first <= last => UidSet::range(first..=last),
        _ => UidSet::new(),
    }
}

/// The highest UID that is new.
fn last_arrived(notices: &[Notice]) -> Option<Uid> {
    let last = |notice: &Notice| match notice {
        Notice::Exists { arrived, .. } => arrived.ranges().last().map(|range| *range.end()),
        _ => None,
    };
    notices.iter().filter_map(last).max()
}
