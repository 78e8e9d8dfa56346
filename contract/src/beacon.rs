//! The rules of a [`Beacon`]. It may lose, delay and double what it is told, so there is little
//! that it must do; these hold for a beacon that nothing disturbs.

use std::sync::Arc;
use std::time::Duration;

use mailstore::id::AccountId;
use mailstore::store::Beacon;
use mailstore::uid::ModSeq;

/// One test for each rule, over the beacon that `$fresh` makes: the path of an async function that
/// returns an `Arc<dyn Beacon>` of which nobody else knows, and whatever must outlive it.
#[macro_export]
macro_rules! beacon_contract {
    ($fresh:path) => {
        $crate::beacon_contract! { $fresh;
            a_light_wakes_who_watches
            a_light_before_the_wait_is_not_lost
            a_watcher_is_told_the_latest
            doubled_and_late_lights_wake_nobody
            accounts_have_lights_of_their_own
            all_watchers_wake
            no_wakeup_is_lost_in_a_race
            lights_that_nobody_watches_are_harmless
        }
    };
    ($fresh:path; $($rule:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            let (beacon, _kept) = $fresh().await;
            $crate::beacon::$rule(beacon).await;
        }
    )* };
}

type Lit = Arc<dyn Beacon>;

/// Long enough for any light to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it is watched that nothing comes.
const SILENCE: Duration = Duration::from_millis(100);

fn account(number: i64) -> AccountId {
    AccountId::new(number).unwrap()
}

async fn past(watch: &mut mailstore::store::Watch, seen: u64) -> ModSeq {
    let waited = tokio::time::timeout(PATIENCE, watch.past(ModSeq(seen))).await;
    waited.unwrap_or_else(|_| panic!("no light came"))
}

async fn stays_dark(watch: &mut mailstore::store::Watch, seen: u64) {
    let waited = tokio::time::timeout(SILENCE, watch.past(ModSeq(seen))).await;
    assert!(waited.is_err(), "woken by {waited:?} past {seen}");
}

/// While it waits.
pub async fn a_light_wakes_who_watches(beacon: Lit) {
    let mut watch = beacon.watch(account(1));
    let waiting = tokio::spawn(async move { past(&mut watch, 4).await });
    tokio::task::yield_now().await;
    beacon.light(account(1), ModSeq(5));
    assert!(waiting.await.unwrap() >= ModSeq(5));
}

/// Between `watch` and `past` there is time for anything.
pub async fn a_light_before_the_wait_is_not_lost(beacon: Lit) {
    let mut watch = beacon.watch(account(1));
    beacon.light(account(1), ModSeq(1));
    assert_eq!(past(&mut watch, 0).await, ModSeq(1));
    // Who has seen no more than before is told once more.
    assert_eq!(past(&mut watch, 0).await, ModSeq(1));
    stays_dark(&mut watch, 1).await;
}

/// However many came meanwhile.
pub async fn a_watcher_is_told_the_latest(beacon: Lit) {
    let mut watch = beacon.watch(account(1));
    for number in 1..=50 {
        beacon.light(account(1), ModSeq(number));
    }
    assert_eq!(past(&mut watch, 49).await, ModSeq(50));
}

/// What has been seen is past.
pub async fn doubled_and_late_lights_wake_nobody(beacon: Lit) {
    let mut watch = beacon.watch(account(1));
    for number in [3, 3, 1, 2] {
        beacon.light(account(1), ModSeq(number));
    }
    assert_eq!(past(&mut watch, 2).await, ModSeq(3));
    beacon.light(account(1), ModSeq(3));
    beacon.light(account(1), ModSeq(2));
    stays_dark(&mut watch, 3).await;
    beacon.light(account(1), ModSeq(4));
    assert_eq!(past(&mut watch, 3).await, ModSeq(4));
}

/// A session wakes for nothing but its own account.
pub async fn accounts_have_lights_of_their_own(beacon: Lit) {
    let mut one = beacon.watch(account(1));
    let mut two = beacon.watch(account(2));
    beacon.light(account(2), ModSeq(9));
    assert_eq!(past(&mut two, 0).await, ModSeq(9));
    stays_dark(&mut one, 0).await;
}

/// Those that came early and those that came late.
pub async fn all_watchers_wake(beacon: Lit) {
    let mut watchers: Vec<_> = (0..20).map(|_| beacon.watch(account(1))).collect();
    let clone = watchers[0].clone();
    watchers.push(clone);
    let waiting: Vec<_> = watchers
        .into_iter()
        .map(|mut watch| tokio::spawn(async move { past(&mut watch, 0).await }))
        .collect();
    beacon.light(account(1), ModSeq(1));
    for each in waiting {
        assert_eq!(each.await.unwrap(), ModSeq(1));
    }
}

/// Watchers come and go while the light is raised.
pub async fn no_wakeup_is_lost_in_a_race(beacon: Lit) {
    for round in 1..=200 {
        let mut watch = beacon.watch(account(1));
        let lit = Arc::clone(&beacon);
        let lighting = tokio::spawn(async move { lit.light(account(1), ModSeq(round)) });
        assert!(past(&mut watch, round - 1).await >= ModSeq(round));
        lighting.await.unwrap();
        if round % 3 != 0 {
            drop(watch);
        }
    }
}

/// And do not pile up before the next watcher, who is told of what comes after it.
pub async fn lights_that_nobody_watches_are_harmless(beacon: Lit) {
    for number in 0..1_000 {
        beacon.light(account(number), ModSeq(7));
    }
    drop(beacon.watch(account(1)));
    beacon.light(account(1), ModSeq(8));
    let mut watch = beacon.watch(account(1));
    beacon.light(account(1), ModSeq(9));
    assert_eq!(past(&mut watch, 8).await, ModSeq(9));
}
