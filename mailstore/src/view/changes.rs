//! What happened to a mailbox since a MODSEQ that a client remembers: for a client that was away
//! (RFC 7162 3.2.5, 3.2.6) and for CHANGEDSINCE (RFC 7162 3.1.4).

use std::ops::RangeInclusive;

use super::{View, known_up_to};
use crate::journal::{Event, Record};
use crate::uid::{Seq, Uid, UidSet};

/// What happened to a mailbox since a MODSEQ, as far as a view shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Messages of the view that have arrived since, or whose flags may have changed. Where the
    /// journal no longer reaches back these are all; the MODSEQ of each row says which it was.
    pub touched: UidSet,
    /// UIDs that are gone. Where the journal no longer reaches back these are all that were given
    /// out and are not in the view. What is in the view is not among them: the session is told of
    /// its going in another way.
    pub vanished: UidSet,
}

impl View {
    /// Starts to gather what the records after some MODSEQ say. They may go on beyond the view:
    /// flags are as new as the rows, whatever the view shows.
    pub fn changes(&self) -> Gathering<'_> {
        Gathering { view: self, found: Changes::default() }
    }

    /// The UIDs that a client holds rightly, up to the last of these pairs of a sequence number and
    /// a UID that the view has too: if as many messages stand before one as the client says, no
    /// message before it is gone that the client does not know of (RFC 7162 3.2.5.2).
    ///
    /// Both ascend and none is in them twice, so that no more of them are looked at than the view
    /// has messages.
    pub fn agreed(&self, seqs: &UidSet, uids: &UidSet) -> UidSet {
        let within = seqs.iter().take_while(|seq| seq.get() <= self.uids.len());
        let same = within.zip(uids.iter()).filter(|(number, uid)| {
            let seq = Seq::new(number.get());
            seq.and_then(|seq| self.uids.uid(seq)) == Some(*uid)
        });
        known_up_to(same.last().map(|(_, uid)| uid))
    }

    /// The highest UID that was given out, as far as the view knows.
    pub fn highest(&self) -> Option<Uid> {
        self.highest
    }
}

/// Changes that are being gathered from the journal.
#[derive(Debug)]
pub struct Gathering<'a> {
    view: &'a View,
    found: Changes,
}

impl Gathering<'_> {
    /// Takes in some records. However many there are, what is kept of them is no larger than the
    /// view and what has gone from it.
    pub fn records(&mut self, records: &[Record]) {
        let mailbox = self.view.mailbox.mailbox;
        let entries = records.iter().flat_map(|record| &record.entries);
        let events = entries.filter(|entry| entry.mailbox == mailbox).map(|entry| &entry.event);
        let (mut touched, mut vanished) = (Vec::new(), Vec::new());
        for event in events {
            match event {
                Event::Arrived(range) => touched.push(range.clone()),
                Event::Flags(uids) => touched.extend(uids.ranges()),
                Event::Expunged(uids) => vanished.extend(uids.ranges()),
                Event::Mailbox(_) | Event::Property => {}
            }
        }
        self.add(touched, vanished);
    }

    fn add(&mut self, touched: Vec<RangeInclusive<Uid>>, vanished: Vec<RangeInclusive<Uid>>) {
        let touched = self.view.uids.intersection(&UidSet::from_ranges(touched));
        let vanished = UidSet::from_ranges(vanished);
        let still_there = self.view.uids.intersection(&vanished);
        self.found.touched = self.found.touched.union(&touched);
        self.found.vanished = self.found.vanished.union(&vanished.difference(&still_there));
    }

    /// The journal has been read to its end.
    pub fn finish(self) -> Changes {
        self.found
    }

    /// The journal does not reach back: what is not there must have gone, and any message may have
    /// changed.
    pub fn trimmed(self) -> Changes {
        let View { uids, highest, .. } = self.view;
        Changes {
            touched: uids.to_set(),
            vanished: highest.map(|highest| uids.complement(highest)).unwrap_or_default(),
        }
    }
}
