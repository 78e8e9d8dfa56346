//! Commits: one transaction for a group of changes of one account.
//!
//! A transaction begins with a write to the account's head, so that of two that overlap one fails
//! at once, before it has done any work, and begins again. Within a process the changes of one
//! account wait for each other in a queue, so only processes are ever in each other's way; they
//! back off by chance, longer each time, and each comes through.
//!
//! The journal has a unique index over the ids of changes: a change that was committed before, its
//! outcome lost on the way, fails there, whatever this process knows of it, and is then answered
//! from its record.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

use super::document::{LOCK, binary};
use super::failure::Failure;
use super::remembered::Remembered;
use super::retry::Retry;
use super::state::{State, Stored};
use super::store::Store;
use super::{fetch, property, recent, record, row, schema, write};
use crate::change::{Change, Committed, Op, ReadMailboxes, Refusal};
use crate::id::{AccountId, ChangeId, MailboxId};
use crate::mailbox::AccountHead;
use crate::message::{Presence, Row};
use crate::store::{CommitError, Contention};

/// Queues of accounts: those with the same remainder share one.
const QUEUES: usize = 256;
/// Tries of a commit whose outcome is unknown, before that is said.
const UNKNOWN_TRIES: usize = 3;

type Decided = Result<Committed, Refusal>;
type Known = HashMap<ChangeId, Committed>;

/// Commits, one after the other for each account.
#[derive(Debug)]
pub(super) struct Committer {
    queues: Vec<Mutex<()>>,
    commits: AtomicU64,
    retries: AtomicU64,
}

impl Default for Committer {
    fn default() -> Self {
        Self {
            queues: (0..QUEUES).map(|_| Mutex::default()).collect(),
            commits: AtomicU64::new(0),
            retries: AtomicU64::new(0),
        }
    }
}

impl Committer {
    pub(super) fn contention(&self) -> Contention {
        Contention {
            commits: self.commits.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
        }
    }

    /// Waits for the others of this process.
    pub(super) async fn turn(&self, account: AccountId) -> Option<MutexGuard<'_, ()>> {
        let queue = self.queues.get(account.get() as usize % QUEUES)?;
        Some(queue.lock().await)
    }

    /// Commits a group of one account, in the time of one call.
    pub(super) async fn commit(
        &self,
        store: &Store,
        remembered: &Remembered,
        group: &[Arc<Change>],
    ) -> Vec<Result<Committed, CommitError>> {
        let Some(first) = group.first() else { return Vec::new() };
        let deadline = Instant::now() + store.timeout;
        let Ok(_turn) = timeout_at(deadline, self.turn(first.account)).await else {
            let failure = Failure::TimedOut(store.timeout).of("commit").into();
            return spread(failure, group.len());
        };
        if let Some(taken) = recent::take(store, remembered, group).await {
            return vec![Ok(taken)];
        }
        match self.in_time(store, group, deadline).await {
            Ok(decided) => decided.into_iter().map(|result| Ok(result?)).collect(),
            Err(failure) if group.len() == 1 || !failure_is_of_one(&failure) => {
                let failure = failure.of("commit").into();
                spread(failure, group.len())
            }
            // Whatever was wrong, it shall hit only the change that it is the fault of.
            Err(_) => self.one_by_one(store, group, deadline).await,
        }
    }

    async fn one_by_one(
        &self,
        store: &Store,
        group: &[Arc<Change>],
        deadline: Instant,
    ) -> Vec<Result<Committed, CommitError>> {
        let mut results = Vec::with_capacity(group.len());
        for change in group {
            let decided = self.in_time(store, std::slice::from_ref(change), deadline).await;
            results.push(match decided {
                Ok(mut decided) => match decided.pop() {
                    Some(result) => result.map_err(CommitError::from),
                    None => Err(Failure::corrupt("no result").of("commit").into()),
                },
                Err(failure) => Err(failure.of("commit").into()),
            });
        }
        results
    }

    /// Tries until it is done, or the time is over.
    async fn in_time(
        &self,
        store: &Store,
        group: &[Arc<Change>],
        deadline: Instant,
    ) -> Result<Vec<Decided>, Failure> {
        let done = timeout_at(deadline, self.try_long(store, group, deadline)).await;
        done.unwrap_or(Err(Failure::TimedOut(store.timeout)))
    }

    async fn try_long(
        &self,
        store: &Store,
        group: &[Arc<Change>],
        deadline: Instant,
    ) -> Result<Vec<Decided>, Failure> {
        let (mut known, mut retry) = (Known::new(), Retry::until(deadline));
        loop {
            let failure = match attempt(store, group, &known).await {
                Ok(decided) => {
                    self.commits.fetch_add(1, Ordering::Relaxed);
                    return Ok(decided);
                }
                Err(failure) => failure,
            };
            if failure.is_duplicate() || failure.is_unknown() {
                let ids: Vec<_> = group.iter().map(|change| change.id).collect();
                let found = earlier(store, group, &ids).await?;
                // A duplicate that nobody knows is another one's: of a head, say, inserted twice.
                known.extend(found);
            } else if !failure.may_be_retried() {
                return Err(failure);
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            if !retry.wait(store, &failure).await {
                return Err(failure);
            }
        }
    }
}

/// Can a failure be the fault of one change of a group? One of the server's is not.
fn failure_is_of_one(failure: &Failure) -> bool {
    matches!(failure, Failure::Corrupt(_) | Failure::TooLarge(_))
        || matches!(failure, Failure::Server(_)) && !failure.may_be_retried()
}

/// The same failure for each change of a group.
fn spread(failure: CommitError, count: usize) -> Vec<Result<Committed, CommitError>> {
    let CommitError::Store(error) = failure else { return vec![Err(failure)] };
    let text = error.source.to_string();
    (0..count)
        .map(|_| {
            let source = text.clone();
            Err(crate::store::StoreError::new(error.fault, error.op, source).into())
        })
        .collect()
}

/// One transaction, from its begin to its end.
async fn attempt(
    store: &Store,
    group: &[Arc<Change>],
    known: &Known,
) -> Result<Vec<Decided>, Failure> {
    let Some(first) = group.first() else { return Ok(Vec::new()) };
    let (session, state) = (store.begin().await?, State::default());
    let holding = store.presence.holding(session.id());
    let mut transaction = Transaction { store, session, account: first.account, state };
    let made = transaction.make(group, known).await;
    if made.is_err() || !transaction.state.is_changed() {
        // It must not hold the account until the server finds out.
        let _ = transaction.session.abort_transaction().await;
    }
    holding.end(&made);
    let mut results = made?;
    answer_from_journal(store, group, &mut results).await?;
    Ok(results.into_iter().map(|result| result.0).collect())
}

/// Takes the account's head: any other transaction of the account fails or has failed.
pub(super) async fn lock(
    store: &Store,
    session: &mut ClientSession,
    account: AccountId,
) -> Result<AccountHead, Failure> {
    let found = store
        .collection(schema::ACCOUNTS)
        .find_one_and_update(doc! { "_id": account.get() }, doc! { "$inc": { LOCK: 1_i64 } })
        .upsert(true)
        .return_document(ReturnDocument::Before)
        .session(session)
        .await?;
    found.map_or_else(|| Ok(AccountHead::default()), row::head_from)
}

/// Commits the transaction. Told that the outcome is unknown, it asks again: the server knows.
pub(super) async fn end(session: &mut ClientSession) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        match session.commit_transaction().await.map_err(Failure::from) {
            Err(failure) if failure.is_unknown() && tries < UNKNOWN_TRIES => tries += 1,
            result => return result,
        }
    }
}

/// What earlier commits have made of these changes.
async fn earlier(store: &Store, group: &[Arc<Change>], ids: &[ChangeId]) -> Result<Known, Failure> {
    let Some(first) = group.first().filter(|_| !ids.is_empty()) else { return Ok(Known::new()) };
    let ids: Vec<_> = ids.iter().map(|id| binary(id.to_bytes())).collect();
    let filter = doc! { "account": first.account.get(), "change": { "$in": ids } };
    let found = store.find(schema::JOURNAL, filter).await?;
    let mut known = Known::new();
    for document in found {
        let record = record::record_from(document)?;
        let committed = Committed { modseq: record.modseq, outcome: record.outcome };
        known.insert(record.change, committed);
    }
    Ok(known)
}

/// Has a change left a trace in this transaction? Then the unique index over the journal has seen
/// to it that it is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trace {
    Left,
    None,
}

/// A change that was refused, or changed nothing, may have been committed before: that is why.
async fn answer_from_journal(
    store: &Store,
    group: &[Arc<Change>],
    results: &mut [(Decided, Trace)],
) -> Result<(), Failure> {
    let traceless = |result: &(Decided, Trace)| result.1 == Trace::None;
    let pairs = group.iter().zip(results.iter());
    let ids: Vec<_> =
        pairs.filter(|(_, result)| traceless(result)).map(|(change, _)| change.id).collect();
    let known = earlier(store, group, &ids).await?;
    for (change, result) in group.iter().zip(results) {
        if traceless(result)
            && let Some(committed) = known.get(&change.id)
        {
            result.0 = Ok(committed.clone());
        }
    }
    Ok(())
}

struct Transaction<'a> {
    store: &'a Store,
    session: ClientSession,
    account: AccountId,
    state: State,
}

impl Transaction<'_> {
    /// All of it, but for its end if nothing is changed.
    async fn make(
        &mut self,
        group: &[Arc<Change>],
        known: &Known,
    ) -> Result<Vec<(Decided, Trace)>, Failure> {
        self.state.head = lock(self.store, &mut self.session, self.account).await?;
        self.load(group).await?;
        let results = self.decide(group, known).await?;
        if self.state.is_changed() {
            let models = write::models(self.store, self.account, &self.state)?;
            self.store.client.bulk_write(models).session(&mut self.session).await?;
            end(&mut self.session).await?;
        }
        Ok(results)
    }

    /// Reads the mailboxes that the changes read, all at once.
    async fn load(&mut self, group: &[Arc<Change>]) -> Result<(), Failure> {
        let mut ids: Vec<i64> = Vec::new();
        let mut all = false;
        for change in group {
            match change.reads().mailboxes {
                ReadMailboxes::All => all = true,
                ReadMailboxes::These(these) => {
                    ids.extend(these.iter().map(|MailboxId(id)| i64::from(*id)));
                }
            }
        }
        let mut filter = doc! { "account": self.account.get() };
        if all {
            self.load_subscriptions().await?;
        } else if ids.is_empty() {
            return Ok(());
        } else {
            filter.insert("id", doc! { "$in": ids });
        }
        let found = self.store.find_in(&mut self.session, schema::MAILBOXES, filter).await?;
        let found = found.into_iter().map(row::mailbox_from).collect::<Result<_, _>>()?;
        self.state.keep(found);
        Ok(())
    }

    async fn load_subscriptions(&mut self) -> Result<(), Failure> {
        let filter = subscriptions_of(self.account);
        let found = self.store.find_in(&mut self.session, schema::PROPERTIES, filter).await?;
        if let Some(document) = found.into_iter().next() {
            self.state.subscriptions = row::subscriptions_from(document)?;
        }
        Ok(())
    }

    /// Decides each change on the state left by the one before.
    async fn decide(
        &mut self,
        group: &[Arc<Change>],
        known: &Known,
    ) -> Result<Vec<(Decided, Trace)>, Failure> {
        let mut results: Vec<(Decided, Trace)> = Vec::with_capacity(group.len());
        let mut here: HashMap<ChangeId, usize> = HashMap::new();
        for change in group {
            let before = here.get(&change.id).and_then(|at| results.get(*at)).cloned();
            let result = match (before, known.get(&change.id)) {
                (Some(result), _) => result,
                (None, Some(committed)) => (Ok(committed.clone()), Trace::Left),
                (None, None) => self.decide_one(change).await?,
            };
            here.insert(change.id, results.len());
            results.push(result);
        }
        Ok(results)
    }

    async fn decide_one(&mut self, change: &Change) -> Result<(Decided, Trace), Failure> {
        let reads = change.reads();
        let mut stored = Stored::default();
        if let Some(wanted) = &reads.rows {
            stored.rows = self.stored_rows(wanted.mailbox, wanted.uids).await?;
        }
        for wanted in &reads.properties {
            let filter = property::filter(self.account, wanted.scope);
            let found = self.store.find_in(&mut self.session, schema::PROPERTIES, filter).await?;
            let values = property::values(found)?.into_iter();
            stored.properties.extend(values.filter(|((at, key), _)| wanted.has(*at, key)));
        }
        if let Op::TakeRecent { at, .. } = change.op
            && let Some(stored) = self.state.mailboxes.get_mut(&at)
        {
            *stored = stored.taken_by(change.id);
        }
        Ok(match change.decide(&self.state.snapshot(&reads, stored)) {
            Ok(delta) => {
                let trace = if delta.is_empty() { Trace::None } else { Trace::Left };
                if !delta.is_empty() {
                    self.state.apply(&delta, change.at);
                }
                let (modseq, outcome) = (delta.head.modseq, delta.outcome);
                (Ok(Committed { modseq, outcome }), trace)
            }
            Err(refusal) => (Err(refusal), Trace::None),
        })
    }

    /// Rows as they were before the transaction.
    async fn stored_rows(
        &mut self,
        mailbox: MailboxId,
        uids: &crate::uid::UidSet,
    ) -> Result<Vec<(Row, Presence)>, Failure> {
        let Some(known) = self.state.mailboxes.get(&mailbox) else { return Ok(Vec::new()) };
        let below = fetch::below(uids, known.mailbox.uid_next);
        let mut windows = fetch::Windows::new(below);
        let mut rows = Vec::new();
        while let Some(window) = windows.next(rows.len()) {
            let filter = window.filter(self.account, mailbox);
            let found = self.store.find_in(&mut self.session, schema::MESSAGES, filter).await?;
            for document in found {
                let found = row::message_from(document)?;
                if window.uids.contains(found.0.uid) {
                    rows.push(found);
                }
            }
        }
        Ok(rows)
    }
}

/// Which property holds the subscriptions.
pub(super) fn subscriptions_of(account: AccountId) -> Document {
    doc! { "account": account.get(), "mailbox": 0_i64, "key": row::SUBSCRIPTIONS }
}
