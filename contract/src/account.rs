//! An account on the ledger under test, addressed in mail words.

use std::sync::Arc;

use bytes::Bytes;
use mailstore::blob::{ObjectName, Place};
use mailstore::change::{
    Change, Committed, ExpungeGuard, MailboxOp, NewMessage, Op, Outcome, Refusal, Transfer,
};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{AccountId, ChangeId, EmailId, MailboxId, MailboxKey, SessionId, ThreadId};
use mailstore::journal::{Record, Replay};
use mailstore::mailbox::{Mailbox, Mailboxes};
use mailstore::message::{Email, Fetched, NewEmail, Uidl, Want};
use mailstore::mime::{self, Derived};
use mailstore::random::Random;
use mailstore::store::{CommitError, Ledger, Opened, Purge, Purged};
use mailstore::time::{InternalDate, Timestamp};
use mailstore::uid::{ModSeq, Uid, UidSet};

/// INBOX.
pub const INBOX: MailboxId = MailboxId::INBOX;

/// Tries of a change that others are in the way of, before a rule gives up on the backend.
const TRIES: usize = 1_000;

/// One account, as one session uses it. What is called here must succeed, unless it says
/// otherwise.
#[derive(Clone, Debug)]
pub struct Account {
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// Its id.
    pub id: AccountId,
    /// Who asks: usually the account itself.
    pub actor: AccountId,
    /// The session.
    pub session: SessionId,
}

/// The UID of this number.
pub fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

/// The UIDs from the first to the last.
pub fn uids(from: u32, to: u32) -> UidSet {
    UidSet::range(uid(from)..=uid(to))
}

/// So many bytes in no order that anything could make smaller, others for each seed.
pub fn noise(count: u32, seed: u8) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let mut next = || {
        // Knuth's linear congruential generator; its upper bits are good.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// Every UID.
pub fn all_uids() -> UidSet {
    UidSet::range(Uid::MIN..=Uid::MAX)
}

/// That flag, to be set.
pub fn add(flag: SystemFlag) -> FlagUpdate {
    FlagUpdate { mode: FlagMode::Add, flags: Flags::new([flag], []) }
}

/// That flag, to be taken away.
pub fn remove(flag: SystemFlag) -> FlagUpdate {
    FlagUpdate { mode: FlagMode::Remove, flags: Flags::new([flag], []) }
}

/// A new message of these bytes. What leaves the tree is placed by `place`, or in the ledger.
pub fn message_with(raw: &[u8], place: Option<&ObjectName>) -> NewMessage {
    let at = Timestamp::now();
    let raw = Bytes::copy_from_slice(raw);
    let whole = mime::parse(raw.clone(), &mime::Limits::default());
    let derived = Derived::of(&whole, &raw);
    let (mut tree, detached) = whole.detach(&mime::DetachRules::default());
    let mut kept = Vec::new();
    match place {
        Some(name) => tree.place_blobs(|_| Place::Object(name.clone())),
        None => {
            tree.place_blobs(|_| Place::Ledger);
            for (blob, detached) in tree.blobs().zip(&detached) {
                kept.push((blob.clone(), detached.content.clone()));
            }
        }
    }
    let email = Email { id: EmailId::new(at, Random::draw()), tree, derived };
    NewMessage {
        content: Arc::new(NewEmail { email, kept }),
        flags: Flags::NONE,
        internal_date: InternalDate::from(at),
        thread: ThreadId(7),
        uidl: Uidl::OfEmail,
    }
}

/// A new small message.
pub fn message(text: &str) -> NewMessage {
    message_with(format!("Subject: {text}\r\n\r\n{text}\r\n").as_bytes(), None)
}

impl Account {
    /// The account of that number, as nobody in particular.
    pub fn new(ledger: &Arc<dyn Ledger>, number: i64) -> Self {
        let id = AccountId::new(number).unwrap();
        Self { ledger: Arc::clone(ledger), id, actor: id, session: SessionId::NONE }
    }

    /// The same, with an INBOX.
    pub async fn provisioned(ledger: &Arc<dyn Ledger>, number: i64) -> Self {
        let account = Self::new(ledger, number);
        account.done(Op::Provision { mailboxes: Vec::new() }).await;
        account
    }

    /// The same account, as that other account uses it.
    #[must_use]
    pub fn used_by(&self, number: i64) -> Self {
        Self { actor: AccountId::new(number).unwrap(), ..self.clone() }
    }

    /// The same account, as this session.
    #[must_use]
    pub fn of(&self, session: u64) -> Self {
        Self { session: SessionId(session), ..self.clone() }
    }

    /// A change of it, made now, with an id of its own.
    pub fn change(&self, op: Op) -> Arc<Change> {
        self.change_at(op, Timestamp::now())
    }

    /// A change of it, made then.
    pub fn change_at(&self, op: Op, at: Timestamp) -> Arc<Change> {
        let id = ChangeId::new(Timestamp::now(), Random::draw());
        Arc::new(Change { id, account: self.id, actor: self.actor, by: self.session, at, op })
    }

    /// Commits a change, however long others are in the way.
    pub async fn commit(&self, change: &Arc<Change>) -> Result<Committed, CommitError> {
        for _ in 0..TRIES {
            let mut results = self.ledger.commit(vec![Arc::clone(change)]).await;
            assert_eq!(results.len(), 1, "a result for each change");
            match results.remove(0) {
                Err(CommitError::Store(error)) if error.may_be_retried() => {
                    tokio::task::yield_now().await;
                }
                result => return result,
            }
        }
        panic!("contended {TRIES} times");
    }

    /// Does it.
    pub async fn done(&self, op: Op) -> Committed {
        self.commit(&self.change(op)).await.unwrap()
    }

    /// Does it at that moment.
    pub async fn done_at(&self, op: Op, at: Timestamp) -> Committed {
        self.commit(&self.change_at(op, at)).await.unwrap()
    }

    /// Tries it, and is refused.
    pub async fn refused(&self, op: Op) -> Refusal {
        match self.commit(&self.change(op.clone())).await {
            Err(CommitError::Refused(refusal)) => refusal,
            other => panic!("{op:?} should have been refused: {other:?}"),
        }
    }

    /// Appends messages.
    pub async fn append(&self, to: MailboxId, messages: Vec<NewMessage>) -> UidSet {
        match self.done(Op::Append { to, messages }).await.outcome {
            Outcome::Appended { uids, .. } => uids,
            other => panic!("{other:?} for an append"),
        }
    }

    /// Appends so many small messages, in as many commits as it takes.
    pub async fn fill(&self, to: MailboxId, count: usize) -> UidSet {
        let mut all = UidSet::new();
        let mut left = count;
        while left > 0 {
            let now = left.min(mailstore::change::MAX_APPEND);
            let messages = (0..now).map(|number| message(&number.to_string())).collect();
            all = all.union(&self.append(to, messages).await);
            left -= now;
        }
        all
    }

    /// Changes flags; returns what changed and what was stale.
    pub async fn flag(&self, at: MailboxId, uids: UidSet, update: FlagUpdate) -> UidSet {
        let op = Op::Flag { at, uids, update, unchanged_since: None };
        match self.done(op).await.outcome {
            Outcome::Flagged { changed, stale } => {
                assert!(stale.is_empty());
                changed
            }
            other => panic!("{other:?} for a flag"),
        }
    }

    /// Expunges.
    pub async fn expunge(&self, at: MailboxId, uids: UidSet) -> UidSet {
        match self.done(Op::Expunge { at, uids, guard: ExpungeGuard::All }).await.outcome {
            Outcome::Expunged { uids } => uids,
            other => panic!("{other:?} for an expunge"),
        }
    }

    /// Copies or moves; returns the UIDs there and here.
    pub async fn transfer(
        &self,
        (from, to): (MailboxId, MailboxId),
        uids: UidSet,
        mode: Transfer,
    ) -> (UidSet, UidSet) {
        match self.done(Op::Transfer { from, to, uids, mode }).await.outcome {
            Outcome::Transferred { from, to, .. } => (from, to),
            other => panic!("{other:?} for a transfer"),
        }
    }

    /// Creates a mailbox.
    pub async fn create(&self, name: &str) -> MailboxId {
        let op = MailboxOp::Create { name: name.to_owned(), special_use: None };
        match self.done(Op::Mailbox(op)).await.outcome {
            Outcome::Mailbox { id } => id,
            other => panic!("{other:?} for a create"),
        }
    }

    /// Deletes a mailbox.
    pub async fn delete(&self, name: &str) {
        self.done(Op::Mailbox(MailboxOp::Delete { name: name.to_owned() })).await;
    }

    /// A mailbox of it.
    pub fn key(&self, mailbox: MailboxId) -> MailboxKey {
        MailboxKey { account: self.id, mailbox }
    }

    /// All its mailboxes.
    pub async fn mailboxes(&self) -> Mailboxes {
        self.ledger.mailboxes(self.id).await.unwrap()
    }

    /// The mailbox of that name.
    pub async fn mailbox(&self, name: &str) -> Mailbox {
        self.mailboxes().await.find(name).unwrap_or_else(|| panic!("no {name}")).clone()
    }

    /// A mailbox with its UIDs.
    pub async fn open(&self, mailbox: MailboxId) -> Opened {
        self.ledger.open(self.key(mailbox)).await.unwrap().unwrap()
    }

    /// The UIDs in a mailbox.
    pub async fn uids(&self, mailbox: MailboxId) -> UidSet {
        self.open(mailbox).await.uids.to_set()
    }

    /// Messages, page by page.
    pub async fn fetch(&self, mailbox: MailboxId, uids: &UidSet, want: Want) -> Vec<Fetched> {
        let mut all = Vec::new();
        let mut rest = uids.clone();
        while !rest.is_empty() {
            let page = self.ledger.fetch(self.key(mailbox), &rest, want).await.unwrap();
            assert!(page.rest.len() < rest.len(), "a page must get on");
            all.extend(page.messages);
            rest = page.rest;
        }
        all
    }

    /// All records of the account after `since`.
    pub async fn journal(&self, since: ModSeq) -> Vec<Record> {
        match self.ledger.journal(self.id, since, None, 100_000).await.unwrap() {
            Replay::Records { records, more: false, .. } => records,
            other => panic!("{other:?} for the whole journal"),
        }
    }
}

/// A purge that removes nothing at all.
pub fn purge_nothing() -> Purge {
    let never = Timestamp::from_millis(0);
    Purge {
        expunged_before: never,
        journal_before: never,
        claims_before: never,
        pack_before: never,
    }
}

/// What the sweep asks for with its default settings, so many hours from now.
pub fn purge_after(hours: i64) -> Purge {
    let now = Timestamp::now().millis();
    let before = |grace: i64| Timestamp::from_millis(now + (hours - grace) * 3_600_000);
    Purge {
        expunged_before: before(24),
        journal_before: before(7 * 24),
        claims_before: before(2),
        pack_before: before(24),
    }
}

/// Purges until there is no more; returns all that was removed.
pub async fn purge(ledger: &Arc<dyn Ledger>, purge: &Purge) -> Purged {
    let mut all = Purged::default();
    for _ in 0..100_000 {
        let Purged { messages, blobs, objects, more } = ledger.purge(purge).await.unwrap();
        all.messages += messages;
        all.blobs += blobs;
        all.objects.extend(objects);
        if !more {
            return all;
        }
    }
    panic!("a purge without end");
}
