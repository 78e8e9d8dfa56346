//! The one thread that writes: it puts whatever waits into one transaction and one fsync.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use super::company::{Company, Present};
use super::connection::Failure;
use super::directory::{Lock, OpenError};
use super::heads::Heads;
use super::latest::Latest;
use super::log::Log;
use super::schema;
use super::write::{Decided, Transaction};
use crate::change::{Change, Committed, Op};
use crate::id::ChangeId;
use crate::store::{CommitError, StoreError};
use crate::time::Timestamp;

/// Most changes of one transaction.
const MOST_CHANGES: usize = 256;
/// A transaction ends with the change that brings its message bytes to this.
const MOST_BYTES: u64 = 16 << 20;
/// Commits remembered, so that the same change is answered the same.
const REMEMBERED: usize = 65_536;
/// How long the thread looks for another job before it goes to sleep: who has just been answered
/// often sends more, and to wake a processor that sleeps takes up to 100 µs, a fifth of a delivery.
const AWAKE: Duration = Duration::from_micros(400);
/// How long the only one who commits looks for the answer before it sleeps. It keeps its thread.
const SOON: Duration = Duration::from_micros(600);

type Results = Vec<Result<Committed, CommitError>>;
type Reply = oneshot::Sender<Results>;
type Work = Box<dyn FnOnce(&mut Writer) + Send>;

enum Job {
    Group(Vec<Arc<Change>>, Reply),
    Work(Work),
}

/// Takes jobs to the thread. Dropping it lets the thread finish what waits, and ends it.
#[derive(Debug)]
pub(super) struct Committer {
    jobs: Option<Sender<Job>>,
    company: Arc<Company>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(super) fn start(
        db: Connection,
        lock: Lock,
        latest: Arc<Latest>,
    ) -> Result<Self, OpenError> {
        let path = db.path().map(PathBuf::from).unwrap_or_default();
        let error = |error: std::io::Error| OpenError::new(&path, error);
        let (jobs, waiting) = mpsc::channel();
        let company = Arc::new(Company::default());
        let mut writer = Writer::new(db, path.clone(), (latest, Arc::clone(&company)));
        let thread = thread::Builder::new()
            .name("mailstore-commit".into())
            .spawn(move || {
                writer.run(&waiting);
                drop(lock);
            })
            .map_err(error)?;
        Ok(Self { jobs: Some(jobs), company, thread: Some(thread) })
    }

    /// Commits a group.
    pub(super) async fn commit(&self, group: Vec<Arc<Change>>) -> Results {
        let count = group.len();
        let present = self.company.enter();
        let (reply, mut answer) = oneshot::channel();
        self.send(Job::Group(group, reply));
        let results = match soon(&present, &mut answer) {
            Poll::Ready(results) => results,
            Poll::Pending => answer.await.ok(),
        };
        results.unwrap_or_else(|| (0..count).map(|_| Err(stopped("commit").into())).collect())
    }

    /// Runs a piece of work in a transaction of its own.
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        op: &'static str,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Work(Box::new(move |writer| {
            // A caller that has gone away no longer wants to know.
            let _ = reply.send(writer.transact(work).map_err(|failure| failure.of(op)));
        })));
        answer.await.unwrap_or_else(|_| Err(stopped(op)))
    }

    fn send(&self, job: Job) {
        // If the thread has stopped the reply is dropped, and the caller told so.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn stopped(op: &'static str) -> StoreError {
    StoreError::unavailable(op, "the committer has stopped")
}

/// The thread's own: the connection and what it knows of the database.
pub(super) struct Writer {
    db: Connection,
    path: PathBuf,
    heads: Heads,
    recent: Recent,
    latest: Arc<Latest>,
    company: Arc<Company>,
    log: Log,
}

impl Writer {
    fn new(db: Connection, path: PathBuf, (latest, company): (Arc<Latest>, Arc<Company>)) -> Self {
        let log = Log::of(&path);
        let recent = Recent::since(Timestamp::now());
        Self { db, path, heads: Heads::default(), recent, latest, company, log }
    }

    fn run(&mut self, waiting: &Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| receive(waiting, &self.company)) {
            match job {
                Job::Work(work) => work(self),
                Job::Group(changes, reply) => {
                    let mut batch = Batch::default();
                    batch.push(changes, reply);
                    next = batch.fill(waiting);
                    self.company.came(batch.groups.len());
                    self.commit(batch);
                }
            }
            self.log.shorten(&self.db);
        }
    }

    fn commit(&mut self, batch: Batch) {
        let changes: Vec<_> = batch.changes().collect();
        let mut results: VecDeque<_> = match self.try_all(&changes) {
            Ok(decided) => decided.into_iter().map(|result| Ok(result?)).collect(),
            // Whatever was wrong, it shall hit only the change that it is the fault of.
            Err(_) => changes.iter().map(|change| self.try_one(change)).collect(),
        };
        drop(changes);
        for (changes, reply) in batch.groups {
            let _ = reply.send(results.drain(..changes.len()).collect());
        }
    }

    fn try_one(&mut self, change: &Arc<Change>) -> Result<Committed, CommitError> {
        match self.try_all(&[change]) {
            Ok(decided) => {
                let only = decided.into_iter().next();
                Ok(only.ok_or_else(|| stopped("commit"))??)
            }
            Err(failure) => {
                tracing::error!(error = %failure, account = %change.account, "a commit failed");
                Err(failure.of("commit").into())
            }
        }
    }

    fn try_all(&mut self, changes: &[&Arc<Change>]) -> Result<Vec<Decided>, Failure> {
        let recent = &self.recent;
        let mut decided: Vec<Decided> = Vec::with_capacity(changes.len());
        let mut last = HashMap::new();
        let mut has_properties = false;
        let done = in_transaction(&self.db, &mut self.heads, |transaction| {
            let mut here: HashMap<ChangeId, usize> = HashMap::new();
            for change in changes {
                let known = match here.get(&change.id) {
                    Some(at) => decided.get(*at).cloned(),
                    None => recent.find(change, transaction)?.map(Ok),
                };
                here.insert(change.id, decided.len());
                decided.push(match known {
                    // Of a change that was applied before, the commit may not be the last one.
                    Some(known) => known,
                    None => {
                        let now = transaction.apply(change)?;
                        last.extend(now.iter().map(|now| (change.account, now.modseq)));
                        now
                    }
                });
            }
            has_properties = transaction.has_properties;
            Ok(())
        });
        self.settle(done)?;
        if has_properties {
            self.latest.changed();
        }
        for (change, result) in changes.iter().zip(&decided) {
            if let Ok(committed) = result {
                self.recent.remember(change.id, committed);
            }
        }
        last.into_iter().for_each(|(account, modseq)| self.latest.committed(account, modseq));
        Ok(decided)
    }

    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let result = in_transaction(&self.db, &mut self.heads, work);
        // Whatever it was that was done.
        self.latest.changed();
        self.settle(result)
    }

    /// After a failure nothing that this thread believes about the database can be trusted.
    fn settle<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        if result.is_err() {
            self.heads.clear();
            self.latest.clear();
            self.recent = Recent::since(Timestamp::now());
            match schema::open(&self.path) {
                Ok(db) => {
                    self.db = db;
                    self.log = Log::of(&self.path);
                }
                Err(error) => tracing::error!(%error, "the database cannot be opened again"),
            }
        }
        result
    }
}

/// The next job; `None` when there will be no more.
fn receive(waiting: &Receiver<Job>, company: &Company) -> Option<Job> {
    let since = Instant::now();
    while company.is_rare() && since.elapsed() < AWAKE {
        match waiting.try_recv() {
            Err(TryRecvError::Empty) => thread::yield_now(),
            job => return job.ok(),
        }
    }
    waiting.recv().ok()
}

/// The answer, if it comes soon and nobody else commits meanwhile: `None` if there will be none.
fn soon(present: &Present<'_>, answer: &mut oneshot::Receiver<Results>) -> Poll<Option<Results>> {
    if !present.is_alone() || !others_have_threads() {
        return Poll::Pending;
    }
    let since = Instant::now();
    while present.is_alone() && since.elapsed() < SOON {
        match answer.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => thread::yield_now(),
            answered => return Poll::Ready(answered.ok()),
        }
    }
    Poll::Pending
}

/// Does the runtime get on if this thread is kept? On the only thread nobody else could begin to
/// commit.
fn others_have_threads() -> bool {
    Handle::try_current().is_ok_and(|runtime| {
        runtime.runtime_flavor() == RuntimeFlavor::MultiThread
            && runtime.metrics().num_workers() > 1
    })
}

/// Runs `work` between BEGIN and COMMIT; rolls back if either fails.
fn in_transaction<T>(
    db: &Connection,
    heads: &mut Heads,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let result = work(&mut Transaction::new(db, heads)).and_then(|value| {
        heads.flush(db)?;
        db.prepare_cached("COMMIT")?.execute([])?;
        Ok(value)
    });
    if result.is_err() && !db.is_autocommit() {
        // If even that fails, the connection is opened anew.
        let _ = db.execute_batch("ROLLBACK");
    }
    result
}

/// What goes into one transaction.
#[derive(Default)]
struct Batch {
    groups: Vec<(Vec<Arc<Change>>, Reply)>,
    count: usize,
    bytes: u64,
}

impl Batch {
    fn push(&mut self, changes: Vec<Arc<Change>>, reply: Reply) {
        self.count += changes.len();
        self.bytes += changes.iter().map(|change| bytes(change)).sum::<u64>();
        self.groups.push((changes, reply));
    }

    /// Adds what waits, up to the limits; returns a job that is none of this batch's.
    fn fill(&mut self, waiting: &Receiver<Job>) -> Option<Job> {
        while self.count < MOST_CHANGES && self.bytes < MOST_BYTES {
            match waiting.try_recv().ok()? {
                Job::Group(changes, reply) => self.push(changes, reply),
                work @ Job::Work(_) => return Some(work),
            }
        }
        None
    }

    fn changes(&self) -> impl Iterator<Item = &Arc<Change>> {
        self.groups.iter().flat_map(|(changes, _)| changes)
    }
}

fn bytes(change: &Change) -> u64 {
    match &change.op {
        Op::Append { messages, .. } => {
            messages.iter().map(|message| message.content.email.tree.size()).sum()
        }
        _ => 0,
    }
}

/// The latest commits, by the id of their change.
struct Recent {
    commits: HashMap<ChangeId, Committed>,
    order: VecDeque<ChangeId>,
    /// Changes made before this may have been committed without being remembered here.
    since: Timestamp,
}

impl Recent {
    fn since(since: Timestamp) -> Self {
        Self { commits: HashMap::new(), order: VecDeque::new(), since }
    }

    fn find(
        &self,
        change: &Change,
        transaction: &Transaction<'_>,
    ) -> Result<Option<Committed>, Failure> {
        match self.commits.get(&change.id) {
            Some(committed) => Ok(Some(committed.clone())),
            None if change.id.time() > self.since => Ok(None),
            None => transaction.earlier(change.account, change.id),
        }
    }

    fn remember(&mut self, id: ChangeId, committed: &Committed) {
        if self.commits.insert(id, committed.clone()).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.since = self.since.max(oldest.time());
            self.commits.remove(&oldest);
        }
    }
}
