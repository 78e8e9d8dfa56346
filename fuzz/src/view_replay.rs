//! A view that replays a journal: whatever the records say, numbers are right when they are told,
//! and the array ends the same however the journal is cut.

use mailstore::change::Outcome;
use mailstore::id::{AccountId, ChangeId, MailboxId, MailboxKey, SessionId};
use mailstore::journal::{Entry, Event, MailboxEvent, Record};
use mailstore::mailbox::{Counts, Mailbox, MailboxState};
use mailstore::store::Opened;
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, Uid, UidArray, UidSet};
use mailstore::view::{Update, View};

/// Three bytes make a record: what happened, from which UID, to how many.
pub(crate) fn run(data: &[u8]) {
    let records: Vec<Record> = data.chunks_exact(3).zip(1..).map(record).collect();
    let mut whole = view();
    tell(&mut whole, &records);
    let mut cut = view();
    let middle = records.len() * usize::from(data.last().copied().unwrap_or(0)) / 255;
    tell(&mut cut, &records[..middle]);
    tell(&mut cut, &records[middle..]);
    let mut stepwise = view();
    records.chunks(1).for_each(|one| tell(&mut stepwise, one));
    assert_eq!(whole, cut);
    assert_eq!(whole, stepwise);
}

fn record((bytes, modseq): (&[u8], u64)) -> Record {
    let [kind, from, more] = *bytes else { unreachable!() };
    let first = Uid::new(u32::from(from) + 1).unwrap_or(Uid::MIN);
    let last = Uid::new(first.get() + u32::from(more % 16)).unwrap_or(first);
    let sparse: UidSet = (first.get()..=last.get()).step_by(2).filter_map(Uid::new).collect();
    let event = match kind % 8 {
        0..=2 => Event::Arrived(first..=last),
        3 | 4 => Event::Expunged(if more < 128 { UidSet::range(first..=last) } else { sparse }),
        5 => Event::Flags(sparse),
        6 => Event::Mailbox(MailboxEvent::Subscribed),
        _ => Event::Property,
    };
    let mailbox = if kind & 0x80 == 0 { MailboxId::INBOX } else { MailboxId(2) };
    Record {
        modseq: ModSeq(modseq),
        change: ChangeId(u128::from(modseq)),
        by: SessionId(u64::from(kind >> 4 & 3)),
        at: Timestamp::from_millis(0),
        entries: vec![Entry { mailbox, event }],
        outcome: Outcome::Done,
    }
}

fn view() -> View {
    let mailbox = Mailbox {
        id: MailboxId::INBOX,
        parent: None,
        leaf: "INBOX".to_owned(),
        special_use: None,
        state: MailboxState::Live,
        uid_validity: 1,
        uid_next: 1,
        modseq: ModSeq::ZERO,
        counts: Counts::default(),
        recent_from: 1,
        keywords: Vec::new(),
    };
    let opened = Opened { mailbox, uids: UidArray::new(), cursor: ModSeq::ZERO };
    let account = AccountId::new(1).unwrap_or_else(|| unreachable!());
    View::new(MailboxKey { account, mailbox: MailboxId::INBOX }, &opened)
}

/// Replays, and hears what is told as a client does that counts.
fn tell(view: &mut View, records: &[Record]) {
    let mut heard: Vec<u32> = view.uids().iter().map(Uid::get).collect();
    let mut replaying = view.replay(SessionId(1));
    records.iter().for_each(|record| replaying.record(record));
    let cursor = records.last().map_or(ModSeq::ZERO, |record| record.modseq);
    for update in replaying.finish(cursor) {
        match update {
            Update::Expunged(gone) => {
                for (seq, uid) in gone.numbered() {
                    assert_eq!(heard.remove(seq.get() as usize - 1), uid.get());
                }
            }
            Update::Exists { count, arrived } => {
                heard.extend(arrived.iter().map(Uid::get));
                assert_eq!(heard.len(), count as usize);
                assert!(heard.is_sorted_by(|a, b| a < b));
            }
            Update::Flags(uids) => assert!(uids.iter().all(|uid| heard.contains(&uid.get()))),
            Update::FlagsSince(_) | Update::Gone => {}
        }
    }
    assert!(view.uids().iter().map(Uid::get).eq(heard));
}
