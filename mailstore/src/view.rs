//! What a session knows of a mailbox. It changes only by replaying the journal, one entry at a time,
//! so that any host can serve any session.

mod changes;
mod expunged;

use std::ops::RangeInclusive;

pub use changes::{Changes, Gathering};
pub use expunged::Expunged;

use crate::id::{MailboxKey, SessionId};
use crate::journal::{Event, MailboxEvent, Record};
use crate::store::Opened;
use crate::uid::{ModSeq, Uid, UidArray, UidSet};

/// A mailbox as a session has been told it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    mailbox: MailboxKey,
    uids: UidArray,
    /// The highest UID ever given out, as far as this view knows: none up to it arrives again.
    highest: Option<Uid>,
    modseq: ModSeq,
    cursor: ModSeq,
    /// The mailbox was deleted, and that was told.
    gone: bool,
}

/// What a session must be told, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// Messages went away.
    Expunged(Expunged),
    /// The mailbox now has that many messages.
    Exists {
        /// Its size.
        count: u32,
        /// The UIDs that are new.
        arrived: UidSet,
    },
    /// The flags of these messages changed; read them and tell their present state.
    Flags(UidSet),
    /// The flags of messages with a MODSEQ above this may have changed; the journal no longer
    /// says which.
    FlagsSince(ModSeq),
    /// The mailbox was deleted.
    Gone,
}

impl View {
    /// The view of a session that has just selected the mailbox.
    pub fn new(mailbox: MailboxKey, opened: &Opened) -> Self {
        Self {
            mailbox,
            uids: opened.uids.clone(),
            highest: highest(opened),
            modseq: opened.mailbox.modseq,
            cursor: opened.cursor,
            gone: false,
        }
    }

    /// The mailbox.
    pub fn mailbox(&self) -> MailboxKey {
        self.mailbox
    }

    /// The UIDs, in the order of their numbers.
    pub fn uids(&self) -> &UidArray {
        &self.uids
    }

    /// The last change to the mailbox that the view shows: the only MODSEQ ever told as
    /// HIGHESTMODSEQ (RFC 7162 3.2).
    pub fn modseq(&self) -> ModSeq {
        self.modseq
    }

    /// How far the account's journal has been read.
    pub fn cursor(&self) -> ModSeq {
        self.cursor
    }

    /// Starts a replay for the session `me`, which has been told of its own changes to flags;
    /// [`SessionId::NONE`] is told of all.
    pub fn replay(&mut self, me: SessionId) -> Replaying<'_> {
        let (before, highest) = (self.uids.clone(), self.highest);
        Replaying {
            view: self,
            me,
            before,
            highest,
            gone: Vec::new(),
            flagged: Vec::new(),
            lost: None,
        }
    }

    /// The journal does not reach back to this view: tells the difference to the present state.
    pub fn resync(&mut self, opened: &Opened) -> Vec<Update> {
        let since = self.modseq;
        let (old, new) = (self.uids.to_set(), opened.uids.to_set());
        let mut replaying = self.replay(SessionId::NONE);
        replaying.expunge(&old.difference(&new));
        for range in new.difference(&old).ranges() {
            replaying.arrive(range);
        }
        let mut updates = replaying.finish(opened.cursor);
        updates.push(Update::FlagsSince(since));
        self.modseq = opened.mailbox.modseq;
        self.highest = highest(opened);
        // Arrivals are always above all older UIDs, so the array now equals the opened one.
        debug_assert_eq!(self.uids, opened.uids);
        updates
    }

    /// The journal does not reach back to this view, and the mailbox is there no more: at that place
    /// of the account's line, or before. It is told once.
    pub fn lost(&mut self, cursor: ModSeq) -> Option<Update> {
        self.cursor = self.cursor.max(cursor);
        (!std::mem::replace(&mut self.gone, true)).then_some(Update::Gone)
    }
}

/// The highest UID given out before a mailbox was opened.
fn highest(opened: &Opened) -> Option<Uid> {
    let given = u32::try_from(opened.mailbox.uid_next.saturating_sub(1)).ok().and_then(Uid::new);
    given.max(opened.uids.last())
}

/// All UIDs up to this one.
fn known_up_to(highest: Option<Uid>) -> UidSet {
    highest.map(|highest| UidSet::range(Uid::MIN..=highest)).unwrap_or_default()
}

/// A replay under way: takes records one by one, then says what must be told.
#[derive(Debug)]
pub struct Replaying<'a> {
    view: &'a mut View,
    me: SessionId,
    /// The messages that the client believes there are.
    before: UidArray,
    /// The highest UID before this replay. What is above it has arrived in it and is not yet told.
    highest: Option<Uid>,
    /// Gone of those before, in the order of the records: put in order once, at the end.
    gone: Vec<RangeInclusive<Uid>>,
    /// Flagged by others, likewise.
    flagged: Vec<RangeInclusive<Uid>>,
    /// The mailbox was deleted.
    lost: Option<Update>,
}

impl Replaying<'_> {
    /// Replays a record: those of its entries that are about this mailbox.
    pub fn record(&mut self, record: &Record) {
        if record.modseq <= self.view.cursor {
            return;
        }
        for entry in &record.entries {
            if entry.mailbox == self.view.mailbox.mailbox {
                self.event(record, &entry.event);
            }
        }
    }

    fn event(&mut self, record: &Record, event: &Event) {
        match event {
            Event::Arrived(range) => self.arrive(range.clone()),
            Event::Expunged(uids) => self.expunge(uids),
            // A change of one's own has been told already, unless the client asked for silence.
            // Either way an entry of someone else brings the UID up again.
            Event::Flags(_) if self.is_own(record) => {}
            Event::Flags(uids) => self.flagged.extend(uids.ranges()),
            Event::Mailbox(MailboxEvent::Deleted) => {
                self.lost = self.view.lost(record.modseq).or(self.lost.take());
                return;
            }
            Event::Mailbox(_) | Event::Property => return,
        }
        self.view.modseq = record.modseq;
    }

    /// What nobody in particular did is nobody's own.
    fn is_own(&self, record: &Record) -> bool {
        record.by == self.me && self.me != SessionId::NONE
    }

    /// What is not above the highest is no arrival: UIDs never return.
    fn arrive(&mut self, range: RangeInclusive<Uid>) {
        let next = self.view.highest.map_or(Some(1), |highest| highest.get().checked_add(1));
        if let Some(next) = next.and_then(Uid::new) {
            self.view.highest = self.view.highest.max(Some(*range.end()));
            self.view.uids.push_range(next.max(*range.start())..=*range.end());
        }
    }

    fn expunge(&mut self, uids: &UidSet) {
        let gone = self.view.uids.intersection(uids);
        self.gone.extend(gone.intersection(&self.known()).ranges());
        self.view.uids.remove(&gone);
    }

    /// All UIDs that the client may know of.
    fn known(&self) -> UidSet {
        known_up_to(self.highest)
    }

    /// Ends the replay: the journal has been read up to `cursor`. What went away together, one EXISTS
    /// for all arrivals, and the last state of every message whose flags changed.
    pub fn finish(mut self, cursor: ModSeq) -> Vec<Update> {
        self.view.cursor = self.view.cursor.max(cursor);
        let mut updates = Vec::new();
        let gone = UidSet::from_ranges(std::mem::take(&mut self.gone));
        let told = u64::from(self.before.len()) - gone.len();
        if !gone.is_empty() {
            let before = std::mem::take(&mut self.before);
            updates.push(Update::Expunged(Expunged::new(before, gone)));
        }
        updates.extend(self.lost.take());
        let count = self.view.uids.len();
        let known = self.known();
        if u64::from(count) != told {
            let new = UidSet::range(Uid::MIN..=Uid::MAX).difference(&known);
            let arrived = self.view.uids.intersection(&new);
            updates.push(Update::Exists { count, arrived });
        }
        let flagged = UidSet::from_ranges(std::mem::take(&mut self.flagged)).intersection(&known);
        let flagged = self.view.uids.intersection(&flagged);
        if !flagged.is_empty() {
            updates.push(Update::Flags(flagged));
        }
        updates
    }
}
