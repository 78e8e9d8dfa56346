//! Commits: all or nothing, each once, each under a MODSEQ of its own.

use std::fmt::Write;
use std::sync::Arc;

use mailstore::change::{Committed, ExpungeGuard, MailboxOp, Op, Outcome, Refusal, Transfer};
use mailstore::flags::SystemFlag;
use mailstore::id::MailboxId;
use mailstore::mailbox::Quota;
use mailstore::message::Want;
use mailstore::store::CommitError;
use mailstore::uid::ModSeq;

use crate::Tested;
use crate::account::{Account, INBOX, add, all_uids, message, uid, uids};

/// After a refusal, of whatever kind, everything reads as before.
pub async fn a_refusal_leaves_no_trace(tested: Tested) {
    let nobody = Account::new(tested.ledger(), 2);
    let nowhere = Op::Append { to: INBOX, messages: vec![message("x")] };
    assert_eq!(nobody.refused(nowhere).await, Refusal::NoSuchMailbox);
    assert_eq!(nobody.mailboxes().await, Default::default());

    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 3).await;
    account.done(Op::Quota(Quota { bytes: None, messages: Some(4) })).await;
    let before = everything(&account).await;
    let create =
        |name: &str| Op::Mailbox(MailboxOp::Create { name: name.to_owned(), special_use: None });
    let away = (INBOX, MailboxId(99));
    for op in [
        Op::Append { to: INBOX, messages: vec![message("x"), message("y")] },
        Op::Append { to: MailboxId(99), messages: vec![message("x")] },
        Op::Transfer { from: INBOX, to: INBOX, uids: all_uids(), mode: Transfer::Copy },
        Op::Transfer { from: INBOX, to: INBOX, uids: uids(1, 3), mode: Transfer::Copy },
        Op::Transfer { from: away.0, to: away.1, uids: uids(1, 1), mode: Transfer::Move },
        Op::Expunge { at: MailboxId(99), uids: uids(1, 1), guard: ExpungeGuard::All },
        create("a//b"),
        create("inbox"),
        Op::Mailbox(MailboxOp::Delete { name: "INBOX".to_owned() }),
    ] {
        account.refused(op).await;
        assert_eq!(everything(&account).await, before);
    }
}

/// Each once, where it is counted how often they are in others' way; here they are in nobody's.
pub async fn commits_are_counted(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let counted = || account.ledger.contention().map(|count| (count.commits, count.retries));
    let before = counted();
    account.append(INBOX, vec![message("x")]).await;
    account.append(INBOX, vec![message("y")]).await;
    assert_eq!(counted(), before.map(|(commits, retries)| (commits + 2, retries)));
}

/// The others of its group are committed as if it had not been there.
pub async fn a_refusal_in_a_group_touches_only_itself(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let append = |to| account.change(Op::Append { to, messages: vec![message("x")] });
    let group = vec![append(INBOX), append(MailboxId(99)), append(INBOX)];
    let results = account.ledger.commit(group).await;
    assert_eq!(results.len(), 3);
    assert_eq!(appended(&results[0]), uids(1, 1));
    assert!(matches!(&results[1], Err(CommitError::Refused(Refusal::NoSuchMailbox))));
    assert_eq!(appended(&results[2]), uids(2, 2));
    let opened = account.open(INBOX).await;
    assert_eq!((opened.uids.to_set(), opened.cursor), (uids(1, 2), ModSeq(3)));
    assert_eq!(account.fetch(INBOX, &all_uids(), Want::Email).await.len(), 2);
}

/// Each change sees what the one before it left.
pub async fn a_group_is_decided_in_its_order(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let name = "new".to_owned();
    let new = MailboxId(2);
    let ops = [
        Op::Mailbox(MailboxOp::Create { name: name.clone(), special_use: None }),
        Op::Append { to: new, messages: vec![message("x"), message("y")] },
        Op::Flag {
            at: new,
            uids: uids(2, 2),
            update: add(SystemFlag::Deleted),
            unchanged_since: None,
        },
        Op::Expunge { at: new, uids: all_uids(), guard: ExpungeGuard::Deleted },
        Op::Transfer { from: new, to: INBOX, uids: all_uids(), mode: Transfer::Move },
        Op::Mailbox(MailboxOp::Delete { name }),
        Op::Append { to: new, messages: vec![message("z")] },
    ];
    let group: Vec<_> = ops.into_iter().map(|op| account.change(op)).collect();
    let results = account.ledger.commit(group).await;
    let modseqs: Vec<_> = results.iter().flatten().map(|committed| committed.modseq.0).collect();
    assert_eq!(modseqs, [2, 3, 4, 5, 6, 7]);
    assert!(matches!(&results[3].as_ref().unwrap().outcome,
        Outcome::Expunged { uids: gone } if *gone == uids(2, 2)));
    assert!(matches!(results[6], Err(CommitError::Refused(Refusal::NoSuchMailbox))));
    assert_eq!(account.uids(INBOX).await, uids(1, 1));
    assert_eq!(account.mailboxes().await.list.len(), 1);
}

/// The first commit is 1, each next one more, and the record says so.
pub async fn one_modseq_for_each_commit(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await.of(5);
    for number in 2..10 {
        let change = account.change(Op::Append { to: INBOX, messages: vec![message("x")] });
        let committed = account.commit(&change).await.unwrap();
        assert_eq!(committed.modseq, ModSeq(number));
        let records = account.journal(ModSeq(number - 1)).await;
        let [record] = &records[..] else { panic!("{records:?} for one commit") };
        assert_eq!((record.modseq, record.change), (committed.modseq, change.id));
        assert_eq!((record.by, record.at), (account.session, change.at));
        assert_eq!(record.outcome, committed.outcome);
        let opened = account.open(INBOX).await;
        assert_eq!((opened.cursor, opened.mailbox.modseq), (committed.modseq, committed.modseq));
    }
    assert_eq!(account.journal(ModSeq::ZERO).await.len(), 9);
}

/// It is answered with the MODSEQ of the last commit that did.
pub async fn what_changes_nothing_takes_no_modseq(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 2).await;
    account.flag(INBOX, uids(1, 2), add(SystemFlag::Seen)).await;
    let before = everything(&account).await;
    let last = before.1;
    let update = add(SystemFlag::Seen);
    for op in [
        Op::Provision { mailboxes: vec![("other".to_owned(), None)] },
        Op::Append { to: INBOX, messages: Vec::new() },
        Op::Flag { at: INBOX, uids: all_uids(), update, unchanged_since: None },
        Op::Expunge { at: INBOX, uids: all_uids(), guard: ExpungeGuard::Deleted },
        Op::Expunge { at: INBOX, uids: uids(7, 9), guard: ExpungeGuard::All },
        Op::Transfer { from: INBOX, to: INBOX, uids: uids(7, 9), mode: Transfer::Copy },
        Op::Transfer { from: INBOX, to: INBOX, uids: uids(7, 9), mode: Transfer::Move },
        Op::Mailbox(MailboxOp::Unsubscribe { name: "x".to_owned() }),
    ] {
        assert_eq!(account.done(op).await.modseq, last);
        assert_eq!(everything(&account).await, before);
    }
}

/// However often it is committed under the same id: in one group, and later.
pub async fn a_change_is_applied_once(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let change = account.change(Op::Append { to: INBOX, messages: vec![message("x")] });
    let other = account.change(Op::Append { to: INBOX, messages: vec![message("y")] });
    let group = vec![Arc::clone(&change), Arc::clone(&other), Arc::clone(&change)];
    let first = account.ledger.commit(group).await;
    assert_eq!(first[0].as_ref().unwrap(), first[2].as_ref().unwrap());
    assert_eq!(account.uids(INBOX).await, uids(1, 2));
    account.fill(INBOX, 5).await;
    account.expunge(INBOX, uids(1, 2)).await;
    let before = everything(&account).await;
    for (change, first) in [(&change, &first[0]), (&other, &first[1])] {
        let again = account.commit(change).await.unwrap();
        assert_eq!(&again, first.as_ref().unwrap());
        assert_eq!(everything(&account).await, before);
    }
}

/// A process that did not learn what became of its change asks the next one.
pub async fn a_change_is_applied_once_though_reopened(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let change = account.change(Op::Append { to: INBOX, messages: vec![message("x")] });
    let first = account.commit(&change).await.unwrap();
    account.fill(INBOX, 3).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.commit(&change).await.unwrap(), first);
    assert_eq!(account.uids(INBOX).await, uids(1, 4));
    // Its commit is not taken for the account's last one.
    assert_eq!(account.journal(first.modseq).await.len(), 1);
}

/// Nothing that was reported is lost, and UIDs and MODSEQs go on where they were.
pub async fn what_is_committed_outlives_a_reopen(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 5).await;
    account.flag(INBOX, uids(2, 3), add(SystemFlag::Flagged)).await;
    account.expunge(INBOX, uids(5, 5)).await;
    let before = everything(&account).await;
    let messages = account.fetch(INBOX, &all_uids(), Want::Email).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(everything(&account).await, before);
    assert_eq!(account.fetch(INBOX, &all_uids(), Want::Email).await, messages);
    let change = account.change(Op::Append { to: INBOX, messages: vec![message("x")] });
    let committed = account.commit(&change).await;
    assert_eq!(appended(&committed), uids(6, 6));
    assert_eq!(committed.unwrap().modseq, ModSeq(before.1.0 + 1));
    assert_eq!(account.open(INBOX).await.mailbox.next_uid(), Some(uid(7)));
}

fn appended(result: &Result<Committed, CommitError>) -> mailstore::uid::UidSet {
    match &result.as_ref().unwrap().outcome {
        Outcome::Appended { uids, .. } => uids.clone(),
        other => panic!("{other:?} for an append"),
    }
}

/// Heads, rows and journal of an account, to be compared, and its MODSEQ.
async fn everything(account: &Account) -> (String, ModSeq) {
    let mut mailboxes = account.mailboxes().await;
    mailboxes.list.sort_by_key(|mailbox| mailbox.id);
    let mut all = format!("{mailboxes:?} {:?}", account.journal(ModSeq::ZERO).await);
    for mailbox in &mailboxes.list {
        let opened = account.ledger.open(account.key(mailbox.id)).await.unwrap();
        let rows = account.fetch(mailbox.id, &all_uids(), Want::Row).await;
        write!(all, " {opened:?} {rows:?}").unwrap();
    }
    (all, mailboxes.head.modseq)
}
