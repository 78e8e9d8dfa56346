//! Waiting for others who are in the way: by chance, and longer each time.

use std::time::Duration;

use tokio::time::Instant;

use super::failure::Failure;
use super::processes;
use super::store::Store;
use crate::random::Random;

/// The first pause after a conflict; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// After so long it is asked, and asked again, whether those in the way are alive.
const SUSPICION: Duration = Duration::from_secs(2);

/// What is tried until it works, or until the time of one call is over.
#[derive(Debug)]
pub(super) struct Retry {
    deadline: Instant,
    pause: Duration,
    suspicion: Instant,
}

impl Retry {
    /// From now on.
    pub(super) fn until(deadline: Instant) -> Self {
        Self { deadline, pause: FIRST_PAUSE, suspicion: Instant::now() + SUSPICION }
    }

    /// Waits for the next try after a failure; `false` if there is no time for one.
    pub(super) async fn wait(&mut self, store: &Store, failure: &Failure) -> bool {
        let wait = jitter(self.pause);
        if Instant::now() + wait >= self.deadline {
            return false;
        }
        tokio::time::sleep(wait).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        if failure.is_conflict() {
            self.clear_the_way(store).await;
        }
        true
    }

    /// Ends transactions that nobody will end who has begun them.
    async fn clear_the_way(&mut self, store: &Store) {
        if let Err(error) = processes::end_those_left(store).await {
            tracing::warn!(%error, "transactions left behind were not ended");
        }
        if Instant::now() < self.suspicion {
            return;
        }
        if let Err(error) = processes::end_the_dead(store).await {
            tracing::warn!(%error, "transactions of processes that died were not ended");
        }
        self.suspicion = Instant::now() + SUSPICION;
    }
}

/// Does it, and does it again while what it fails with is one of `these`, until the time of one call
/// is over.
pub(super) async fn again_after<T, F: Future<Output = Result<T, Failure>>>(
    store: &Store,
    these: impl Fn(&Failure) -> bool,
    work: impl Fn() -> F,
) -> Result<T, Failure> {
    let mut retry = Retry::until(Instant::now() + store.timeout);
    loop {
        match work().await {
            Err(failure) if these(&failure) => {
                if !retry.wait(store, &failure).await {
                    return Err(failure);
                }
            }
            result => return result,
        }
    }
}

/// Anything between half of a pause and the whole.
fn jitter(pause: Duration) -> Duration {
    let half = pause / 2;
    half + half.mul_f64((Random::draw().0 as u32 as f64) / f64::from(u32::MAX))
}
