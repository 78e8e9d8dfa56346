//! Messages: rows, flags, counters, copies, quota.

use mailstore::change::{ExpungeGuard, NewMessage, Op, Outcome, Refusal, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, Keyword, SystemFlag};
use mailstore::mailbox::{Counts, Quota, Usage};
use mailstore::message::{Presence, Row, Uidl, Want};
use mailstore::time::{InternalDate, Timestamp};
use mailstore::uid::{ModSeq, UidSet};

use crate::Tested;
use crate::account::{
    Account, INBOX, add, all_uids, message, message_with, noise, purge, purge_after, remove, uid,
    uids,
};

/// Every field of the row, at its extremes; the derived values; the tree and its kept blobs.
pub async fn everything_of_a_message_comes_back(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let keywords = ["$Forwarded", "a", "Z"].map(|name| Keyword::new(name).unwrap());
    let mut raw = b"Subject: \xff\r\nContent-Type: application/pdf\r\n\r\n".to_vec();
    raw.extend(noise(40_000, 0));
    let mut all = vec![message(""), message_with(b"", None), message_with(&raw, None)];
    all[0].flags = Flags::new(SystemFlag::ALL, keywords);
    all[1].internal_date = InternalDate { secs: -1, zone: -14 * 60 };
    all[2].internal_date = InternalDate { secs: 253_402_300_799, zone: 14 * 60 };
    all[2].thread.0 = u64::MAX;
    all[2].uidl = Uidl::given(&"~".repeat(Uidl::MAX_LEN)).unwrap();
    let at = Timestamp::from_millis(1_600_000_000_123);
    let committed = account.done_at(Op::Append { to: INBOX, messages: all.clone() }, at).await;
    let found = account.fetch(INBOX, &all_uids(), Want::Email).await;
    assert_eq!(found.len(), 3);
    for ((found, new), number) in found.iter().zip(&all).zip(1..) {
        let email = &new.content.email;
        let row = Row {
            uid: uid(number),
            email: email.id,
            modseq: committed.modseq,
            flags: new.flags.clone(),
            internal_date: new.internal_date,
            saved: at,
            thread: new.thread,
            size: email.tree.size(),
            uidl: new.uidl.clone(),
        };
        assert_eq!((&found.row, found.presence), (&row, Presence::Live));
        assert_eq!(found.derived.as_deref(), Some(&email.derived));
        assert_eq!(found.tree.as_deref(), Some(&email.tree));
        for (blob, bytes) in &new.content.kept {
            let all = 0..blob.size;
            assert_eq!(&account.ledger.kept(blob.digest, all).await.unwrap(), bytes);
            let part = account.ledger.kept(blob.digest, 7..1_000).await.unwrap();
            assert_eq!(part, bytes.slice(7..1_000));
        }
    }
    assert_eq!(all[2].content.kept.len(), 1);
    for (want, derived) in [(Want::Row, false), (Want::Derived, true)] {
        let found = account.fetch(INBOX, &all_uids(), want).await;
        assert!(found.iter().all(|each| each.derived.is_some() == derived));
        assert!(found.iter().all(|each| each.tree.is_none()));
    }
}

/// Whatever was done to them.
pub async fn counters_equal_a_recount(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    account.fill(INBOX, 20).await;
    account.flag(INBOX, uids(3, 9), add(SystemFlag::Seen)).await;
    account.flag(INBOX, uids(8, 12), add(SystemFlag::Deleted)).await;
    account.flag(INBOX, uids(5, 5), remove(SystemFlag::Seen)).await;
    account.transfer((INBOX, other), uids(7, 10), Transfer::Copy).await;
    account.transfer((INBOX, other), uids(1, 4), Transfer::Move).await;
    let op = Op::Expunge { at: INBOX, uids: all_uids(), guard: ExpungeGuard::Deleted };
    account.done(op).await;
    account.transfer((INBOX, INBOX), uids(8, 8), Transfer::Copy).await;
    recount(&account).await;
    let third = account.create("third").await;
    account.transfer((other, third), uids(1, 99), Transfer::Copy).await;
    account.delete("other").await;
    recount(&account).await;
    purge(&account.ledger, &purge_after(24 * 30)).await;
    recount(&account).await;
    account.delete("third").await;
    account.expunge(INBOX, all_uids()).await;
    assert_eq!(recount(&account).await, Usage::default());
}

/// A backend may remember what it has read, of a single message too, but never for too long.
pub async fn a_message_asked_for_again_is_as_it_is(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let stranger = Account::provisioned(tested.ledger(), 2).await;
    account.fill(INBOX, 2).await;
    let seen = async |at| {
        let (one, all) = (uids(1, 1), uids(1, 2));
        let again = account.fetch(at, &one, Want::Row).await;
        assert_eq!(again, account.fetch(at, &one, Want::Row).await);
        let among = account.fetch(at, &all, Want::Row).await;
        assert!(again.iter().all(|message| message.row.uid == uid(1) && among[0] == *message));
        let first = again.into_iter().next();
        first.map(|message| (message.presence, message.row.flags.has(SystemFlag::Seen)))
    };
    assert_eq!(seen(INBOX).await, Some((Presence::Live, false)));
    account.flag(INBOX, uids(1, 1), add(SystemFlag::Seen)).await;
    assert_eq!(seen(INBOX).await, Some((Presence::Live, true)));
    stranger.fill(INBOX, 1).await;
    account.flag(INBOX, uids(2, 2), add(SystemFlag::Seen)).await;
    account.flag(INBOX, uids(1, 1), remove(SystemFlag::Seen)).await;
    assert_eq!(seen(INBOX).await, Some((Presence::Live, false)));
    let other = account.create("other").await;
    assert_eq!(seen(other).await, None);
    account.transfer((INBOX, other), uids(1, 1), Transfer::Move).await;
    assert_eq!(seen(other).await, Some((Presence::Live, false)));
    assert_eq!(seen(INBOX).await, Some((Presence::Expunged, false)));
    purge(&account.ledger, &purge_after(24 * 30)).await;
    assert_eq!(seen(INBOX).await, None);
    account.delete("other").await;
    purge(&account.ledger, &purge_after(24 * 30)).await;
    assert_eq!(seen(other).await, None);
}

async fn recount(account: &Account) -> Usage {
    let mailboxes = account.mailboxes().await;
    let mut usage = Usage::default();
    for mailbox in &mailboxes.list {
        let mut counts = Counts::default();
        for found in account.fetch(mailbox.id, &all_uids(), Want::Row).await {
            if found.presence == Presence::Live {
                counts.messages += 1;
                counts.unseen += u32::from(!found.row.flags.has(SystemFlag::Seen));
                counts.deleted += u32::from(found.row.flags.has(SystemFlag::Deleted));
                counts.bytes += found.row.size;
            }
        }
        assert_eq!(mailbox.counts, counts, "of {}", mailbox.leaf);
        assert_eq!(account.open(mailbox.id).await.uids.len(), counts.messages);
        usage.messages += u64::from(counts.messages);
        usage.bytes += counts.bytes;
    }
    assert_eq!(mailboxes.head.usage, usage);
    usage
}

/// Ten thousand rows in one commit, and in split ones.
pub async fn flags_of_many_thousands_are_stored(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let all = account.fill(INBOX, tested.large()).await;
    assert_eq!(account.flag(INBOX, all.clone(), add(SystemFlag::Seen)).await, all);
    let mut rest = all.clone();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(mailstore::change::SPLIT);
        assert_eq!(account.flag(INBOX, now.clone(), add(SystemFlag::Flagged)).await, now);
        rest = later;
    }
    let both = Flags::new([SystemFlag::Seen, SystemFlag::Flagged], []);
    let rows = account.fetch(INBOX, &all, Want::Row).await;
    assert_eq!(rows.len(), tested.large());
    assert!(rows.iter().all(|found| found.row.flags == both));
    let opened = account.open(INBOX).await;
    assert_eq!(opened.mailbox.counts.unseen, 0);
    assert_eq!(opened.mailbox.modseq, rows.last().unwrap().row.modseq);
    assert_eq!(account.expunge(INBOX, all.clone()).await, all);
    assert_eq!(account.open(INBOX).await.uids.len(), 0);
}

/// STORE (UNCHANGEDSINCE ...): RFC 7162 3.1.3.
pub async fn a_stale_message_is_passed_over(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 4).await;
    let since = account.open(INBOX).await.cursor;
    account.flag(INBOX, uids(2, 3), add(SystemFlag::Seen)).await;
    account.expunge(INBOX, uids(4, 4)).await;
    let update = FlagUpdate { mode: FlagMode::Replace, flags: Flags::NONE };
    let op = |since| Op::Flag {
        at: INBOX,
        uids: all_uids(),
        update: add(SystemFlag::Draft),
        unchanged_since: Some(since),
    };
    let outcome = account.done(op(since)).await.outcome;
    assert_eq!(outcome, Outcome::Flagged { changed: uids(1, 1), stale: uids(2, 3) });
    let outcome = account.done(op(ModSeq::ZERO)).await.outcome;
    assert_eq!(outcome, Outcome::Flagged { changed: UidSet::new(), stale: uids(1, 3) });
    assert_eq!(account.flag(INBOX, all_uids(), update).await, uids(1, 3));
}

/// COPY makes memberships; the content is the same, under the same id.
pub async fn copies_share_their_content(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    account.fill(INBOX, 3).await;
    account.flag(INBOX, uids(2, 2), add(SystemFlag::Answered)).await;
    let copied = account.transfer((INBOX, other), uids(2, 3), Transfer::Copy).await;
    assert_eq!(copied, (uids(2, 3), uids(1, 2)));
    let from = account.fetch(INBOX, &uids(2, 3), Want::Email).await;
    let to = account.fetch(other, &all_uids(), Want::Email).await;
    for (from, to) in from.iter().zip(&to) {
        let expected = Row {
            uid: to.row.uid,
            modseq: to.row.modseq,
            saved: to.row.saved,
            uidl: to.row.uidl.clone(),
            ..from.row.clone()
        };
        assert_eq!(to.row, expected);
        assert_eq!((&from.tree, &from.derived), (&to.tree, &to.derived));
    }
    account.flag(other, uids(1, 1), remove(SystemFlag::Answered)).await;
    let from = account.fetch(INBOX, &uids(2, 2), Want::Row).await;
    assert!(from[0].row.flags.has(SystemFlag::Answered));
}

/// A message keeps its unique-id wherever it is moved, and no two have the same.
pub async fn unique_ids_stay_with_messages(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    let given = NewMessage { uidl: Uidl::given("0001.old").unwrap(), ..message("imported") };
    account.append(INBOX, vec![message("ours"), given]).await;
    let names = async |mailbox| {
        let found = account.fetch(mailbox, &all_uids(), Want::Row).await;
        let live = found.iter().filter(|each| each.presence == Presence::Live);
        live.map(|each| each.row.uidl.name(each.row.email)).collect::<Vec<_>>()
    };
    let first = names(INBOX).await;
    assert_eq!(first[1], "0001.old");
    account.transfer((INBOX, other), uids(1, 9), Transfer::Move).await;
    assert_eq!(names(other).await, first);
    account.transfer((other, INBOX), uids(1, 9), Transfer::Move).await;
    assert_eq!(names(INBOX).await, first);

    account.transfer((INBOX, INBOX), uids(3, 4), Transfer::Copy).await;
    account.transfer((INBOX, other), uids(3, 6), Transfer::Copy).await;
    let copied = names(INBOX).await;
    assert_eq!(copied[..2], first);
    account.transfer((other, INBOX), uids(1, 9), Transfer::Move).await;
    let all = names(INBOX).await;
    assert_eq!(all[..4], copied);
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 8);
}

/// MOVE: no reader ever finds the message twice, or not at all.
pub async fn a_move_is_one_commit(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    account.fill(INBOX, 3).await;
    let before = account.mailboxes().await.head;
    let moved = account.transfer((INBOX, other), uids(2, 9), Transfer::Move).await;
    assert_eq!(moved, (uids(2, 3), uids(1, 2)));
    let after = account.mailboxes().await.head;
    assert_eq!((after.modseq, after.usage), (before.modseq.next(), before.usage));
    let records = account.journal(before.modseq).await;
    let touched: Vec<_> = records[0].entries.iter().map(|entry| entry.mailbox).collect();
    assert_eq!((records.len(), touched.len()), (1, 2));
    assert!(touched.contains(&INBOX) && touched.contains(&other));
    assert_eq!(account.uids(INBOX).await, uids(1, 1));
    assert_eq!(account.uids(other).await, uids(1, 2));
}

/// `\Recent` goes to the first session that takes it.
pub async fn recent_is_taken_once(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 2).await;
    let take = Op::TakeRecent { at: INBOX, below: u64::MAX };
    let before = account.mailboxes().await.head;
    assert_eq!(account.done(take.clone()).await.outcome, Outcome::Recent { from: 1 });
    assert_eq!(account.done(take.clone()).await.outcome, Outcome::Recent { from: 3 });
    account.fill(INBOX, 1).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.open(INBOX).await.mailbox.recent_from, 3);
    assert_eq!(account.done(take.clone()).await.outcome, Outcome::Recent { from: 3 });
    assert_eq!(account.done(take).await.outcome, Outcome::Recent { from: 4 });
    // It tells nobody.
    assert_eq!(account.mailboxes().await.head.modseq, before.modseq.next());
}

/// To the last byte and the last message; what goes away gives its room back at once.
pub async fn quota_is_kept_exactly(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let one = message("x");
    let size = one.content.email.tree.size();
    let append = |count: usize| Op::Append {
        to: INBOX,
        messages: (0..count).map(|_| message("x")).collect(),
    };
    account.done(Op::Quota(Quota { bytes: Some(3 * size), messages: None })).await;
    assert_eq!(account.refused(append(4)).await, Refusal::OverQuota);
    account.done(append(3)).await;
    assert_eq!(account.refused(append(1)).await, Refusal::OverQuota);
    account.done(Op::Quota(Quota { bytes: None, messages: Some(4) })).await;
    account.transfer((INBOX, INBOX), uids(1, 1), Transfer::Copy).await;
    let copy = Op::Transfer { from: INBOX, to: INBOX, uids: uids(2, 2), mode: Transfer::Copy };
    assert_eq!(account.refused(copy.clone()).await, Refusal::OverQuota);
    account.transfer((INBOX, INBOX), uids(2, 2), Transfer::Move).await;
    account.expunge(INBOX, uids(1, 1)).await;
    account.done(append(1)).await;
    assert_eq!(account.refused(append(1)).await, Refusal::OverQuota);
    let head = account.mailboxes().await.head;
    assert_eq!(head.usage, Usage { bytes: 4 * size, messages: 4 });
    assert_eq!(head.quota, Quota { bytes: None, messages: Some(4) });
    account.done(Op::Quota(Quota::default())).await;
    account.done(append(10)).await;
}

/// Same mailbox ids, same UIDs, another account.
pub async fn accounts_do_not_touch_each_other(tested: Tested) {
    let one = Account::provisioned(tested.ledger(), 0).await;
    let two = Account::provisioned(tested.ledger(), i64::MAX).await;
    one.fill(INBOX, 3).await;
    two.fill(INBOX, 1).await;
    two.expunge(INBOX, all_uids()).await;
    assert_eq!(one.uids(INBOX).await, uids(1, 3));
    assert_eq!(one.journal(ModSeq::ZERO).await.len(), 2);
    assert_eq!(one.mailboxes().await.head.modseq, ModSeq(2));
    assert_eq!(two.mailboxes().await.head.modseq, ModSeq(3));
    assert_eq!(two.fetch(INBOX, &all_uids(), Want::Row).await.len(), 1);
}
