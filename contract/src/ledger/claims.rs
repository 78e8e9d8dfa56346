//! Blobs: once, and gone when unused; every interleaving of writers and purges, and a crash after
//! each step.

use std::sync::Arc;

use mailstore::blob::{BlobRef, ObjectName, Place};
use mailstore::change::{NewMessage, Op, Transfer};
use mailstore::random::Random;
use mailstore::store::{BlobState, Claim, Ledger};
use mailstore::time::Timestamp;
use mailstore::uid::UidSet;

use crate::Tested;
use crate::account::{Account, INBOX, message_with, noise, purge, purge_after, uids};

/// Hours after which a writer that has not committed has given up.
const LATER: i64 = 3;
/// Hours after which what is expunged now is gone, and what is claimed now has been given up.
const MUCH_LATER: i64 = 30;

/// The content that all these writers share.
fn content() -> Vec<u8> {
    noise(300_000, 0)
}

/// Somebody with a message that refers to the content, step by step. Dropped, it has crashed.
struct Writer {
    account: Account,
    blob: BlobRef,
    /// The name under which it would put the bytes.
    name: ObjectName,
    message: NewMessage,
}

impl Writer {
    fn new(account: &Account) -> Self {
        let mut raw = b"Content-Type: application/octet-stream\r\n\r\n".to_vec();
        raw.extend(content());
        let blob = BlobRef::of(&content());
        let name = ObjectName::new(Timestamp::now(), &blob.digest, Random::draw());
        let message = message_with(&raw, Some(&name));
        assert_eq!(message.content.email.tree.blobs().count(), 1);
        Self { account: account.clone(), blob, name, message }
    }

    async fn claim(&self) -> BlobState {
        let email = self.message.content.email.id;
        let claim = Claim { digest: self.blob.digest, account: self.account.id, email };
        self.account.ledger.claim(&claim).await.unwrap()
    }

    async fn settle(&self) -> Place {
        self.account.ledger.settle(&self.blob, &self.name).await.unwrap()
    }

    /// Commits, with the blob at `place`; returns the UID.
    async fn commit(mut self, place: &Place) -> UidSet {
        let content = Arc::make_mut(&mut self.message.content);
        content.email.tree.place_blobs(|_| place.clone());
        self.account.append(INBOX, vec![self.message]).await
    }

    /// From claim to commit, pausing between; returns the name that the message refers to.
    async fn write(self) -> ObjectName {
        self.write_message().await.0
    }

    async fn write_message(self) -> (ObjectName, UidSet) {
        let place = match self.claim().await {
            BlobState::Live(place) => place,
            BlobState::Vacant => {
                tokio::task::yield_now().await;
                self.settle().await
            }
        };
        tokio::task::yield_now().await;
        let uid = self.commit(&place).await;
        let Place::Object(name) = place else { panic!("{place:?} for a big blob") };
        (name, uid)
    }

    fn place(&self) -> Place {
        Place::Object(self.name.clone())
    }
}

async fn is_live(ledger: &Arc<dyn Ledger>, name: &ObjectName) -> bool {
    ledger.is_live(name).await.unwrap()
}

/// Nobody has it; claiming it once more, or by another, does not change that.
pub async fn a_first_claim_finds_nothing(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let (one, two) = (Writer::new(&account), Writer::new(&account));
    for writer in [&one, &one, &two] {
        assert_eq!(writer.claim().await, BlobState::Vacant);
    }
    assert!(!is_live(tested.ledger(), &one.name).await);
}

/// Within an account and across.
pub async fn a_settled_blob_is_live_for_the_next(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = Account::provisioned(tested.ledger(), 2).await;
    let first = Writer::new(&account);
    first.claim().await;
    assert_eq!(first.settle().await, first.place());
    assert!(is_live(tested.ledger(), &first.name).await);
    for account in [&account, &other] {
        let next = Writer::new(account);
        assert_eq!(next.claim().await, BlobState::Live(first.place()));
        assert!(!is_live(tested.ledger(), &next.name).await);
        next.commit(&first.place()).await;
    }
    // Settling again, after an answer that got lost, says the same.
    assert_eq!(first.settle().await, first.place());
}

/// The second takes the place of the first, and its own object is an orphan.
pub async fn of_two_that_settle_the_first_stands(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let (one, two) = (Writer::new(&account), Writer::new(&account));
    assert_eq!(one.claim().await, BlobState::Vacant);
    assert_eq!(two.claim().await, BlobState::Vacant);
    let place = one.settle().await;
    assert_eq!((&place, &two.settle().await), (&one.place(), &one.place()));
    let (first, second) = (one.name.clone(), two.name.clone());
    one.commit(&place).await;
    two.commit(&place).await;
    purge(tested.ledger(), &purge_after(MUCH_LATER)).await;
    assert!(is_live(tested.ledger(), &first).await);
    assert!(!is_live(tested.ledger(), &second).await);
}

/// The message that held it goes meanwhile; the claim alone keeps it.
pub async fn a_claim_made_before_the_purge_holds_the_blob(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let name = Writer::new(&account).write().await;
    account.expunge(INBOX, uids(1, 1)).await;
    let next = Writer::new(&account);
    assert_eq!(next.claim().await, BlobState::Live(Place::Object(name.clone())));
    let mut grace_over = purge_after(MUCH_LATER);
    grace_over.claims_before = purge_after(0).claims_before;
    let purged = purge(tested.ledger(), &grace_over).await;
    assert_eq!((purged.messages, &purged.objects[..]), (1, &[][..]));
    assert!(is_live(tested.ledger(), &name).await);
    next.commit(&Place::Object(name.clone())).await;
    let purged = purge(tested.ledger(), &purge_after(MUCH_LATER)).await;
    assert!(purged.objects.is_empty() && is_live(tested.ledger(), &name).await);
}

/// The bytes are put anew, under a new name: the old object may be deleted at any time.
pub async fn a_claim_made_after_the_purge_finds_nothing(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let old = Writer::new(&account).write().await;
    account.expunge(INBOX, uids(1, 1)).await;
    let purged = purge(tested.ledger(), &purge_after(MUCH_LATER)).await;
    assert_eq!(purged.objects, std::slice::from_ref(&old));
    assert!(!is_live(tested.ledger(), &old).await);
    let new = Writer::new(&account).write().await;
    assert_ne!(new, old);
    assert!(is_live(tested.ledger(), &new).await && !is_live(tested.ledger(), &old).await);
}

/// The claim lapses.
pub async fn a_crash_after_the_claim_leaves_nothing(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    Writer::new(&account).claim().await;
    let purged = purge(tested.ledger(), &purge_after(LATER)).await;
    assert!(purged.objects.is_empty());
    let next = Writer::new(&account);
    assert_eq!(next.claim().await, BlobState::Vacant);
    assert_eq!(next.settle().await, next.place());
}

/// The claim lapses, and the blob with it; not before its time.
pub async fn a_crash_after_the_settlement_leaves_nothing(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let crashed = Writer::new(&account);
    crashed.claim().await;
    crashed.settle().await;
    let name = crashed.name.clone();
    drop((crashed, account));
    let tested = tested.reopen().await;
    assert!(purge(tested.ledger(), &purge_after(1)).await.objects.is_empty());
    assert!(is_live(tested.ledger(), &name).await);
    let purged = purge(tested.ledger(), &purge_after(LATER)).await;
    assert_eq!(purged.objects, std::slice::from_ref(&name));
    assert!(!is_live(tested.ledger(), &name).await);
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(Writer::new(&account).claim().await, BlobState::Vacant);
}

/// Whoever of the two put the bytes: they stay for the one that lived.
pub async fn one_writer_crashes_and_the_other_commits(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    for settles_first in [true, false] {
        let (crashed, lives) = (Writer::new(&account), Writer::new(&account));
        crashed.claim().await;
        lives.claim().await;
        let place = if settles_first {
            crashed.settle().await;
            lives.settle().await
        } else {
            let place = lives.settle().await;
            crashed.settle().await;
            place
        };
        lives.commit(&place).await;
        let purged = purge(tested.ledger(), &purge_after(LATER)).await;
        let Place::Object(name) = place else { panic!("{place:?}") };
        assert!(purged.objects.is_empty() && is_live(tested.ledger(), &name).await);
        account.expunge(INBOX, crate::account::all_uids()).await;
        let purged = purge(tested.ledger(), &purge_after(MUCH_LATER)).await;
        assert_eq!(purged.objects, [name]);
    }
}

/// Of three messages in two accounts the last one takes it along, in whatever order they go.
pub async fn a_blob_lives_as_long_as_its_last_message(tested: Tested) {
    let one = Account::provisioned(tested.ledger(), 1).await;
    let two = Account::provisioned(tested.ledger(), 2).await;
    let name = Writer::new(&one).write().await;
    for account in [&one, &two] {
        assert_eq!(Writer::new(account).write().await, name);
    }
    for (account, uid) in [(&one, 1), (&two, 1)] {
        account.expunge(INBOX, uids(uid, uid)).await;
        assert!(purge(tested.ledger(), &purge_after(MUCH_LATER)).await.objects.is_empty());
        assert!(is_live(tested.ledger(), &name).await);
    }
    one.expunge(INBOX, uids(2, 2)).await;
    assert_eq!(purge(tested.ledger(), &purge_after(MUCH_LATER)).await.objects, [name]);
}

/// COPY makes no claim of its own: the content is the same.
pub async fn a_copy_holds_the_blob(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    let name = Writer::new(&account).write().await;
    account.transfer((INBOX, other), uids(1, 1), Transfer::Copy).await;
    account.expunge(INBOX, uids(1, 1)).await;
    assert!(purge(tested.ledger(), &purge_after(MUCH_LATER)).await.objects.is_empty());
    let delete = mailstore::change::MailboxOp::Delete { name: "other".to_owned() };
    account.done(Op::Mailbox(delete)).await;
    assert!(is_live(tested.ledger(), &name).await);
    assert_eq!(purge(tested.ledger(), &purge_after(MUCH_LATER)).await.objects, [name]);
}

/// Writers and a purge that runs on and on: as long as a message is there, so is what it refers to.
pub async fn claims_and_purges_race(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let account = account.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    let (name, uid) = Writer::new(&account).write_message().await;
                    tokio::task::yield_now().await;
                    let is_live = is_live(&account.ledger, &name).await;
                    assert!(is_live, "a message without its blob");
                    account.expunge(INBOX, uid).await;
                }
            })
        })
        .collect();
    let mut step = purge_after(MUCH_LATER);
    step.claims_before = purge_after(0).claims_before;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        tested.ledger().purge(&step).await.unwrap();
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    purge(tested.ledger(), &purge_after(MUCH_LATER)).await;
    assert_eq!(Writer::new(&account).claim().await, BlobState::Vacant);
}

/// It is counted who shares a blob: in one account and in all, no further than asked; not who has
/// only claimed it, and not who is purged.
pub async fn it_is_counted_who_shares_a_blob(tested: Tested) {
    let ledger = tested.ledger();
    let alice = Account::provisioned(ledger, 1).await;
    let bob = Account::provisioned(ledger, 2).await;
    let digest = BlobRef::of(&content()).digest;
    let count = async |account: Option<&Account>, limit| {
        ledger.sharing(digest, account.map(|account| account.id), limit).await.unwrap()
    };
    assert_eq!(count(None, 10).await, 0);
    let (_, first) = Writer::new(&alice).write_message().await;
    Writer::new(&alice).write().await;
    Writer::new(&bob).write().await;
    Writer::new(&bob).claim().await;
    assert_eq!((count(None, 10).await, count(None, 2).await), (3, 2));
    assert_eq!((count(Some(&alice), 10).await, count(Some(&bob), 10).await), (2, 1));
    alice.transfer((INBOX, INBOX), first, Transfer::Copy).await;
    assert_eq!(count(Some(&alice), 10).await, 2, "a copy is the same content");
    alice.expunge(INBOX, alice.uids(INBOX).await).await;
    purge(ledger, &purge_after(MUCH_LATER)).await;
    assert_eq!((count(Some(&alice), 10).await, count(None, 10).await), (0, 1));
}
