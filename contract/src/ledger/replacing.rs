//! REPLACE: a message in the place of another, both or neither.

use mailstore::change::{Op, Outcome, Refusal};
use mailstore::id::MailboxId;
use mailstore::journal::Event;
use mailstore::mailbox::Quota;
use mailstore::message::{Presence, Want};

use crate::Tested;
use crate::account::{Account, INBOX, message, uid, uids};

fn replace(number: u32, to: MailboxId, text: &str) -> Op {
    let old = uids(number, number);
    Op::Replace { from: INBOX, old, to, new: Box::new(message(text)) }
}

/// No reader ever finds both, or neither; within a mailbox, and from one to another.
pub async fn a_replacement_is_one_commit(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    account.fill(INBOX, 3).await;
    for (number, to, came) in [(2, INBOX, 4), (1, other, 1)] {
        let before = account.mailboxes().await.head;
        let done = account.done(replace(number, to, "new")).await;
        assert_eq!(done.modseq, before.modseq.next());
        assert!(
            matches!(done.outcome, Outcome::Appended { uids: ref at, .. } if *at == uids(came, came))
        );
        let after = account.mailboxes().await.head;
        assert_eq!(after.usage.messages, before.usage.messages);
        let records = account.journal(before.modseq).await;
        let entries: Vec<_> = records[0].entries.iter().collect();
        assert_eq!((records.len(), entries.len()), (1, 2));
        assert_eq!((entries[0].mailbox, entries[1].mailbox), (to, INBOX));
        assert_eq!(entries[0].event, Event::Arrived(uid(came)..=uid(came)));
        assert_eq!(entries[1].event, Event::Expunged(uids(number, number)));
        // A session that has not been told can still read the old one.
        let old = account.fetch(INBOX, &uids(number, number), Want::Email).await;
        assert_eq!(old[0].presence, Presence::Expunged);
    }
    assert_eq!(account.uids(INBOX).await, uids(3, 4));
    assert_eq!(account.uids(other).await, uids(1, 1));
}

/// What is gone is not replaced, and nothing comes.
pub async fn what_is_gone_is_not_replaced(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 2).await;
    account.expunge(INBOX, uids(1, 1)).await;
    let before = account.mailboxes().await;
    assert_eq!(account.refused(replace(1, INBOX, "x")).await, Refusal::MessageGone);
    assert_eq!(account.refused(replace(9, INBOX, "x")).await, Refusal::MessageGone);
    assert_eq!(account.refused(replace(2, MailboxId(99), "x")).await, Refusal::NoSuchMailbox);
    assert_eq!(account.mailboxes().await, before);
    assert_eq!(account.uids(INBOX).await, uids(2, 2));
}

/// Only what is more than before counts (RFC 8508 3.4).
pub async fn a_replacement_costs_the_difference(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.append(INBOX, vec![message("four")]).await;
    let full = account.mailboxes().await.head.usage;
    let quota = Quota { bytes: Some(full.bytes), messages: Some(1) };
    account.done(Op::Quota(quota)).await;
    account.done(replace(1, INBOX, "FOUR")).await;
    assert_eq!(account.mailboxes().await.head.usage, full);
    assert_eq!(account.refused(replace(2, INBOX, "larger")).await, Refusal::OverQuota);
    // Whoever is over the quota may still make room.
    account.done(Op::Quota(Quota { bytes: Some(1), messages: None })).await;
    account.done(replace(2, INBOX, "one")).await;
    let usage = account.mailboxes().await.head.usage;
    let size = message("one").content.email.tree.size();
    assert_eq!((usage.messages, usage.bytes), (1, size));
}
