//! UIDs, UIDVALIDITY and what `open` says of them (RFC 9051 2.3.1.1).

use mailstore::change::{ExpungeGuard, MailboxOp, Op, Transfer};
use mailstore::id::MailboxId;
use mailstore::journal::Event;
use mailstore::message::Want;
use mailstore::uid::{ModSeq, UidArray, UidSet};

use crate::Tested;
use crate::account::{Account, INBOX, all_uids, purge, purge_after, uid, uids};

/// Not after an expunge, not after a purge, not after a reopen, not in a move.
pub async fn uids_ascend_and_never_return(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    assert_eq!(account.fill(INBOX, 3).await, uids(1, 3));
    assert_eq!(account.expunge(INBOX, all_uids()).await, uids(1, 3));
    assert_eq!(account.fill(INBOX, 2).await, uids(4, 5));
    account.expunge(INBOX, uids(5, 5)).await;
    purge(&account.ledger, &purge_after(24 * 30)).await;
    assert_eq!(account.fill(INBOX, 1).await, uids(6, 6));
    account.expunge(INBOX, all_uids()).await;
    purge(&account.ledger, &purge_after(24 * 30)).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.fill(INBOX, 2).await, uids(7, 8));
    let moved = account.transfer((INBOX, INBOX), uids(7, 7), Transfer::Move).await;
    assert_eq!(moved, (uids(7, 7), uids(9, 9)));
    assert_eq!(account.uids(INBOX).await, uids(8, 9));
}

/// However fast: a client must never take new messages for old ones.
pub async fn a_name_used_again_has_a_higher_uid_validity(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let mut last = account.mailbox("INBOX").await.uid_validity;
    for _ in 0..5 {
        let id = account.create("again").await;
        let mailbox = account.mailbox("again").await;
        assert_eq!(mailbox.id, id);
        assert!(mailbox.uid_validity > last);
        last = mailbox.uid_validity;
        account.fill(id, 1).await;
        account.delete("again").await;
    }
    purge(&account.ledger, &purge_after(24 * 30)).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    account.create("again").await;
    assert!(account.mailbox("again").await.uid_validity > last);
}

/// Sessions and clients keep ids for longer than mailboxes live.
pub async fn a_mailbox_id_is_never_used_twice(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    assert_eq!(account.create("a").await, MailboxId(2));
    account.delete("a").await;
    assert_eq!(account.create("a").await, MailboxId(3));
    account.delete("a").await;
    purge(&account.ledger, &purge_after(24 * 30)).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.create("a").await, MailboxId(4));
}

/// What `open` said once, and the journal from there on, give what `open` says later.
pub async fn open_agrees_with_the_journal(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    let mut opened = Vec::new();
    for step in 0..12_u32 {
        opened.push(account.open(INBOX).await);
        account.fill(INBOX, 1 + step as usize % 3).await;
        match step % 4 {
            0 => drop(
                account.transfer((INBOX, other), uids(step + 1, step + 2), Transfer::Move).await,
            ),
            1 => drop(account.transfer((other, INBOX), uids(1, 99), Transfer::Copy).await),
            2 => {
                let uids = uids(2 * step - 1, 2 * step);
                let op = Op::Expunge { at: INBOX, uids, guard: ExpungeGuard::All };
                account.done(op).await;
            }
            _ => {
                let name = format!("m{step}");
                let op = MailboxOp::Create { name, special_use: None };
                account.done(Op::Mailbox(op)).await;
            }
        }
    }
    let last = account.open(INBOX).await;
    for opened in opened {
        let mut uids = opened.uids.clone();
        replay(&account, opened.cursor, &mut uids).await;
        assert_eq!(uids.to_set(), last.uids.to_set(), "from {}", opened.cursor);
    }
}

/// A backend may remember what a mailbox held, and go on from there: in this process and the next.
pub async fn a_big_mailbox_is_opened_right(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let large = tested.large();
    let mut expected = account.fill(INBOX, large).await;
    assert_eq!(account.uids(INBOX).await, expected);
    let gone: UidSet = (1..large as u32).step_by(7).map(uid).collect();
    account.expunge(INBOX, gone.clone()).await;
    expected = expected.difference(&gone).union(&account.fill(INBOX, 10).await);
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.uids(INBOX).await, expected);
    account.expunge(INBOX, uids(2, 900)).await;
    expected = expected.difference(&uids(2, 900)).union(&account.fill(INBOX, 1).await);
    // What was remembered is older than the journal reaches.
    purge(&account.ledger, &purge_after(24 * 30)).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.uids(INBOX).await, expected);
    assert_eq!(account.fetch(INBOX, &all_uids(), Want::Row).await.len() as u64, expected.len());
}

async fn replay(account: &Account, since: ModSeq, uids: &mut UidArray) {
    for record in account.journal(since).await {
        for entry in record.entries.iter().filter(|entry| entry.mailbox == INBOX) {
            match &entry.event {
                Event::Arrived(range) => uids.push_range(range.clone()),
                Event::Expunged(gone) => uids.remove(gone),
                _ => {}
            }
        }
    }
}
