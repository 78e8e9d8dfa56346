//! The journal: read in pages, trimmed from its old end.

use mailstore::change::{MailboxOp, Op};
use mailstore::flags::SystemFlag;
use mailstore::id::MailboxId;
use mailstore::journal::{Record, Replay};
use mailstore::store::Purge;
use mailstore::time::Timestamp;
use mailstore::uid::ModSeq;

use crate::Tested;
use crate::account::{Account, INBOX, add, message, purge, purge_after, purge_nothing, uids};

/// Page by page it is the same; `upto` and `more` say where to go on, and whether to.
pub async fn the_journal_is_read_in_pages(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    for _ in 0..20 {
        account.fill(INBOX, 1).await;
    }
    let whole = account.journal(ModSeq::ZERO).await;
    assert_eq!(whole.len(), 21);
    for limit in [1, 2, 7, 20, 21, 22] {
        let (mut found, mut since) = (Vec::new(), ModSeq::ZERO);
        loop {
            let (records, upto, more) = records(&account, since, (None, limit)).await;
            assert!(records.len() <= limit);
            found.extend(records);
            assert!(upto > since);
            since = upto;
            if !more {
                break;
            }
        }
        assert_eq!((&found, since), (&whole, ModSeq(21)));
    }
    assert_eq!(records(&account, ModSeq(21), (None, 5)).await, (Vec::new(), ModSeq(21), false));
}

/// Only what touches the mailbox, with all its entries; yet it gets on to the end.
pub async fn the_journal_of_a_mailbox_passes_over_others(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    for number in 0..30 {
        account.fill(if number % 10 == 0 { other } else { INBOX }, 1).await;
    }
    account.transfer((INBOX, other), uids(1, 2), mailstore::change::Transfer::Move).await;
    let whole = account.journal(ModSeq::ZERO).await;
    let last = whole.last().unwrap().modseq;
    for mailbox in [INBOX, other] {
        let touching: Vec<Record> = whole
            .iter()
            .filter(|record| record.entries.iter().any(|entry| entry.mailbox == mailbox))
            .cloned()
            .collect();
        let (found, upto, more) = records(&account, ModSeq::ZERO, (Some(mailbox), 100)).await;
        assert_eq!((found, upto, more), (touching.clone(), last, false));
        let (first, upto, more) = records(&account, ModSeq::ZERO, (Some(mailbox), 2)).await;
        assert_eq!((&first[..], more), (&touching[..2], true));
        assert!(upto >= first[1].modseq && upto < touching[2].modseq);
    }
    account.fill(INBOX, 1).await;
    let quiet = records(&account, last, (Some(other), 5)).await;
    assert_eq!(quiet, (Vec::new(), last.next(), false));
}

/// Whatever is missing is at or below the horizon, and what is above it is all there.
pub async fn trimming_raises_the_horizon_first(tested: Tested) {
    let (account, old) = trimmed(&tested).await;
    let head = account.mailboxes().await.head;
    assert_eq!(head.horizon, old);
    assert_eq!(head.modseq.0, old.0 + 3);
    let (found, ..) = records(&account, old, (None, 100)).await;
    let modseqs: Vec<_> = found.iter().map(|record| record.modseq.0).collect();
    assert_eq!(modseqs, (old.0 + 1..=old.0 + 3).collect::<Vec<_>>());
    // Once more changes nothing, nor does a purge that keeps everything.
    for purged in [journal_before(2_000), purge_nothing()] {
        purge(&account.ledger, &purged).await;
        assert_eq!(account.mailboxes().await.head, head);
    }
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.mailboxes().await.head, head);
}

/// Not for who has read up to the horizon, nor for a mailbox that has not changed since.
pub async fn trimmed_only_where_something_is_missing(tested: Tested) {
    let (account, old) = trimmed(&tested).await;
    let quiet = account.mailbox("quiet").await;
    let busy = account.mailbox("INBOX").await;
    assert!(quiet.modseq < old && busy.modseq > old);
    let ask = async |since, mailbox| {
        account.ledger.journal(account.id, since, mailbox, 100).await.unwrap()
    };
    let before = ModSeq(old.0 - 1);
    for (since, mailbox) in [
        (before, None),
        (before, Some(INBOX)),
        (ModSeq::ZERO, Some(quiet.id)),
        (ModSeq(quiet.modseq.0 - 1), Some(quiet.id)),
    ] {
        assert_eq!(ask(since, mailbox).await, Replay::Trimmed, "since {since} in {mailbox:?}");
    }
    for (since, mailbox) in
        [(old, None), (old, Some(INBOX)), (quiet.modseq, Some(quiet.id)), (before, Some(quiet.id))]
    {
        let found = ask(since, mailbox).await;
        let Replay::Records { upto, .. } = found else { panic!("trimmed since {since}") };
        assert_eq!(upto, ModSeq(old.0 + 3));
    }
}

/// Deleted, purged, forgotten: who has it selected must learn of it.
pub async fn a_mailbox_that_is_gone_is_trimmed(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let gone = account.create("gone").await;
    account.fill(gone, 1).await;
    let since = account.open(gone).await.cursor;
    let at = Timestamp::from_millis(1_000);
    let delete = Op::Mailbox(MailboxOp::Delete { name: "gone".to_owned() });
    account.done_at(delete, at).await;
    account.fill(INBOX, 1).await;
    // It is trimmed only from the old end on: all records are old.
    let everything = Timestamp::from_millis(Timestamp::now().millis() + 60_000);
    purge(&account.ledger, &Purge { journal_before: everything, ..purge_nothing() }).await;
    let ask = async || account.ledger.journal(account.id, since, Some(gone), 100).await.unwrap();
    assert_eq!(ask().await, Replay::Trimmed);
    purge(&account.ledger, &purge_after(24 * 30)).await;
    assert_eq!(ask().await, Replay::Trimmed);
    assert_eq!(account.ledger.open(account.key(gone)).await.unwrap(), None);
    while account.ledger.forget(account.id).await.unwrap() {}
    assert_eq!(ask().await, Replay::Trimmed);
}

/// An account whose older records are gone, and the last of those. "quiet" changed long before it,
/// INBOX after.
async fn trimmed(tested: &Tested) -> (Account, ModSeq) {
    let account = Account::new(tested.ledger(), 1);
    let old = Timestamp::from_millis(1_000);
    let quiet = "quiet".to_owned();
    account.done_at(Op::Provision { mailboxes: vec![(quiet, None)] }, old).await;
    let append = |to| Op::Append { to, messages: vec![message("x"), message("y")] };
    account.done_at(append(MailboxId(2)), old).await;
    account.done_at(append(INBOX), old).await;
    let last = account.done_at(append(INBOX), old).await.modseq;
    account.flag(INBOX, uids(1, 4), add(SystemFlag::Seen)).await;
    account.fill(INBOX, 1).await;
    account.expunge(INBOX, uids(1, 1)).await;
    purge(&account.ledger, &journal_before(2_000)).await;
    (account, last)
}

fn journal_before(millis: i64) -> Purge {
    Purge { journal_before: Timestamp::from_millis(millis), ..purge_nothing() }
}

async fn records(
    account: &Account,
    since: ModSeq,
    (mailbox, limit): (Option<MailboxId>, usize),
) -> (Vec<Record>, ModSeq, bool) {
    match account.ledger.journal(account.id, since, mailbox, limit).await.unwrap() {
        Replay::Records { records, upto, more } => (records, upto, more),
        Replay::Trimmed => panic!("trimmed since {since}"),
    }
}
