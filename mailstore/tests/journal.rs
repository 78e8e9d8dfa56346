//! The journal's codec: any record comes back, nothing altered does, and what version 1 wrote is
//! read for ever. The body of the fuzz target `journal_codec` runs on its seeds too.
#![allow(clippy::unwrap_used, reason = "tests")]

use mailstore::change::Outcome;
use mailstore::id::{ChangeId, MailboxId, SessionId};
use mailstore::journal::codec::{decode, encode};
use mailstore::journal::{Entry, Event, MailboxEvent, Record};
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, Uid, UidSet};
use proptest::prelude::*;

#[path = "../../fuzz/src/journal_codec.rs"]
mod journal_codec;

fn uid() -> impl Strategy<Value = Uid> {
    prop_oneof![1..50_u32, Just(u32::MAX), any::<u32>().prop_map(|number| number.max(1))]
        .prop_map(|number| Uid::new(number).unwrap())
}

fn uids() -> impl Strategy<Value = UidSet> {
    proptest::collection::vec((uid(), uid()), 0..6)
        .prop_map(|pairs| UidSet::from_ranges(pairs.into_iter().map(|(a, b)| a.min(b)..=a.max(b))))
}

fn event() -> impl Strategy<Value = Event> {
    use MailboxEvent::{Created, Deleted, Renamed, Subscribed};
    let of_mailbox = proptest::sample::select(&[Created, Deleted, Renamed, Subscribed][..]);
    prop_oneof![
        (uid(), uid()).prop_map(|(a, b)| Event::Arrived(a.min(b)..=a.max(b))),
        uids().prop_map(Event::Flags),
        uids().prop_map(Event::Expunged),
        of_mailbox.prop_map(Event::Mailbox),
        Just(Event::Property),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Done),
        (any::<u32>(), uids())
            .prop_map(|(uid_validity, uids)| Outcome::Appended { uid_validity, uids }),
        (uids(), uids()).prop_map(|(changed, stale)| Outcome::Flagged { changed, stale }),
        uids().prop_map(|uids| Outcome::Expunged { uids }),
        (any::<u32>(), uids(), uids()).prop_map(|(uid_validity, from, to)| Outcome::Transferred {
            uid_validity,
            from,
            to
        }),
        any::<u32>().prop_map(|id| Outcome::Mailbox { id: MailboxId(id) }),
        any::<u64>().prop_map(|from| Outcome::Recent { from }),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let entry = (any::<u32>(), event())
        .prop_map(|(mailbox, event)| Entry { mailbox: MailboxId(mailbox), event });
    let entries = proptest::collection::vec(entry, 0..5);
    let ids = (any::<u64>(), any::<u128>(), any::<u64>(), any::<i64>());
    (ids, entries, outcome()).prop_map(|((modseq, change, by, at), entries, outcome)| Record {
        modseq: ModSeq(modseq),
        change: ChangeId(change),
        by: SessionId(by),
        at: Timestamp::from_millis(at),
        entries,
        outcome,
    })
}

proptest! {
    #[test]
    fn any_record_comes_back(record in record()) {
        let bytes = encode(&record);
        prop_assert_eq!(decode(&bytes), Ok(record));
        journal_codec::run(&bytes[..bytes.len() - 4]);
    }

    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        journal_codec::run(&bytes);
    }
}

/// What the first release wrote.
#[test]
fn version_one_is_read_for_ever() {
    let move_of_two = Record {
        modseq: ModSeq(300),
        change: ChangeId(0x0190_0000_0000_1111_2222_3333_4444_5555),
        by: SessionId(7),
        at: Timestamp::from_millis(1_700_000_000_123),
        entries: vec![
            Entry {
                mailbox: MailboxId(2),
                event: Event::Arrived(Uid::new(1000).unwrap()..=Uid::new(1001).unwrap()),
            },
            Entry {
                mailbox: MailboxId(1),
                event: Event::Expunged([5, 9].into_iter().filter_map(Uid::new).collect()),
            },
        ],
        outcome: Outcome::Transferred {
            uid_validity: 1_700_000_000,
            from: [5, 9].into_iter().filter_map(Uid::new).collect(),
            to: UidSet::range(Uid::new(1000).unwrap()..=Uid::new(1001).unwrap()),
        },
    };
    let hex: String = encode(&move_of_two).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, VERSION_ONE);
}

const VERSION_ONE: &str = "\
    01ac02019000000000111122223333444455550700000000000000f6a1abfef9\
    62020201e80701010302050004000480e2cfaa06020500040001e80701d0f189f3";

#[test]
fn seeds_and_what_is_near_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/journal_codec");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        seeds += 1;
        for at in 0..seed.len() {
            journal_codec::run(&seed[..at]);
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = seed.clone();
                changed[at] = byte;
                journal_codec::run(&changed);
            }
        }
        journal_codec::run(&seed);
    }
    assert!(seeds >= 5, "{seeds}");
}
