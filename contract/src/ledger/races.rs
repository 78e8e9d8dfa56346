//! Writers and readers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mailstore::change::{Op, Refusal};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, Keyword, SystemFlag};
use mailstore::journal::{Event, Replay};
use mailstore::mailbox::Quota;
use mailstore::message::Want;
use mailstore::store::CommitError;
use mailstore::uid::{ModSeq, UidSet};

use crate::Tested;
use crate::account::{Account, INBOX, add, all_uids, message, uids};

const WRITERS: u64 = 8;
const EACH: u64 = 25;

/// A reader that polls while others write sees each MODSEQ, one after the other, and in the end
/// exactly the messages that are there.
pub async fn readers_never_see_a_gap(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let writers: Vec<_> = (1..=WRITERS)
        .map(|number| {
            let account = account.of(number);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    account.append(INBOX, vec![message("x")]).await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let (mut seen, mut arrived) = (ModSeq(1), UidSet::new());
    while seen.0 < 1 + WRITERS * EACH {
        poll(&account, &mut seen, &mut arrived).await;
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    poll(&account, &mut seen, &mut arrived).await;
    let opened = account.open(INBOX).await;
    assert_eq!((opened.cursor, opened.uids.to_set()), (seen, arrived));
    assert_eq!(account.uids(INBOX).await, uids(1, (WRITERS * EACH) as u32));
}

/// Reads what is new; what it says has arrived must be readable.
async fn poll(account: &Account, seen: &mut ModSeq, arrived: &mut UidSet) {
    let found = account.ledger.journal(account.id, *seen, Some(INBOX), 7).await.unwrap();
    let Replay::Records { records, upto, .. } = found else { panic!("trimmed") };
    let mut new = UidSet::new();
    for record in &records {
        assert_eq!(record.modseq, seen.next(), "gap: {} follows {seen}", record.modseq);
        *seen = record.modseq;
        for entry in &record.entries {
            let Event::Arrived(range) = &entry.event else { panic!("{entry:?}") };
            assert!(arrived.last() < Some(*range.start()), "out of order");
            new.insert_range(range.clone());
            arrived.insert_range(range.clone());
        }
    }
    assert_eq!(upto, *seen, "the journal was read up to what it showed");
    let rows = account.fetch(INBOX, &new, Want::Row).await;
    assert_eq!(rows.len() as u64, new.len(), "what was announced is not readable");
}

/// Eight sessions, one message, a keyword each.
pub async fn no_update_is_lost(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 2).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let account = account.of(number + 1);
            tokio::spawn(async move {
                for step in 0..10 {
                    let keyword = Keyword::new(&format!("k{number}-{step}")).unwrap();
                    let flags = Flags::new([], [keyword]);
                    let update = FlagUpdate { mode: FlagMode::Add, flags };
                    assert_eq!(account.flag(INBOX, uids(1, 2), update).await, uids(1, 2));
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    for found in account.fetch(INBOX, &all_uids(), Want::Row).await {
        assert_eq!(found.row.flags.keywords().len(), 80, "an update was lost");
    }
    let opened = account.open(INBOX).await;
    assert_eq!((opened.mailbox.keywords.len(), opened.cursor), (80, ModSeq(82)));
}

/// Twelve want it: one gets it.
pub async fn the_last_place_is_given_once(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.done(Op::Quota(Quota { bytes: None, messages: Some(1) })).await;
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let account = account.clone();
            let change = account.change(Op::Append { to: INBOX, messages: vec![message("x")] });
            tokio::spawn(async move { account.commit(&change).await })
        })
        .collect();
    let mut won = 0;
    for each in tries {
        match each.await.unwrap() {
            Ok(_) => won += 1,
            Err(CommitError::Refused(Refusal::OverQuota)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((won, account.open(INBOX).await.uids.len()), (1, 1));
}

/// Head, UIDs and cursor belong together, whenever it is called.
pub async fn open_is_one_snapshot(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let done = Arc::new(AtomicBool::new(false));
    let (writer, finished) = (account.of(1), Arc::clone(&done));
    let writing = tokio::spawn(async move {
        for number in 1..=60 {
            writer.append(INBOX, vec![message("x")]).await;
            if number % 3 == 0 {
                writer.flag(INBOX, uids(number, number), add(SystemFlag::Seen)).await;
            }
            if number % 5 == 0 {
                writer.expunge(INBOX, uids(number - 4, number - 3)).await;
            }
        }
        finished.store(true, Ordering::SeqCst);
    });
    let mut last = ModSeq::ZERO;
    while !done.load(Ordering::SeqCst) {
        let opened = account.open(INBOX).await;
        let mailbox = &opened.mailbox;
        assert_eq!(opened.uids.len(), mailbox.counts.messages, "torn");
        let highest = opened.uids.last().map_or(0, |uid| u64::from(uid.get()));
        assert!(highest < mailbox.uid_next);
        assert!(mailbox.modseq <= opened.cursor && last <= opened.cursor);
        last = opened.cursor;
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
}
