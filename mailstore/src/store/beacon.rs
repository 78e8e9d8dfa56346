//! A hint that an account moved on.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::id::AccountId;
use crate::uid::ModSeq;

/// Says that something happened; may be lost, late or doubled, and is never wrong to ignore. The
/// journal is the truth.
pub trait Beacon: Debug + Send + Sync + 'static {
    /// The account has reached this MODSEQ.
    fn light(&self, account: AccountId, modseq: ModSeq);

    /// Watches an account.
    fn watch(&self, account: AccountId) -> Watch;
}

/// The light of one account, as watchers in this process see it.
#[derive(Clone, Debug)]
pub struct Beam(Arc<watch::Sender<Light>>);

/// What a watcher sees.
#[derive(Clone, Copy, Debug)]
struct Light {
    modseq: ModSeq,
    /// How often all watchers were woken, whatever they had seen.
    wakes: u64,
}

impl Default for Beam {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Light { modseq: ModSeq::ZERO, wakes: 0 })))
    }
}

impl Beam {
    /// Wakes the watchers, unless they have been told of this MODSEQ or a later one.
    pub fn raise(&self, modseq: ModSeq) {
        self.0.send_if_modified(|light| {
            let higher = modseq > light.modseq;
            light.modseq = modseq.max(light.modseq);
            higher
        });
    }

    /// Wakes the watchers there are, each once: something may have been missed.
    pub fn wake(&self) {
        self.0.send_modify(|light| light.wakes += 1);
    }

    /// A new watcher.
    pub fn watch(&self) -> Watch {
        let light = self.0.subscribe();
        let woken = light.borrow().wakes;
        Watch { light, woken, _beam: self.clone() }
    }

    /// Is nobody watching?
    pub fn is_unwatched(&self) -> bool {
        self.0.receiver_count() == 0
    }
}

/// One watcher of one account.
#[derive(Clone, Debug)]
pub struct Watch {
    light: watch::Receiver<Light>,
    /// The wakes that it has answered.
    woken: u64,
    /// Keeps the sender alive, so that waiting never fails.
    _beam: Beam,
}

impl Watch {
    /// Waits until the beacon has told of a MODSEQ above this one, which may be at once or never,
    /// or cannot say that there was none. Returns the last one that it told of.
    pub async fn past(&mut self, seen: ModSeq) -> ModSeq {
        let woken = self.woken;
        let news = |light: &Light| light.modseq > seen || light.wakes != woken;
        // The guard must be gone before anything is awaited again.
        let light = self.light.wait_for(news).await.map(|light| *light);
        match light {
            Ok(light) => {
                self.woken = light.wakes;
                light.modseq
            }
            Err(_) => std::future::pending().await,
        }
    }
}

/// Makes room for as many accounts again as are being watched, so that this is done seldom.
fn forget_unwatched(beams: &mut HashMap<AccountId, Beam>) {
    beams.retain(|_, beam| !beam.is_unwatched());
    beams.reserve(beams.len());
}

/// A beacon within one process. Its memory goes by how many accounts were watched at a time, not
/// by how many ever were.
#[derive(Debug, Default)]
pub struct LocalBeacon {
    beams: Mutex<HashMap<AccountId, Beam>>,
}

impl LocalBeacon {
    fn beams(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, Beam>> {
        self.beams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beacon for LocalBeacon {
    fn light(&self, account: AccountId, modseq: ModSeq) {
        let mut beams = self.beams();
        if let Some(beam) = beams.get(&account) {
            if beam.is_unwatched() {
                beams.remove(&account);
            } else {
                beam.raise(modseq);
            }
        }
    }

    fn watch(&self, account: AccountId) -> Watch {
        let mut beams = self.beams();
        if beams.len() == beams.capacity() {
            forget_unwatched(&mut beams);
        }
        beams.entry(account).or_default().watch()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_that_nobody_watches_are_forgotten() {
        let beacon = LocalBeacon::default();
        let account = |number| AccountId::new(number).unwrap();
        let _watched = beacon.watch(account(1));
        for number in 2..10_000 {
            beacon.watch(account(number));
        }
        assert!(beacon.beams().len() < 20, "{}", beacon.beams().len());
        assert!(beacon.beams().contains_key(&account(1)));
    }
}
