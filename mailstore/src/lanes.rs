//! Queues the changes of one account within a process, so that they wait for each other instead of
//! colliding, and so that those that wait are committed together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::change::{Change, Committed};
use crate::id::AccountId;
use crate::store::{CommitError, Ledger};

/// Most changes of one group.
const MAX_GROUP: usize = 64;

/// A ledger's commits, one lane an account. A lane runs one group at a time: nothing overtakes a
/// commit whose outcome is unknown.
#[derive(Debug)]
pub(crate) struct Lanes {
    ledger: Arc<dyn Ledger>,
    /// An account has a lane here while somebody leads it.
    lanes: Mutex<HashMap<AccountId, Vec<Waiting>>>,
}

#[derive(Debug)]
struct Waiting {
    change: Arc<Change>,
    tell: oneshot::Sender<Turn>,
}

/// What a waiting caller is told.
#[derive(Debug)]
enum Turn {
    /// Its change has been dealt with.
    Done(Result<Committed, CommitError>),
    /// It leads the lane now.
    Lead(Leader),
}

impl Lanes {
    pub(crate) fn new(ledger: Arc<dyn Ledger>) -> Arc<Self> {
        Arc::new(Self { ledger, lanes: Mutex::default() })
    }

    /// Commits a change in its turn.
    pub(crate) async fn commit(
        self: &Arc<Self>,
        change: Arc<Change>,
    ) -> Result<Committed, CommitError> {
        let (mut turn, mut leader) = self.join(&change);
        loop {
            if let Some(leader) = leader.take() {
                leader.run_group().await;
            }
            (turn, leader) = match turn.await {
                Ok(Turn::Done(result)) => return result,
                Ok(Turn::Lead(leader)) => (self.put_first(&change), Some(leader)),
                // Whoever ran the group was dropped half-way: the outcome is unknown, and asking
                // again under the same id is safe.
                Err(_) => self.join(&change),
            };
        }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<AccountId, Vec<Waiting>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the lane; leads it if there was none.
    fn join(self: &Arc<Self>, change: &Arc<Change>) -> (oneshot::Receiver<Turn>, Option<Leader>) {
        let (tell, turn) = oneshot::channel();
        let waiting = Waiting { change: Arc::clone(change), tell };
        let account = change.account;
        match self.lanes().entry(account) {
            Entry::Occupied(lane) => {
                lane.into_mut().push(waiting);
                (turn, None)
            }
            Entry::Vacant(lane) => {
                lane.insert(vec![waiting]);
                (turn, Some(Leader { lanes: Arc::clone(self), account, leads: true }))
            }
        }
    }

    /// Goes back to the head of the lane, of which it is now the leader.
    fn put_first(&self, change: &Arc<Change>) -> oneshot::Receiver<Turn> {
        let (tell, turn) = oneshot::channel();
        let waiting = Waiting { change: Arc::clone(change), tell };
        self.lanes().entry(change.account).or_default().insert(0, waiting);
        turn
    }
}

/// Whoever runs a lane at present. When dropped, done or not, it hands the lane on.
#[derive(Debug)]
struct Leader {
    lanes: Arc<Lanes>,
    account: AccountId,
    leads: bool,
}

impl Leader {
    async fn run_group(self) {
        let group: Vec<Waiting> = {
            let mut lanes = self.lanes.lanes();
            let waiting = lanes.entry(self.account).or_default();
            let most = waiting.len().min(MAX_GROUP);
            waiting.drain(..most).collect()
        };
        let changes = group.iter().map(|waiting| Arc::clone(&waiting.change)).collect();
        let results = self.lanes.ledger.commit(changes).await;
        for (waiting, result) in group.into_iter().zip(results) {
            // A caller that has gone away no longer wants to know.
            let _ = waiting.tell.send(Turn::Done(result));
        }
    }

    /// The one who waits next; `None`, and the lane is no more, if nobody does.
    fn next(&self) -> Option<Waiting> {
        let mut lanes = self.lanes.lanes();
        let waiting = lanes.get_mut(&self.account)?;
        if waiting.is_empty() {
            lanes.remove(&self.account);
            return None;
        }
        Some(waiting.remove(0))
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        while self.leads
            && let Some(next) = self.next()
        {
            let leader =
                Self { lanes: Arc::clone(&self.lanes), account: self.account, leads: true };
            match next.tell.send(Turn::Lead(leader)) {
                Ok(()) => return,
                // It has gone away: the next one, then.
                Err(Turn::Lead(mut leader)) => leader.leads = false,
                Err(Turn::Done(_)) => {}
            }
        }
    }
}
