//! Replaying the journal onto a view of a million messages.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mailstore::change::Outcome;
use mailstore::id::{AccountId, ChangeId, MailboxId, MailboxKey, SessionId};
use mailstore::journal::{Entry, Event, Record};
use mailstore::mailbox::{Counts, Mailbox, MailboxState};
use mailstore::store::Opened;
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, Uid, UidArray, UidSet};
use mailstore::view::View;

const MESSAGES: u32 = 1_000_000;
const RECORDS: u32 = 1_000;

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn view() -> View {
    let mailbox = Mailbox {
        id: MailboxId::INBOX,
        parent: None,
        leaf: "INBOX".into(),
        special_use: None,
        state: MailboxState::Live,
        uid_validity: 1,
        uid_next: u64::from(MESSAGES) + 1,
        modseq: ModSeq::ZERO,
        counts: Counts::default(),
        recent_from: 1,
        keywords: Vec::new(),
    };
    let mut uids = UidArray::new();
    uids.push_range(uid(1)..=uid(MESSAGES));
    let key = MailboxKey { account: AccountId::new(1).unwrap(), mailbox: MailboxId::INBOX };
    View::new(key, &Opened { mailbox, uids, cursor: ModSeq::ZERO })
}

fn records(event: impl Fn(u32) -> Event) -> Vec<Record> {
    let record = |number| Record {
        modseq: ModSeq(u64::from(number)),
        change: ChangeId(u128::from(number)),
        by: SessionId(2),
        at: Timestamp::from_secs(0),
        entries: vec![Entry { mailbox: MailboxId::INBOX, event: event(number) }],
        outcome: Outcome::Done,
    };
    (1..=RECORDS).map(record).collect()
}

fn replay(c: &mut Criterion) {
    let mut group = c.benchmark_group("replay of 1,000 records");
    let scattered = |number: u32| UidSet::single(uid(number.wrapping_mul(7_919) % MESSAGES + 1));
    let kinds = [
        ("arrivals", records(|n| Event::Arrived(uid(MESSAGES + n)..=uid(MESSAGES + n)))),
        ("flags", records(|n| Event::Flags(scattered(n)))),
        ("expunges", records(|n| Event::Expunged(scattered(n)))),
    ];
    for (name, records) in kinds {
        group.bench_function(name, |b| {
            b.iter_batched(
                view,
                |mut view| {
                    let mut replaying = view.replay(SessionId(1));
                    records.iter().for_each(|record| replaying.record(record));
                    replaying.finish(ModSeq(u64::from(RECORDS)))
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
