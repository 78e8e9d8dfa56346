//! Transactions of processes that died.
//!
//! A transaction outlives the process that began it: the server ends it after
//! `transactionLifetimeLimitSeconds` (60 s, where nobody has set it), and until then nobody else
//! can write the account that it holds. So each process says which sessions are its own, and, as
//! often as it begins transactions, that it is there. Who finds an account held for long ends the
//! sessions of those who have said nothing for long. If one of them lives after all, its
//! transaction fails as in any conflict, and begins again.
//!
//! A process can leave a transaction behind itself, too, if the way to the server is cut in the
//! midst of one, for it cannot abort it then. It remembers its session, and ends that as soon as
//! something is in its way.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::options::{Acknowledgment, WriteConcern};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::document::binary;
use super::failure::Failure;
use super::schema::PROCESSES;
use super::store::Store;
use crate::random::Random;

/// How often a process says that it is there, while it begins transactions.
const BEAT: Duration = Duration::from_secs(1);
/// Who has said nothing for so long is taken for dead: its transactions are as old, less a beat.
const SILENCE: Duration = Duration::from_secs(8);
/// The server forgets sessions after 30 minutes; the driver uses none that is nearly as old.
const SESSION: Duration = Duration::from_secs(30 * 60);

/// Sessions with a transaction left behind that are remembered at most: the latest.
const MOST_LEFT: usize = 1_000;

/// What a process has said of itself, and what it has left behind.
#[derive(Debug, Default)]
pub(super) struct Presence {
    said: Mutex<Said>,
    left: std::sync::Mutex<Vec<Bson>>,
}

#[derive(Debug, Default)]
struct Said {
    id: Option<Random>,
    last: Option<Instant>,
    /// By their ids in hexadecimal: the id, and when a transaction was last begun.
    sessions: HashMap<String, (Bson, Instant)>,
}

impl Presence {
    /// Before a transaction is begun in a session: one round trip, now and then.
    pub(super) async fn say(&self, store: &Store, session: &Document) -> Result<(), Failure> {
        let Some(id) = session.get("id") else { return Ok(()) };
        let mut said = self.said.lock().await;
        let now = Instant::now();
        let known = said.sessions.insert(id.to_string(), (id.clone(), now)).is_some();
        if known && said.last.is_some_and(|last| now < last + BEAT) {
            return Ok(());
        }
        said.sessions.retain(|_, (_, used)| now < *used + SESSION);
        let process = *said.id.get_or_insert_with(Random::draw);
        let sessions: Vec<_> = said.sessions.values().map(|(id, _)| id.clone()).collect();
        let update = doc! { "$set": { "sessions": sessions }, "$currentDate": { "alive": true } };
        let this = doc! { "_id": binary(process.0.to_be_bytes()) };
        // Were it lost, it would only be said again.
        let soon = WriteConcern::builder().w(Acknowledgment::Nodes(1)).build();
        let processes = store.collection(PROCESSES);
        processes.update_one(this, update).upsert(true).write_concern(soon).await?;
        said.last = Some(now);
        Ok(())
    }

    /// A transaction that is begun in a session.
    pub(super) fn holding(&self, session: &Document) -> Holding<'_> {
        Holding { presence: self, session: session.get("id").cloned() }
    }

    fn left(&self) -> MutexGuard<'_, Vec<Bson>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, sessions: impl IntoIterator<Item = Bson>) {
        let mut left = self.left();
        left.extend(sessions);
        let surplus = left.len().saturating_sub(MOST_LEFT);
        left.drain(..surplus);
    }
}

/// A transaction that the server may be holding. Whoever gives it up without having told the server
/// leaves it behind.
#[derive(Debug)]
pub(super) struct Holding<'a> {
    presence: &'a Presence,
    session: Option<Bson>,
}

impl Holding<'_> {
    /// How it ended, and with it was told to the server, if that could be reached.
    pub(super) fn end<T>(mut self, done: &Result<T, Failure>) {
        if !done.as_ref().is_err_and(Failure::is_away) {
            self.session = None;
        }
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.presence.leave(self.session.take());
    }
}

/// Ends the transactions that this process has left behind.
pub(super) async fn end_those_left(store: &Store) -> Result<(), Failure> {
    let sessions = std::mem::take(&mut *store.presence.left());
    if sessions.is_empty() {
        return Ok(());
    }
    let ended = kill(store, &sessions).await;
    if ended.is_err() {
        store.presence.leave(sessions);
    }
    ended
}

async fn kill(store: &Store, sessions: &[Bson]) -> Result<(), Failure> {
    let sessions: Vec<_> = sessions.iter().map(|id| doc! { "id": id }).collect();
    store.client.database("admin").run_command(doc! { "killSessions": sessions }).await?;
    Ok(())
}

/// Ends the transactions of those who have said nothing for long.
pub(super) async fn end_the_dead(store: &Store) -> Result<(), Failure> {
    let admin = store.client.database("admin");
    // The server's clock has said when they were alive.
    let now = admin.run_command(doc! { "hello": 1 }).await?.get_datetime("localTime").copied();
    let now = now.map_err(|_| Failure::corrupt("the server does not say what time it is"))?;
    let silent = now.timestamp_millis().saturating_sub(SILENCE.as_millis() as i64);
    let silent = doc! { "alive": { "$lt": DateTime::from_millis(silent) } };
    for process in store.find(PROCESSES, silent.clone()).await? {
        let sessions = process.get_array("sessions").map_or(&[][..], Vec::as_slice);
        tracing::warn!(sessions = sessions.len(), "ended the transactions of a process that died");
        kill(store, sessions).await?;
        let mut gone = silent.clone();
        gone.insert("_id", process.get("_id"));
        store.collection(PROCESSES).delete_one(gone).await?;
    }
    Ok(())
}
