//! Expunged messages, deleted mailboxes, forgotten accounts: readable for a while, then gone.

use mailstore::blob::{BlobRef, ObjectName};
use mailstore::change::{ExpungeGuard, MailboxOp, Op, Transfer};
use mailstore::flags::SystemFlag;
use mailstore::id::EmailId;
use mailstore::message::{Presence, Want};
use mailstore::random::Random;
use mailstore::store::{BlobState, Claim};
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, UidSet};

use crate::Tested;
use crate::account::{
    Account, INBOX, add, all_uids, message, message_with, noise, purge, purge_after, purge_nothing,
    uids,
};

/// RFC 2180 4.1 to 4.4: who has not been told can go on.
pub async fn the_expunged_are_readable_until_purged(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    account.fill(INBOX, 3).await;
    let before = account.fetch(INBOX, &uids(2, 3), Want::Email).await;
    let gone = account.done(Op::Expunge { at: INBOX, uids: uids(2, 3), guard: ExpungeGuard::All });
    let modseq = gone.await.modseq;
    let after = account.fetch(INBOX, &uids(2, 3), Want::Email).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after.presence, Presence::Expunged);
        assert_eq!((&after.tree, &after.derived), (&before.tree, &before.derived));
        assert_eq!((after.row.modseq, &after.row.flags), (modseq, &before.row.flags));
    }
    // They are not there for a STORE or a MOVE; a COPY takes them along.
    assert_eq!(account.flag(INBOX, all_uids(), add(SystemFlag::Seen)).await, uids(1, 1));
    let moved = account.transfer((INBOX, other), uids(2, 3), Transfer::Move).await;
    assert_eq!(moved, (UidSet::new(), UidSet::new()));
    let copied = account.transfer((INBOX, other), uids(1, 2), Transfer::Copy).await;
    assert_eq!(copied, (uids(1, 2), uids(1, 2)));

    purge(&account.ledger, &purge_after(23)).await;
    assert_eq!(account.fetch(INBOX, &all_uids(), Want::Row).await.len(), 3);
    assert_eq!(purge(&account.ledger, &purge_after(25)).await.messages, 2);
    assert_eq!(account.fetch(INBOX, &all_uids(), Want::Row).await.len(), 1);
    let copied = account.transfer((INBOX, other), uids(2, 3), Transfer::Copy).await;
    assert_eq!(copied, (UidSet::new(), UidSet::new()));
    assert_eq!(account.fetch(other, &all_uids(), Want::Email).await[1].tree, before[0].tree);
}

/// Its sessions read on; nobody writes to it or opens it.
pub async fn a_deleted_mailbox_is_readable_until_purged(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let gone = account.create("gone").await;
    account.fill(gone, 300).await;
    account.expunge(gone, uids(1, 10)).await;
    account.delete("gone").await;
    assert_eq!(account.ledger.open(account.key(gone)).await.unwrap(), None);
    assert_eq!(account.fetch(gone, &all_uids(), Want::Email).await.len(), 300);
    account.refused(Op::Append { to: gone, messages: vec![message("x")] }).await;
    let uids = uids(11, 12);
    let copy = Op::Transfer { from: gone, to: INBOX, uids, mode: Transfer::Copy };
    account.refused(copy).await;

    let again = account.create("gone").await;
    account.fill(again, 1).await;
    purge(&account.ledger, &purge_after(23)).await;
    assert_eq!(account.fetch(gone, &all_uids(), Want::Row).await.len(), 300);
    assert_eq!(purge(&account.ledger, &purge_after(25)).await.messages, 300);
    assert!(account.fetch(gone, &all_uids(), Want::Row).await.is_empty());
    assert_eq!(account.fetch(again, &all_uids(), Want::Email).await.len(), 1);
}

/// A purge of everything old leaves all that is live.
pub async fn what_is_in_use_survives_a_purge(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("a/b").await;
    account.append(INBOX, vec![attachment(1), attachment(2)]).await;
    account.fill(INBOX, 5).await;
    account.transfer((INBOX, other), uids(1, 3), Transfer::Move).await;
    account.delete("a").await;
    account.expunge(INBOX, uids(4, 4)).await;
    let mailboxes = account.mailboxes().await;
    let live = live(&account).await;
    purge(&account.ledger, &purge_after(24 * 365)).await;
    assert_eq!(self::live(&account).await, live);
    let mut after = account.mailboxes().await;
    after.head.horizon = mailboxes.head.horizon;
    let sorted = |mut list: Vec<mailstore::mailbox::Mailbox>| {
        list.sort_by_key(|mailbox| mailbox.id);
        list
    };
    assert_eq!(after.head, mailboxes.head);
    assert_eq!(sorted(after.list), sorted(mailboxes.list));
}

async fn live(account: &Account) -> Vec<mailstore::message::Fetched> {
    let mut all = Vec::new();
    for name in ["INBOX", "a/b"] {
        let id = account.mailbox(name).await.id;
        let found = account.fetch(id, &all_uids(), Want::Email).await;
        for each in found.into_iter().filter(|each| each.presence == Presence::Live) {
            for blob in each.tree.as_ref().unwrap().blobs() {
                let bytes = account.ledger.kept(blob.digest, 0..blob.size).await.unwrap();
                assert!(blob.check_chunk(0, &bytes));
            }
            all.push(each);
        }
    }
    all
}

/// Two messages in two accounts hold it; the last one takes it along.
pub async fn kept_blobs_go_with_their_last_message(tested: Tested) {
    let one = Account::provisioned(tested.ledger(), 1).await;
    let two = Account::provisioned(tested.ledger(), 2).await;
    one.append(INBOX, vec![attachment(1), attachment(1)]).await;
    two.append(INBOX, vec![attachment(1)]).await;
    let (blob, bytes) = attachment(1).content.kept[0].clone();
    one.expunge(INBOX, uids(1, 1)).await;
    two.expunge(INBOX, uids(1, 1)).await;
    let purged = purge(&one.ledger, &purge_after(25)).await;
    assert_eq!((purged.messages, purged.blobs), (2, 0));
    assert_eq!(one.ledger.kept(blob.digest, 0..blob.size).await.unwrap(), bytes);
    one.expunge(INBOX, uids(2, 2)).await;
    let purged = purge(&one.ledger, &purge_after(25)).await;
    assert_eq!((purged.messages, purged.blobs), (1, 1));
    assert!(one.ledger.kept(blob.digest, 0..blob.size).await.is_err());
    assert!(purged.objects.is_empty());
}

/// Neither rows, nor journal, nor blobs; other accounts keep theirs.
pub async fn a_forgotten_account_leaves_nothing(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = Account::provisioned(tested.ledger(), 2).await;
    let deleted = account.create("deleted").await;
    account.fill(INBOX, 600).await;
    account.append(INBOX, vec![attachment(1), attachment(2)]).await;
    account.append(deleted, vec![attachment(2)]).await;
    other.append(INBOX, vec![attachment(1)]).await;
    account.expunge(INBOX, uids(1, 300)).await;
    account.delete("deleted").await;
    let subscribe = Op::Mailbox(MailboxOp::Subscribe { name: "x".to_owned() });
    account.done(subscribe).await;
    let mut steps = 0;
    while account.ledger.forget(account.id).await.unwrap() {
        steps += 1;
        assert!(steps < 10_000);
    }
    purge(&account.ledger, &purge_nothing()).await;
    assert_eq!(account.mailboxes().await, Default::default());
    assert_eq!(account.ledger.open(account.key(INBOX)).await.unwrap(), None);
    for mailbox in [INBOX, deleted] {
        assert!(account.fetch(mailbox, &all_uids(), Want::Row).await.is_empty());
    }
    assert!(account.journal(ModSeq::ZERO).await.is_empty());
    let kept = async |message: mailstore::change::NewMessage| {
        let blob = message.content.kept[0].0.clone();
        account.ledger.kept(blob.digest, 0..blob.size).await.is_ok()
    };
    assert!(kept(attachment(1)).await);
    assert!(!kept(attachment(2)).await);
    assert_eq!(other.fetch(INBOX, &all_uids(), Want::Email).await.len(), 1);
}

/// As if it had never been: what an earlier life left in a cache must not come back.
pub async fn a_forgotten_account_starts_anew(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 5).await;
    account.open(INBOX).await;
    while account.ledger.forget(account.id).await.unwrap() {}
    let account = Account::provisioned(tested.ledger(), 1).await;
    assert_eq!(account.mailboxes().await.head.modseq, ModSeq(1));
    for number in 1..=5 {
        assert_eq!(account.uids(INBOX).await.len(), u64::from(number) - 1);
        assert_eq!(account.fill(INBOX, 1).await, uids(number, number));
    }
    account.expunge(INBOX, uids(2, 3)).await;
    assert_eq!(account.uids(INBOX).await, uids(1, 1).union(&uids(4, 5)));
    assert_eq!(account.open(INBOX).await.uids.len(), 3);
    assert_eq!(account.fetch(INBOX, &all_uids(), Want::Email).await.len(), 5);
}

/// Also where no message ever came of them.
pub async fn claims_of_a_forgotten_account_go_too(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let blob = BlobRef::of(b"some bytes");
    let at = Timestamp::now();
    let claim =
        Claim { digest: blob.digest, account: account.id, email: EmailId::new(at, Random::draw()) };
    assert_eq!(account.ledger.claim(&claim).await.unwrap(), BlobState::Vacant);
    let name = ObjectName::new(at, &blob.digest, Random::draw());
    account.ledger.settle(&blob, &name).await.unwrap();
    while account.ledger.forget(account.id).await.unwrap() {}
    purge(&account.ledger, &purge_after(3)).await;
    assert!(!account.ledger.is_live(&name).await.unwrap());
}

/// A message with an attachment that the ledger keeps.
fn attachment(number: u8) -> mailstore::change::NewMessage {
    let mut raw = b"Content-Type: application/octet-stream\r\n\r\n".to_vec();
    raw.extend(noise(20_000, number));
    let message = message_with(&raw, None);
    assert_eq!(message.content.kept.len(), 1);
    message
}
