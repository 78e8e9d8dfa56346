//! Ledgers that are broken on purpose are found out, each by the rule that is about it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use contract::Tested;
use contract::ledger as rules;
use mailstore::backends::memory::MemoryLedger;
use mailstore::blob::{BlobRef, Digest, ObjectName, Place};
use mailstore::change::{Change, Committed, Op, Outcome};
use mailstore::flags::{FlagMode, FlagUpdate};
use mailstore::id::{AccountId, ChangeId, MailboxId, MailboxKey};
use mailstore::journal::{Event, Replay};
use mailstore::mailbox::Mailboxes;
use mailstore::message::{Presence, Want};
use mailstore::property::{PropertyPage, WantedProperties};
use mailstore::random::Random;
use mailstore::store::{
    BlobState, Claim, CommitError, Held, LeaseAsk, LeaseOp, Ledger, Opened, Page, Purge, Purged,
    StoreError,
};
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, UidSet};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// A later commit is readable before an earlier one.
    Gap,
    /// Writes back what it has read a while ago.
    LostUpdate,
    /// The rows of an append, but neither its record nor its counters.
    TornAppend,
    /// An append that is refused half-way leaves its first half.
    HalfAppend,
    /// Never heard of the id of a change.
    Twice,
    /// One refusal fails the whole group.
    GroupFails,
    /// The mailbox from one snapshot, its UIDs from the next.
    TornOpen,
    /// Pages as long as the mailbox.
    EndlessPage,
    /// What is expunged is gone at once.
    NoGhosts,
    /// Says nothing of what was trimmed.
    NeverTrimmed,
    /// Answers `Trimmed` wherever it might.
    AlwaysTrimmed,
    /// Claims do not hold a blob.
    Swept,
    /// Every writer is told that its own object is live.
    EachSettles,
    /// Claims lapse never.
    ClaimsForEver,
    /// Gives a lease to whoever asks.
    LeasesFailOpen,
    /// Ends a lease for whoever asks.
    AnyoneReleases,
    /// Some of a set of properties are stored, and the others not.
    HalfOfASet,
    /// `more` where there is none.
    JournalEndsEarly,
}

#[derive(Debug)]
struct Broken {
    ledger: MemoryLedger,
    fault: Fault,
}

fn broken(fault: Fault) -> Tested {
    Tested::new(Arc::new(Broken { ledger: MemoryLedger::default(), fault }))
}

macro_rules! found_out {
    ($($test:ident: $fault:ident by $module:ident::$rule:ident;)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            // The rule holds where nothing is broken.
            rules::$module::$rule(Tested::new(Arc::new(MemoryLedger::default()))).await;
            let tried = tokio::spawn(rules::$module::$rule(broken(Fault::$fault))).await;
            assert!(tried.is_err_and(|error| error.is_panic()), "nobody noticed");
        }
    )* };
}

found_out! {
    a_gap: Gap by races::readers_never_see_a_gap;
    a_record_that_comes_late: Gap by commits::one_modseq_for_each_commit;
    a_lost_update: LostUpdate by races::no_update_is_lost;
    a_torn_append: TornAppend by uids::open_agrees_with_the_journal;
    counters_that_were_not_written: TornAppend by messages::counters_equal_a_recount;
    half_an_append: HalfAppend by commits::a_refusal_leaves_no_trace;
    a_change_applied_twice: Twice by commits::a_change_is_applied_once;
    a_group_that_fails_together: GroupFails by commits::a_refusal_in_a_group_touches_only_itself;
    a_torn_open: TornOpen by races::open_is_one_snapshot;
    a_page_without_end: EndlessPage by paging::pages_are_bounded_and_complete;
    messages_gone_too_soon: NoGhosts by removal::the_expunged_are_readable_until_purged;
    a_trimming_that_is_hidden: NeverTrimmed by journal::trimmed_only_where_something_is_missing;
    a_trimming_that_is_none: AlwaysTrimmed by journal::trimmed_only_where_something_is_missing;
    a_blob_swept_while_claimed: Swept by claims::a_claim_made_before_the_purge_holds_the_blob;
    a_blob_swept_in_a_race: Swept by claims::claims_and_purges_race;
    two_objects_for_one_blob: EachSettles by claims::of_two_that_settle_the_first_stands;
    a_claim_that_never_lapses: ClaimsForEver by claims::a_crash_after_the_settlement_leaves_nothing;
    a_lease_for_everyone: LeasesFailOpen by leases::a_lease_is_refused_to_another;
    a_lease_with_many_holders: LeasesFailOpen by leases::a_lease_has_one_holder;
    a_lease_released_by_another: AnyoneReleases by leases::a_lease_is_released_by_its_holder_only;
    half_of_a_set: HalfOfASet by properties::properties_are_set_together_or_not;
    a_journal_that_ends_early: JournalEndsEarly by journal::the_journal_is_read_in_pages;
}

impl Broken {
    async fn only(&self, change: Change) -> Result<Committed, CommitError> {
        self.ledger.commit(vec![Arc::new(change)]).await.remove(0)
    }

    async fn commit_one(&self, change: &Change) -> Result<Committed, CommitError> {
        let mut change = change.clone();
        match (self.fault, &mut change.op) {
            (Fault::Twice, _) => change.id = ChangeId::new(Timestamp::now(), Random::draw()),
            (Fault::LostUpdate, Op::Flag { at, uids, update, .. }) => {
                let at = MailboxKey { account: change.account, mailbox: *at };
                let read = self.ledger.fetch(at, uids, Want::Row).await?;
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                let flags = update.apply(&read.messages[0].row.flags);
                *update = FlagUpdate { mode: FlagMode::Replace, flags };
            }
            (Fault::HalfAppend, Op::Append { to, messages }) => {
                let (to, messages) = (*to, std::mem::take(messages));
                return self.one_by_one(change, to, messages).await;
            }
            (Fault::HalfOfASet, Op::Property { set, .. }) => drop(set.pop_last()),
            _ => {}
        }
        self.only(change).await
    }

    async fn one_by_one(
        &self,
        change: Change,
        to: MailboxId,
        messages: Vec<mailstore::change::NewMessage>,
    ) -> Result<Committed, CommitError> {
        let mut last = self.only(change.clone()).await?;
        for message in messages {
            let id = ChangeId::new(Timestamp::now(), Random::draw());
            let op = Op::Append { to, messages: vec![message] };
            last = self.only(Change { id, op, ..change.clone() }).await?;
        }
        Ok(last)
    }

    /// Is this record not readable yet?
    fn is_late(&self, modseq: ModSeq, last: ModSeq) -> bool {
        self.fault == Fault::Gap && modseq.0.is_multiple_of(2) && modseq.0 + 2 > last.0
    }

    fn is_torn(&self, outcome: &Outcome, modseq: ModSeq) -> bool {
        self.fault == Fault::TornAppend
            && matches!(outcome, Outcome::Appended { .. })
            && modseq.0.is_multiple_of(3)
    }
}

#[async_trait]
impl Ledger for Broken {
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>> {
        let mut results = Vec::new();
        for change in &group {
            results.push(self.commit_one(change).await);
        }
        if self.fault == Fault::GroupFails && results.iter().any(Result::is_err) {
            let failed = || StoreError::unavailable("commit", "one of the group was refused");
            return group.iter().map(|_| Err(failed().into())).collect();
        }
        results
    }

    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError> {
        let mut found = self.ledger.mailboxes(account).await?;
        if self.fault == Fault::TornAppend {
            for mailbox in &mut found.list {
                mailbox.counts.messages = mailbox.counts.messages.saturating_sub(1);
            }
        }
        Ok(found)
    }

    async fn created(&self, account: AccountId) -> Result<u32, StoreError> {
        self.ledger.created(account).await
    }

    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError> {
        let first = self.ledger.open(at).await?;
        if self.fault != Fault::TornOpen {
            return Ok(first);
        }
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let second = self.ledger.open(at).await?;
        let both = first.zip(second);
        Ok(both.map(|(first, second)| Opened { uids: second.uids, ..first }))
    }

    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError> {
        let mut page = self.ledger.fetch(at, uids, want).await?;
        while self.fault == Fault::EndlessPage && !page.rest.is_empty() {
            let more = self.ledger.fetch(at, &page.rest, want).await?;
            page.messages.extend(more.messages);
            page.rest = more.rest;
        }
        if self.fault == Fault::NoGhosts {
            page.messages.retain(|found| found.presence == Presence::Live);
        }
        Ok(page)
    }

    async fn journal(
        &self,
        account: AccountId,
        since: ModSeq,
        mailbox: Option<MailboxId>,
        limit: usize,
    ) -> Result<Replay, StoreError> {
        let head = self.ledger.mailboxes(account).await?.head;
        if self.fault == Fault::AlwaysTrimmed && since < head.horizon {
            return Ok(Replay::Trimmed);
        }
        Ok(match self.ledger.journal(account, since, mailbox, limit).await? {
            Replay::Trimmed if self.fault == Fault::NeverTrimmed => {
                Replay::Records { records: Vec::new(), upto: head.modseq, more: false }
            }
            Replay::Trimmed => Replay::Trimmed,
            Replay::Records { mut records, upto, more } => {
                records.retain(|record| {
                    let arrived =
                        |e: &mailstore::journal::Entry| matches!(e.event, Event::Arrived(_));
                    let torn = self.is_torn(&record.outcome, record.modseq)
                        && record.entries.iter().any(arrived);
                    !torn && !self.is_late(record.modseq, head.modseq)
                });
                let more = more && self.fault != Fault::JournalEndsEarly;
                Replay::Records { records, upto, more }
            }
        })
    }

    async fn properties(
        &self,
        account: AccountId,
        wanted: &WantedProperties,
    ) -> Result<PropertyPage, StoreError> {
        self.ledger.properties(account, wanted).await
    }

    async fn mailboxes_with(&self, key: &str, limit: usize) -> Result<Vec<MailboxKey>, StoreError> {
        self.ledger.mailboxes_with(key, limit).await
    }

    async fn kept(&self, digest: Digest, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.ledger.kept(digest, range).await
    }

    fn keeps_up_to(&self) -> u64 {
        self.ledger.keeps_up_to()
    }

    async fn claim(&self, claim: &Claim) -> Result<BlobState, StoreError> {
        self.ledger.claim(claim).await
    }

    async fn settle(&self, blob: &BlobRef, name: &ObjectName) -> Result<Place, StoreError> {
        let place = self.ledger.settle(blob, name).await?;
        Ok(match self.fault {
            Fault::EachSettles => Place::Object(name.clone()),
            _ => place,
        })
    }

    async fn lease(&self, ask: &LeaseAsk) -> Result<Option<Held>, StoreError> {
        Ok(match (self.fault, ask.op) {
            (Fault::LeasesFailOpen, LeaseOp::Take { until, .. }) => {
                Some(Held { holder: ask.holder, until })
            }
            (Fault::AnyoneReleases, LeaseOp::Release) => {
                self.ledger.forget(ask.account).await?;
                None
            }
            _ => self.ledger.lease(ask).await?,
        })
    }

    async fn purge(&self, purge: &Purge) -> Result<Purged, StoreError> {
        let claims_before = match self.fault {
            Fault::Swept => Timestamp::from_millis(i64::MAX),
            Fault::ClaimsForEver => Timestamp::from_millis(0),
            _ => purge.claims_before,
        };
        self.ledger.purge(&Purge { claims_before, ..*purge }).await
    }

    async fn is_live(&self, name: &ObjectName) -> Result<bool, StoreError> {
        self.ledger.is_live(name).await
    }

    async fn sharing(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.ledger.sharing(digest, account, limit).await
    }

    async fn forget(&self, account: AccountId) -> Result<bool, StoreError> {
        self.ledger.forget(account).await
    }
}
