//! `View::replay` by itself: however the journal is cut, the array ends the same, and every number
//! told is right when it is told.

use std::collections::BTreeSet;

use mailstore::change::Outcome;
use mailstore::id::{ChangeId, MailboxId, MailboxKey, SessionId};
use mailstore::journal::{Entry, Event, MailboxEvent, Record};
use mailstore::mailbox::{Counts, Mailbox, MailboxState};
use mailstore::store::Opened;
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, Uid, UidArray, UidSet};
use mailstore::view::{Update, View};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::client::account;

const OTHER: MailboxId = MailboxId(2);

/// A mailbox's life: what each commit did, and what was left after it.
#[derive(Clone, Debug, Default)]
struct History {
    records: Vec<Record>,
    /// UIDs after each commit; the first is before all.
    states: Vec<BTreeSet<u32>>,
    uid_next: u32,
}

#[derive(Clone, Debug)]
enum Deed {
    Arrive(u32),
    Expunge(Vec<Index>),
    Flag(Vec<Index>),
    /// Arrivals and departures in one commit: a MOVE within the mailbox.
    Move(Vec<Index>),
    Elsewhere,
    Subscribe,
}

fn deed() -> impl Strategy<Value = (Deed, u64)> {
    let some = || proptest::collection::vec(any::<Index>(), 1..6);
    let deed = prop_oneof![
        3 => (1..5_u32).prop_map(Deed::Arrive),
        3 => some().prop_map(Deed::Expunge),
        3 => some().prop_map(Deed::Flag),
        1 => some().prop_map(Deed::Move),
        1 => Just(Deed::Elsewhere),
        1 => Just(Deed::Subscribe),
    ];
    (deed, 0..3_u64)
}

fn history() -> impl Strategy<Value = History> {
    proptest::collection::vec(deed(), 0..40).prop_map(|deeds| {
        let mut history = History { uid_next: 1, ..History::default() };
        history.states.push(BTreeSet::new());
        deeds.into_iter().for_each(|(deed, by)| history.go_on(&deed, SessionId(by)));
        history
    })
}

impl History {
    fn go_on(&mut self, deed: &Deed, by: SessionId) {
        let mut now = self.states.last().unwrap().clone();
        let inbox = |event| Entry { mailbox: MailboxId::INBOX, event };
        let entries = match deed {
            Deed::Arrive(count) => vec![inbox(self.arrive(&mut now, *count))],
            Deed::Expunge(some) => vec![inbox(Event::Expunged(take(&mut now, some)))],
            Deed::Flag(some) => vec![inbox(Event::Flags(take(&mut now.clone(), some)))],
            Deed::Move(some) => {
                let gone = take(&mut now, some);
                let arrived = self.arrive(&mut now, gone.len().max(1) as u32);
                vec![inbox(arrived), inbox(Event::Expunged(gone))]
            }
            Deed::Elsewhere => {
                let uid = Uid::new(self.uid_next + 7).unwrap();
                vec![Entry { mailbox: OTHER, event: Event::Arrived(uid..=uid) }]
            }
            Deed::Subscribe => vec![inbox(Event::Mailbox(MailboxEvent::Subscribed))],
        };
        self.records.push(Record {
            modseq: ModSeq(self.records.len() as u64 + 1),
            change: ChangeId(self.records.len() as u128),
            by,
            at: Timestamp::from_millis(0),
            entries,
            outcome: Outcome::Done,
        });
        self.states.push(now);
    }

    fn arrive(&mut self, now: &mut BTreeSet<u32>, count: u32) -> Event {
        let first = self.uid_next;
        self.uid_next += count;
        now.extend(first..self.uid_next);
        Event::Arrived(Uid::new(first).unwrap()..=Uid::new(self.uid_next - 1).unwrap())
    }

    /// What `open` said after so many commits.
    fn opened(&self, commits: usize) -> Opened {
        let touched = self.records[..commits].iter().rev().find(|record| {
            let told = |entry: &Entry| {
                let of_mailbox = matches!(entry.event, Event::Mailbox(_));
                entry.mailbox == MailboxId::INBOX && !of_mailbox
            };
            record.entries.iter().any(told)
        });
        let uids: UidSet = self.states[commits].iter().filter_map(|uid| Uid::new(*uid)).collect();
        let modseq = touched.map_or(ModSeq::ZERO, |record| record.modseq);
        let given = touched_and_gone(&self.records[..commits]).last().map_or(0, Uid::get);
        Opened {
            mailbox: Mailbox { uid_next: u64::from(given) + 1, ..mailbox(modseq) },
            uids: UidArray::from_set(&uids),
            cursor: ModSeq(commits as u64),
        }
    }

    fn view(&self, commits: usize) -> View {
        View::new(key(), &self.opened(commits))
    }
}

/// Takes some of the UIDs away, at least one if there are any.
fn take(now: &mut BTreeSet<u32>, some: &[Index]) -> UidSet {
    let all: Vec<u32> = now.iter().copied().collect();
    if all.is_empty() {
        return UidSet::new();
    }
    let taken: BTreeSet<u32> = some.iter().map(|index| *index.get(&all)).collect();
    now.retain(|uid| !taken.contains(uid));
    taken.into_iter().filter_map(Uid::new).collect()
}

fn key() -> MailboxKey {
    MailboxKey { account: account(), mailbox: MailboxId::INBOX }
}

fn mailbox(modseq: ModSeq) -> Mailbox {
    Mailbox {
        id: MailboxId::INBOX,
        parent: None,
        leaf: "INBOX".to_owned(),
        special_use: None,
        state: MailboxState::Live,
        uid_validity: 1,
        uid_next: 1,
        modseq,
        counts: Counts::default(),
        recent_from: 1,
        keywords: Vec::new(),
    }
}

/// What a client holds that numbers messages by what it is told.
#[derive(Debug, Default)]
struct Numbered(Vec<u32>);

impl Numbered {
    fn of(view: &View) -> Self {
        Self(view.uids().iter().map(Uid::get).collect())
    }

    /// Applies updates; every number, count and UID must be right when it comes.
    fn hear(&mut self, updates: &[Update]) -> UidSet {
        let mut flagged = UidSet::new();
        let mut exists = 0;
        for update in updates {
            match update {
                Update::Expunged(gone) => {
                    assert_eq!(exists, 0, "numbers go down before they go up");
                    for (seq, uid) in gone.numbered() {
                        assert_eq!(self.0.remove(seq.get() as usize - 1), uid.get());
                    }
                }
                Update::Exists { count, arrived } => {
                    exists += 1;
                    self.0.extend(arrived.iter().map(Uid::get));
                    assert_eq!(self.0.len(), *count as usize);
                    assert!(self.0.is_sorted_by(|a, b| a < b), "UIDs are announced ascending");
                }
                Update::Flags(uids) => flagged = flagged.union(uids),
                Update::FlagsSince(_) | Update::Gone => {}
            }
        }
        assert!(exists <= 1, "one EXISTS a batch");
        assert!(flagged.iter().all(|uid| self.0.contains(&uid.get())));
        flagged
    }
}

fn replay(view: &mut View, records: &[Record], me: u64) -> Vec<Update> {
    let mut replaying = view.replay(SessionId(me));
    records.iter().for_each(|record| replaying.record(record));
    replaying.finish(records.last().map_or(ModSeq::ZERO, |record| record.modseq))
}

proptest! {
    #[test]
    fn any_split_ends_the_same(
        history in history(),
        start in any::<Index>(),
        cuts in proptest::collection::vec(any::<Index>(), 0..6),
        me in 0..3_u64,
    ) {
        let start = start.index(history.records.len() + 1);
        let mut cuts: Vec<usize> =
            cuts.iter().map(|cut| start + cut.index(history.records.len() - start + 1)).collect();
        cuts.extend([start, history.records.len()]);
        cuts.sort_unstable();
        let mut view = history.view(start);
        let mut heard = Numbered::of(&view);
        for pair in cuts.windows(2) {
            let updates = replay(&mut view, &history.records[pair[0]..pair[1]], me);
            heard.hear(&updates);
            prop_assert_eq!(&heard.0, &Numbered::of(&view).0);
            let expected: Vec<u32> = history.states[pair[1]].iter().copied().collect();
            prop_assert_eq!(&heard.0, &expected);
        }
        let end = history.view(history.records.len());
        prop_assert_eq!(view.modseq(), end.modseq());
        prop_assert_eq!(view.cursor(), end.cursor());
        // What has been read once changes nothing when it is read again.
        prop_assert_eq!(replay(&mut view, &history.records, me), []);
    }

    #[test]
    fn what_others_flagged_is_told(history in history(), start in any::<Index>(), me in 0..3_u64) {
        let start = start.index(history.records.len() + 1);
        let mut view = history.view(start);
        let known = view.uids().to_set();
        let mut heard = Numbered::of(&view);
        let flagged = heard.hear(&replay(&mut view, &history.records[start..], me));
        let mut expected = UidSet::new();
        for record in &history.records[start..] {
            for entry in &record.entries {
                if let Event::Flags(uids) = &entry.event
                    && (record.by.0 != me || me == 0)
                {
                    expected = expected.union(uids);
                }
            }
        }
        // Of those that are new the client fetches the flags anyway.
        let still_there = view.uids().intersection(&known);
        prop_assert_eq!(flagged, expected.intersection(&still_there));
    }

    #[test]
    fn a_resync_is_a_fresh_open(
        history in history(),
        start in any::<Index>(),
        part in any::<Index>(),
    ) {
        let start = start.index(history.records.len() + 1);
        let mut view = history.view(start);
        let mut heard = Numbered::of(&view);
        // Some may have been read before the journal turned out to be trimmed.
        let read = start + part.index(history.records.len() - start + 1);
        heard.hear(&replay(&mut view, &history.records[start..read], 1));
        let before = view.modseq();
        let opened = history.opened(history.records.len());
        let updates = view.resync(&opened);
        heard.hear(&updates);
        prop_assert_eq!(&view, &View::new(key(), &opened));
        prop_assert_eq!(&heard.0, &Numbered::of(&view).0);
        prop_assert_eq!(updates.last(), Some(&Update::FlagsSince(before)));
    }

    #[test]
    fn what_a_client_has_missed(
        history in history(),
        start in any::<Index>(),
        cut in any::<Index>(),
        sample in 1..5_usize,
    ) {
        let start = start.index(history.records.len() + 1);
        let cut = start + cut.index(history.records.len() - start + 1);
        let now = history.view(history.records.len());
        let (missed, held) = (&history.records[start..], history.view(start).uids().to_set());
        let mut gathering = now.changes();
        gathering.records(&history.records[start..cut]);
        gathering.records(&history.records[cut..]);
        let changes = gathering.finish();
        prop_assert_eq!(&changes.vanished, &expunged(missed).difference(&now.uids().to_set()));
        prop_assert_eq!(&changes.touched, &now.uids().intersection(&touched(missed)));
        prop_assert!(held.difference(&now.uids().to_set()).is_subset(&changes.vanished));
        // A trimmed journal tells more, never less, and nothing that is wrong.
        let trimmed = now.changes().trimmed();
        prop_assert!(changes.vanished.is_subset(&trimmed.vanished));
        prop_assert_eq!(&trimmed.touched, &now.uids().to_set());
        prop_assert_eq!(trimmed.vanished.intersection(&now.uids().to_set()), UidSet::new());
        // What client and view agree on hides nothing that the client has to hear.
        let numbers = || (1_u32..).zip(held.iter()).step_by(sample);
        let seqs: UidSet = numbers().filter_map(|(seq, _)| Uid::new(seq)).collect();
        let agreed = now.agreed(&seqs, &numbers().map(|(_, uid)| uid).collect());
        let told = changes.vanished.difference(&agreed);
        prop_assert!(held.difference(&now.uids().to_set()).is_subset(&told));
    }
}

fn touched_and_gone(records: &[Record]) -> UidSet {
    touched(records).union(&expunged(records))
}

fn touched(records: &[Record]) -> UidSet {
    events(records).fold(UidSet::new(), |all, event| match event {
        Event::Arrived(range) => all.union(&UidSet::range(range.clone())),
        Event::Flags(uids) => all.union(uids),
        _ => all,
    })
}

fn expunged(records: &[Record]) -> UidSet {
    events(records).fold(UidSet::new(), |all, event| match event {
        Event::Expunged(uids) => all.union(uids),
        _ => all,
    })
}

fn events(records: &[Record]) -> impl Iterator<Item = &Event> {
    let entries = records.iter().flat_map(|record| &record.entries);
    entries.filter(|entry| entry.mailbox == MailboxId::INBOX).map(|entry| &entry.event)
}

/// RFC 7162 3.2.5.2: only UIDs that can be divided by three are there, and the server remembers
/// nothing.
#[test]
fn numbers_and_uids_that_agree() {
    let uids: UidSet = (3..=30_012).step_by(3).filter_map(Uid::new).collect();
    let opened =
        Opened { mailbox: mailbox(ModSeq(9)), uids: UidArray::from_set(&uids), cursor: ModSeq(9) };
    let view = View::new(key(), &opened);
    let set = |numbers: &[u32]| numbers.iter().copied().filter_map(Uid::new).collect::<UidSet>();
    let up_to = |last| UidSet::range(Uid::MIN..=Uid::new(last).unwrap());
    let seqs: Vec<u32> = [5_000, 7_500, 9_000].into_iter().chain(9_990..=9_999).collect();
    let theirs: Vec<u32> = seqs.iter().map(|seq| seq * 3).collect();
    assert_eq!(view.agreed(&set(&seqs), &set(&theirs)), up_to(29_997));
    assert_eq!(view.agreed(&set(&[4, 8]), &set(&[12, 25])), up_to(12));
    assert_eq!(view.agreed(&set(&[4, 11_000]), &set(&[12, 33_000])), up_to(12));
    assert_eq!(view.agreed(&set(&[4]), &set(&[9])), UidSet::new());
    let vanished = view.changes().trimmed().vanished;
    assert_eq!(vanished.len(), 30_012 - 10_004);
}
