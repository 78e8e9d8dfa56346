//! Any changes in any order, on the ledger under test and on the one in memory: after each, both
//! answer every question the same.

use std::sync::Arc;

use bytes::Bytes;
use mailstore::backends::memory::MemoryLedger;
use mailstore::change::{Change, ExpungeGuard, MailboxOp, Op, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, Keyword};
use mailstore::id::{AccountId, MailboxId};
use mailstore::mailbox::Quota;
use mailstore::message::Want;
use mailstore::property::{Scope, WantedProperties};
use mailstore::store::{Ledger, Purge};
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, UidSet};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::Tested;
use crate::account::{Account, all_uids, message_with, noise, purge, purge_nothing, uids};

/// Accounts that are changed.
const ACCOUNTS: i64 = 2;
/// Names are of one or two levels of these.
const LEAVES: [&str; 4] = ["INBOX", "a", "b", "inbox"];

/// One test, over the ledgers that `$fresh` makes: the path of an async function that returns a
/// [`Tested`] with an empty ledger.
#[macro_export]
macro_rules! model_contract {
    ($fresh:path, $cases:expr) => {
        #[test]
        fn it_agrees_with_the_model() {
            $crate::model::agrees($fresh, $cases);
        }
    };
}

#[derive(Clone, Debug)]
enum Step {
    Change(i64, Deed),
    /// The change so many before the last, once more.
    Again(usize),
    /// Removes what happened in the first so many per cent of the time so far.
    Purge(i64),
    Forget(i64),
    Reopen,
}

#[derive(Clone, Debug)]
enum Deed {
    Provision,
    Append(u32, Vec<u8>),
    Flag(u32, (u32, u32), FlagUpdate, Option<u64>),
    Expunge(u32, (u32, u32), ExpungeGuard),
    Transfer((u32, u32), (u32, u32), Transfer),
    Create(String),
    Rename(String, String),
    Delete(String),
    Subscribe(String),
    Unsubscribe(String),
    TakeRecent(u32),
    Quota(Option<u64>),
    Property(Option<u32>, u8, Option<u8>),
}

fn name() -> impl Strategy<Value = String> {
    let leaf = || proptest::sample::select(&LEAVES[..]);
    prop_oneof![
        leaf().prop_map(str::to_owned),
        (leaf(), leaf()).prop_map(|(above, leaf)| format!("{above}/{leaf}")),
    ]
}

fn update() -> impl Strategy<Value = FlagUpdate> {
    let mode = prop_oneof![Just(FlagMode::Replace), Just(FlagMode::Add), Just(FlagMode::Remove)];
    let keyword = proptest::option::of(proptest::sample::select(&["k", "K", "other"][..]));
    (mode, 0_u8..32, keyword).prop_map(|(mode, bits, keyword)| {
        let keyword = keyword.and_then(Keyword::new);
        FlagUpdate { mode, flags: Flags::new(Flags::from_bits(bits).system(), keyword) }
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    let mailbox = || 1..6_u32;
    let some = || (1..12_u32, 0..6_u32);
    let guard = prop_oneof![Just(ExpungeGuard::All), Just(ExpungeGuard::Deleted)];
    let mode = prop_oneof![Just(Transfer::Copy), Just(Transfer::Move)];
    let since = proptest::option::weighted(0.2, 0..20_u64);
    let limit = proptest::option::of(0..20_u64);
    prop_oneof![
        3 => Just(Deed::Provision),
        9 => (mailbox(), proptest::collection::vec(0..3_u8, 0..4))
            .prop_map(|(at, kinds)| Deed::Append(at, kinds)),
        6 => (mailbox(), some(), update(), since)
            .prop_map(|(at, some, update, since)| Deed::Flag(at, some, update, since)),
        4 => (mailbox(), some(), guard)
            .prop_map(|(at, some, guard)| Deed::Expunge(at, some, guard)),
        4 => ((mailbox(), mailbox()), some(), mode)
            .prop_map(|(between, some, mode)| Deed::Transfer(between, some, mode)),
        4 => name().prop_map(Deed::Create),
        2 => (name(), name()).prop_map(|(from, to)| Deed::Rename(from, to)),
        2 => name().prop_map(Deed::Delete),
        1 => name().prop_map(Deed::Subscribe),
        1 => name().prop_map(Deed::Unsubscribe),
        1 => mailbox().prop_map(Deed::TakeRecent),
        1 => limit.prop_map(Deed::Quota),
        3 => (proptest::option::of(mailbox()), 0..3_u8, proptest::option::of(0..3_u8))
            .prop_map(|(at, key, value)| Deed::Property(at, key, value)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => (1..=ACCOUNTS, deed()).prop_map(|(account, deed)| Step::Change(account, deed)),
        3 => (0..5_usize).prop_map(Step::Again),
        3 => (0..=100_i64).prop_map(Step::Purge),
        1 => (1..=ACCOUNTS).prop_map(Step::Forget),
        1 => Just(Step::Reopen),
    ]
}

impl Deed {
    fn op(&self) -> Op {
        let some = |&(from, more): &(u32, u32)| uids(from, from + more);
        match self.clone() {
            Self::Provision => {
                Op::Provision { mailboxes: vec![("a".into(), None), ("a/b".into(), None)] }
            }
            Self::Append(to, kinds) => {
                let messages = kinds.into_iter().map(message).collect();
                Op::Append { to: MailboxId(to), messages }
            }
            Self::Flag(at, at_uids, update, since) => Op::Flag {
                at: MailboxId(at),
                uids: some(&at_uids),
                update,
                unchanged_since: since.map(ModSeq),
            },
            Self::Expunge(at, at_uids, guard) => {
                Op::Expunge { at: MailboxId(at), uids: some(&at_uids), guard }
            }
            Self::Transfer((from, to), at_uids, mode) => Op::Transfer {
                from: MailboxId(from),
                to: MailboxId(to),
                uids: some(&at_uids),
                mode,
            },
            Self::Create(name) => Op::Mailbox(MailboxOp::Create { name, special_use: None }),
            Self::Rename(from, to) => Op::Mailbox(MailboxOp::Rename { from, to }),
            Self::Delete(name) => Op::Mailbox(MailboxOp::Delete { name }),
            Self::Subscribe(name) => Op::Mailbox(MailboxOp::Subscribe { name }),
            Self::Unsubscribe(name) => Op::Mailbox(MailboxOp::Unsubscribe { name }),
            Self::TakeRecent(at) => Op::TakeRecent { at: MailboxId(at), below: u64::MAX },
            Self::Property(at, key, value) => {
                let value = value.map(|value| Bytes::from(vec![value; 9]));
                Op::Property { at: at.map(MailboxId), set: [(format!("a/{key}"), value)].into() }
            }
            Self::Quota(messages) => Op::Quota(Quota { bytes: None, messages }),
        }
    }
}

/// Small, or with an attachment that the ledger keeps: one of two.
fn message(kind: u8) -> mailstore::change::NewMessage {
    let mut raw = b"Content-Type: application/octet-stream\r\n\r\n".to_vec();
    raw.extend(noise(if kind == 0 { 9 } else { 17_000 }, kind));
    message_with(&raw, None)
}

/// Tries so many sequences of changes.
pub fn agrees<F: Future<Output = Tested>>(fresh: impl Fn() -> F, cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let steps = proptest::collection::vec(step(), 1..40);
    let result = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            let mut both = Both::new(fresh().await);
            for step in steps {
                both.run(step).await;
                both.compare().await;
            }
        });
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// The ledger under test, and the model of it.
struct Both {
    tested: Option<Tested>,
    model: Arc<dyn Ledger>,
    done: Vec<Arc<Change>>,
    /// Milliseconds that have passed: one for each step.
    clock: i64,
}

impl Both {
    fn new(tested: Tested) -> Self {
        let keeps = tested.ledger().keeps_up_to();
        let model = Arc::new(MemoryLedger::keeping_up_to(keeps));
        Self { tested: Some(tested), model, done: Vec::new(), clock: 0 }
    }

    fn ledgers(&self) -> [&Arc<dyn Ledger>; 2] {
        [self.tested.as_ref().unwrap().ledger(), &self.model]
    }

    async fn run(&mut self, step: Step) {
        self.clock += 1;
        match step {
            Step::Change(account, deed) => {
                let at = Timestamp::from_millis(self.clock);
                let change = Account::new(&self.model, account).change_at(deed.op(), at);
                if self.commit(&change).await {
                    self.done.push(change);
                }
            }
            Step::Again(back) => {
                let Some(at) = self.done.len().checked_sub(back + 1) else { return };
                let change = Arc::clone(&self.done[at]);
                self.commit(&change).await;
            }
            Step::Purge(part) => self.purge(part).await,
            Step::Forget(account) => {
                let account = AccountId::new(account).unwrap();
                for ledger in self.ledgers() {
                    while ledger.forget(account).await.unwrap() {}
                    // Its blobs go at once, or with the next sweep: count them in neither.
                    purge(ledger, &purge_nothing()).await;
                }
                self.done.retain(|change| change.account != account);
            }
            Step::Reopen => {
                if let Some(tested) = self.tested.take() {
                    self.tested = Some(tested.reopen().await);
                }
            }
        }
    }

    /// On both; they must answer the same. Says whether it is in the journal.
    async fn commit(&self, change: &Arc<Change>) -> bool {
        let before = self.model.mailboxes(change.account).await.unwrap().head.modseq;
        let [tested, model] = self.ledgers();
        let tested = Account::new(tested, 1).commit(change).await;
        let model = Account::new(model, 1).commit(change).await;
        match (&tested, &model) {
            (Ok(tested), Ok(model)) => {
                assert_eq!(tested, model, "{change:?}");
                model.modseq > before
            }
            _ => {
                assert_eq!(format!("{tested:?}"), format!("{model:?}"), "{change:?}");
                false
            }
        }
    }

    async fn purge(&mut self, part: i64) {
        let before = Timestamp::from_millis(self.clock * part / 100);
        let asked = Purge {
            expunged_before: before,
            journal_before: before,
            claims_before: before,
            pack_before: Timestamp::from_millis(i64::MAX),
        };
        let mut purged = Vec::new();
        for ledger in self.ledgers() {
            let done = purge(ledger, &asked).await;
            purged.push((done.messages, done.blobs, done.objects));
        }
        assert_eq!(purged[0], purged[1]);
        // What is no longer in the journal may be applied again.
        self.done.retain(|change| change.at >= before);
    }

    async fn compare(&self) {
        for number in 1..=ACCOUNTS {
            let [tested, model] = self.ledgers().map(|ledger| Account::new(ledger, number));
            let mut heads = [tested.mailboxes().await, model.mailboxes().await];
            heads.iter_mut().for_each(|all| all.list.sort_by_key(|mailbox| mailbox.id));
            assert_eq!(heads[0], heads[1]);
            // Deleted ones too, and one that never was.
            for id in (1..=heads[1].head.last_mailbox + 1).map(MailboxId) {
                compare_mailbox(&tested, &model, id).await;
            }
            compare_properties(&tested, &model).await;
            compare_journals(&tested, &model, heads[1].head.modseq).await;
        }
    }
}

async fn compare_mailbox(tested: &Account, model: &Account, id: MailboxId) {
    let mut opened = Vec::new();
    for account in [tested, model] {
        let found = account.ledger.open(account.key(id)).await.unwrap();
        opened.push(found.map(|opened| (opened.mailbox, opened.uids.to_set(), opened.cursor)));
    }
    assert_eq!(opened[0], opened[1]);
    let wanted: [UidSet; 2] = [all_uids(), uids(3, 7)];
    for (uids, want) in [(&wanted[0], Want::Row), (&wanted[1], Want::Email)] {
        let rows = tested.fetch(id, uids, want).await;
        assert_eq!(rows, model.fetch(id, uids, want).await);
        for blob in rows.iter().flat_map(|row| row.tree.iter().flat_map(|tree| tree.blobs())) {
            let bytes = tested.ledger.kept(blob.digest, 0..blob.size).await.unwrap();
            assert!(blob.check_chunk(0, &bytes));
        }
    }
}

async fn compare_properties(tested: &Account, model: &Account) {
    for scope in [Scope::Account, Scope::Mailbox(MailboxId(2)), Scope::Mailboxes] {
        for prefix in ["", "a/1"] {
            let wanted = WantedProperties { scope, prefix: prefix.to_owned(), after: None };
            let found = tested.ledger.properties(tested.id, &wanted).await.unwrap();
            assert_eq!(found, model.ledger.properties(model.id, &wanted).await.unwrap());
        }
    }
}

async fn compare_journals(tested: &Account, model: &Account, last: ModSeq) {
    for since in [0, last.0 / 2, last.0.saturating_sub(1), last.0].map(ModSeq) {
        for mailbox in [None, Some(MailboxId(1)), Some(MailboxId(2)), Some(MailboxId(3))] {
            for limit in [2, 1_000] {
                let ask = |account: &Account| {
                    let ledger = Arc::clone(&account.ledger);
                    let id = account.id;
                    async move { ledger.journal(id, since, mailbox, limit).await.unwrap() }
                };
                assert_eq!(ask(tested).await, ask(model).await, "since {since} of {mailbox:?}");
            }
        }
    }
}
