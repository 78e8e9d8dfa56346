//! How many sessions, streams and the like each account has, over all hosts.
//!
//! Each process counts its own, and says so to what hosts share, with a lease that it renews: a process
//! that dies has none when its leases have ended. Where hosts share nothing, or it is away, each counts
//! for itself, and nobody is turned away for that.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use mailstore::id::AccountId;
use mailstore::random::Random;
use mailstore::store::{Hold, LeaseHolder, Shared};
use mailstore::time::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::tally::Tally;

/// How often what is held is said again, unless something else is said.
const PACE: Duration = Duration::from_secs(30);
/// Renewals while a lease lasts: two may fail.
const RENEWALS: u32 = 3;
/// What is said of this many accounts may be under way at a time.
const TURNS: usize = 64;

/// Counts what each account has. Clones count together.
#[derive(Clone, Debug)]
pub struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    what: &'static str,
    holder: LeaseHolder,
    shared: Arc<dyn Shared>,
    pace: Duration,
    own: Mutex<Own>,
    /// Of one account one thing is said at a time, so that the last word is the latest.
    turns: Vec<tokio::sync::Mutex<()>>,
    /// Rung when places were given back.
    given_back: Arc<Notify>,
    keeper: OnceLock<Keeper>,
}

/// What this process has.
#[derive(Debug, Default)]
struct Own {
    counts: Tally<AccountId>,
    /// Accounts that have fewer than was said.
    fewer: HashSet<AccountId>,
}

impl Places {
    /// Places for `what`, a word for the sessions that take them, among the hosts that share `shared`.
    pub fn new(shared: Arc<dyn Shared>, what: &'static str) -> Self {
        Self::with_pace(shared, what, PACE)
    }

    fn with_pace(shared: Arc<dyn Shared>, what: &'static str, pace: Duration) -> Self {
        Self(Arc::new(Inner {
            what,
            holder: LeaseHolder(Random::draw().0),
            shared,
            pace,
            own: Mutex::default(),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect(),
            given_back: Arc::default(),
            keeper: OnceLock::new(),
        }))
    }

    /// Takes a place; `None` if the account has `most` already, over all hosts.
    pub async fn take(&self, account: AccountId, most: u32) -> Option<Place> {
        self.0.keeper.get_or_init(|| Keeper::start(&self.0));
        let place = self.take_here(account, most)?;
        let fits = self.0.say(account, u64::from(most)).await;
        fits.then_some(place)
    }

    fn take_here(&self, account: AccountId, most: u32) -> Option<Place> {
        self.0.own().counts.take(account, most as usize)?;
        Some(Place { places: Arc::clone(&self.0), account })
    }
}

impl Inner {
    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how many this process has of an account's places; `false` if all hosts together would have
    /// more than `most`.
    async fn say(&self, account: AccountId, most: u64) -> bool {
        let turn = account.get().cast_unsigned() as usize % TURNS;
        let _turn = self.turns[turn].lock().await;
        let count = self.own().counts.of(account) as u64;
        let (holder, lease) = (self.holder, self.pace * RENEWALS);
        let hold = Hold { holder, count, most, lease };
        let key = format!("{} of account {account}", self.what);
        let held = self.shared.hold(&key, &hold, Timestamp::now()).await;
        held.unwrap_or_else(|error| {
            tracing::warn!(%error, %account, what = self.what, "hosts do not count together");
            true
        })
    }

    /// The accounts that have fewer than was said.
    fn fewer(&self) -> Vec<AccountId> {
        std::mem::take(&mut self.own().fewer).into_iter().collect()
    }

    /// Those, and the accounts that have any.
    fn all(&self) -> Vec<AccountId> {
        let mut all = self.fewer();
        all.extend(self.own().counts.keys());
        all
    }
}

/// The place of one, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Inner>,
    account: AccountId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut own = self.places.own();
        own.counts.give_back(self.account);
        own.fewer.insert(self.account);
        drop(own);
        self.places.given_back.notify_one();
    }
}

/// Says again what is held, and that places were given back, as long as there are places.
#[derive(Debug)]
struct Keeper(JoinHandle<()>);

impl Keeper {
    fn start(places: &Arc<Inner>) -> Self {
        let given_back = Arc::clone(&places.given_back);
        Self(tokio::spawn(keep(Arc::downgrade(places), given_back, places.pace)))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep(places: Weak<Inner>, given_back: Arc<Notify>, pace: Duration) {
    let mut again = interval(pace);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let which = tokio::select! {
            _ = again.tick() => Inner::all,
            () = given_back.notified() => Inner::fewer as fn(&Inner) -> Vec<AccountId>,
        };
        let Some(places) = places.upgrade() else { return };
        for account in which(&places) {
            places.say(account, u64::MAX).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use async_trait::async_trait;
    use mailstore::store::{LocalShared, StoreError};

    use super::*;

    fn account(number: i64) -> AccountId {
        AccountId::new(number).unwrap()
    }

    /// Two processes that share something.
    fn hosts(shared: Arc<dyn Shared>) -> [Places; 2] {
        let pace = Duration::from_millis(5);
        [(); 2].map(|()| Places::with_pace(Arc::clone(&shared), "test", pace))
    }

    /// Takes a place that is given back beside this.
    async fn taken(places: &Places, most: u32) -> Place {
        for _ in 0..10_000 {
            if let Some(place) = places.take(account(1), most).await {
                return place;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("it is never given back");
    }

    #[tokio::test]
    async fn places_are_given_back() {
        let places = Places::new(Arc::new(LocalShared::default()), "test");
        let first = places.take(account(1), 2).await.unwrap();
        let second = places.take(account(1), 2).await.unwrap();
        assert!(places.take(account(1), 2).await.is_none());
        assert!(places.take(account(2), 2).await.is_some());
        drop(first);
        assert!(places.take(account(1), 2).await.is_some());
        drop(second);
        assert_eq!(places.0.own().counts.keys().count(), 0);
    }

    #[tokio::test]
    async fn hosts_count_together() {
        let [here, there] = hosts(Arc::new(LocalShared::default()));
        let first = here.take(account(1), 2).await.unwrap();
        let _second = there.take(account(1), 2).await.unwrap();
        assert!(here.take(account(1), 2).await.is_none());
        assert!(there.take(account(1), 2).await.is_none());
        assert!(there.take(account(2), 2).await.is_some());
        drop(first);
        taken(&there, 2).await;
    }

    /// What is shared, and somebody who counts what is said, or fails.
    #[derive(Debug, Default)]
    struct Watched {
        shared: LocalShared,
        said: AtomicU64,
        away: bool,
    }

    #[async_trait]
    impl Shared for Watched {
        async fn count(&self, _: &str, _: Duration, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }

        async fn value(&self, _: &str, _: Timestamp) -> Result<u64, StoreError> {
            Ok(0)
        }

        async fn reset(&self, _: &str) -> Result<(), StoreError> {
            Ok(())
        }

        async fn hold(&self, key: &str, hold: &Hold, now: Timestamp) -> Result<bool, StoreError> {
            self.said.fetch_add(1, Ordering::SeqCst);
            match self.away {
                true => Err(StoreError::unavailable("hold", "away")),
                false => self.shared.hold(key, hold, now).await,
            }
        }
    }

    #[tokio::test]
    async fn what_is_held_is_said_again() {
        let shared = Arc::new(Watched::default());
        let [here, _] = hosts(shared.clone());
        let _place = here.take(account(1), 1).await.unwrap();
        for _ in 0..10_000 {
            if shared.said.load(Ordering::SeqCst) > 3 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("it is said once only");
    }

    #[tokio::test]
    async fn without_what_is_shared_each_host_counts_alone() {
        let shared = Watched { away: true, ..Watched::default() };
        let [here, there] = hosts(Arc::new(shared));
        let _first = here.take(account(1), 1).await.unwrap();
        assert!(here.take(account(1), 1).await.is_none());
        assert!(there.take(account(1), 1).await.is_some());
    }
}
