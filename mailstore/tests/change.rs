//! Decisions, on snapshots that no test could come to by commits.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use contract::account::{Account, INBOX, message, uid};
use mailstore::backends::memory::MemoryLedger;
use mailstore::change::{Op, Outcome, ReadMailboxes, Refusal, Snapshot, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, Keyword};
use mailstore::mailbox::Mailbox;
use mailstore::message::{Presence, Row, Want};
use mailstore::store::Ledger;
use mailstore::uid::{ModSeq, UidSet};

/// An INBOX with one message, and the account that asks.
async fn snapshot() -> (Account, Snapshot) {
    let ledger: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
    let account = Account::provisioned(&ledger, 1).await;
    account.fill(INBOX, 1).await;
    let all = account.mailboxes().await;
    let found = account.fetch(INBOX, &UidSet::single(uid(1)), Want::Row).await;
    let rows: Vec<(Row, Presence)> =
        found.into_iter().map(|found| (found.row, found.presence)).collect();
    let subscriptions = all.subscriptions;
    let snapshot = Snapshot {
        head: all.head,
        mailboxes: all.list,
        rows,
        subscriptions,
        ..Snapshot::default()
    };
    (account, snapshot)
}

/// The last UID is given out, to an append and to a copy; after it nothing is.
#[tokio::test]
async fn uids_are_used_up() {
    let (account, mut seen) = snapshot().await;
    let append = |count: usize| {
        let messages = (0..count).map(|_| message("x")).collect();
        account.change(Op::Append { to: INBOX, messages })
    };
    let one = UidSet::single(uid(1));
    let copy =
        account.change(Op::Transfer { from: INBOX, to: INBOX, uids: one, mode: Transfer::Copy });
    seen.mailboxes[0].uid_next = u64::from(u32::MAX);
    for change in [&append(1), &copy] {
        let delta = change.decide(&seen).unwrap();
        assert_eq!(delta.mailboxes[0].uid_next, 1 << 32);
        assert_eq!(delta.mailboxes[0].next_uid(), None);
        let (Outcome::Appended { uids, .. } | Outcome::Transferred { to: uids, .. }) =
            delta.outcome
        else {
            panic!("{:?}", delta.outcome)
        };
        assert_eq!(uids, UidSet::single(uid(u32::MAX)));
    }
    assert_eq!(append(2).decide(&seen).unwrap_err(), Refusal::UidsExhausted);
    seen.mailboxes[0].uid_next = 1 << 32;
    for change in [&append(1), &copy] {
        assert_eq!(change.decide(&seen).unwrap_err(), Refusal::UidsExhausted);
    }
}

/// RFC 7162 3.1: 63 bits.
#[tokio::test]
async fn modseqs_are_used_up() {
    let (account, mut seen) = snapshot().await;
    let change = account.change(Op::Append { to: INBOX, messages: vec![message("x")] });
    let last = ModSeq(i64::MAX as u64);
    seen.head.modseq = ModSeq(last.0 - 1);
    assert_eq!(change.decide(&seen).unwrap().head.modseq, last);
    seen.head.modseq = last;
    assert_eq!(change.decide(&seen).unwrap_err(), Refusal::ModSeqsExhausted(last));
}

/// However the clock runs.
#[tokio::test]
async fn uid_validity_ascends_whatever_the_clock_says() {
    let (account, mut seen) = snapshot().await;
    let create = |millis| {
        let op = mailstore::change::MailboxOp::Create { name: "a".into(), special_use: None };
        account.change_at(Op::Mailbox(op), mailstore::time::Timestamp::from_millis(millis))
    };
    for (last, millis, expected) in
        [(50, 40_000, 51), (50, 60_999, 60), (50, 50_000, 51), (50, -1, 51), (50, i64::MAX, 51)]
    {
        seen.head.last_uid_validity = last;
        let delta = create(millis).decide(&seen).unwrap();
        let created = delta.mailboxes.iter().find(|mailbox| mailbox.leaf == "a").unwrap();
        assert_eq!(created.uid_validity, expected);
        assert_eq!(delta.head.last_uid_validity, expected);
    }
}

/// As many keywords as a mailbox may know, and one more.
#[tokio::test]
async fn keywords_are_counted() {
    let (account, seen) = snapshot().await;
    let flag = |count: usize| {
        let keywords = (0..count).map(|number| Keyword::new(&format!("k{number}")).unwrap());
        let update = FlagUpdate { mode: FlagMode::Add, flags: Flags::new([], keywords) };
        let uids = UidSet::single(uid(1));
        account.change(Op::Flag { at: INBOX, uids, update, unchanged_since: None })
    };
    let delta = flag(Mailbox::MAX_KEYWORDS).decide(&seen).unwrap();
    assert_eq!(delta.mailboxes[0].keywords.len(), Mailbox::MAX_KEYWORDS);
    assert!(matches!(flag(Mailbox::MAX_KEYWORDS + 1).decide(&seen), Err(Refusal::TooMany { .. })));
}

/// The same on the same gives the same, and what it does not name it does not read.
#[tokio::test]
async fn decisions_are_pure() {
    let (account, seen) = snapshot().await;
    let change = account.change(Op::Append { to: INBOX, messages: vec![message("x")] });
    let [one, two] = [(); 2].map(|()| format!("{:?}", change.decide(&seen).unwrap()));
    assert_eq!(one, two);
    assert_eq!(change.reads().mailboxes, ReadMailboxes::These(vec![INBOX]));
    assert_eq!(change.reads().rows, None);
}
