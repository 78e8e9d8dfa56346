//! Accounts share channels, so that a host hears little of what is not for it, and never listens
//! to more than 4,096.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::id::AccountId;
use crate::store::{Beam, Watch};
use crate::uid::ModSeq;

/// Number of channels. All hosts must agree on it.
pub(super) const CHANNELS: u16 = 4096;

/// A channel's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Channel(u16);

impl Channel {
    /// The channel of an account: all hosts must agree on it.
    pub(super) fn of(account: AccountId) -> Self {
        // Fibonacci hashing: accounts numbered in a row spread evenly.
        let spread = account.get().cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self((spread >> 52) as u16)
    }

    /// What it is called in Redis.
    pub(super) fn name(self, prefix: &str) -> String {
        format!("{prefix}:beacon:{:03x}", self.0)
    }

    /// One of `parts` parts of all channels.
    pub(super) fn part(part: u16, parts: u16) -> impl Iterator<Item = Self> {
        (part % parts..CHANNELS).step_by(usize::from(parts)).map(Self)
    }
}

/// What is asked of Redis, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Subscribe(Channel),
    Unsubscribe(Channel),
}

/// The watchers of this process.
#[derive(Debug)]
pub(super) struct Channels {
    slots: Vec<Mutex<Slot>>,
    asks: UnboundedSender<Ask>,
}

/// One channel.
#[derive(Debug, Default)]
struct Slot {
    beams: HashMap<AccountId, Beam>,
    /// Has its subscription been asked for?
    asked: bool,
}

impl Channels {
    pub(super) fn new() -> (Self, UnboundedReceiver<Ask>) {
        // Not bounded, and yet never long: a channel is asked for once until it is given up,
        // which is looked at now and then, and whoever takes from the queue always does.
        let (asks, asked) = unbounded_channel();
        let slots = (0..CHANNELS).map(|_| Mutex::default()).collect();
        (Self { slots, asks }, asked)
    }

    fn slot(&self, channel: Channel) -> MutexGuard<'_, Slot> {
        self.slots[usize::from(channel.0)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn watch(&self, account: AccountId) -> Watch {
        let channel = Channel::of(account);
        let mut slot = self.slot(channel);
        if !slot.asked {
            slot.asked = true;
            // Asked under the lock: the order is that of the slot's states.
            let _ = self.asks.send(Ask::Subscribe(channel));
        }
        slot.beams.entry(account).or_default().watch()
    }

    pub(super) fn raise(&self, account: AccountId, modseq: ModSeq) {
        if let Some(beam) = self.slot(Channel::of(account)).beams.get(&account) {
            beam.raise(modseq);
        }
    }

    /// Wakes everybody on a channel.
    pub(super) fn wake(&self, channel: Channel) {
        self.slot(channel).beams.values().for_each(Beam::wake);
    }

    /// Forgets accounts that nobody watches, and gives up the channel if none is left.
    pub(super) fn tidy(&self, channel: Channel) {
        let mut slot = self.slot(channel);
        slot.beams.retain(|_, beam| !beam.is_unwatched());
        if slot.beams.is_empty() && slot.asked {
            slot.asked = false;
            let _ = self.asks.send(Ask::Unsubscribe(channel));
        }
    }

    /// All channels that are to be subscribed to.
    pub(super) fn asked(&self) -> Vec<Channel> {
        (0..CHANNELS).map(Channel).filter(|channel| self.slot(*channel).asked).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: i64) -> AccountId {
        AccountId::new(number).unwrap()
    }

    #[test]
    fn accounts_spread_evenly() {
        let mut load = HashMap::new();
        for number in 1..=40_960 {
            *load.entry(Channel::of(account(number)).0).or_insert(0) += 1;
        }
        assert_eq!(load.len(), usize::from(CHANNELS));
        assert!(load.values().all(|accounts| (8..=12).contains(accounts)), "{load:?}");
    }

    /// Hosts of different releases must meet.
    #[test]
    fn an_account_keeps_its_channel() {
        let names = [1, 2, 1_000_000].map(|number| Channel::of(account(number)).name("m"));
        assert_eq!(names, ["m:beacon:9e3", "m:beacon:3c6", "m:beacon:fd1"]);
    }

    #[test]
    fn parts_are_all_of_it() {
        let mut all: Vec<_> = (0..64).flat_map(|part| Channel::part(part, 64)).collect();
        all.sort_by_key(|channel| channel.0);
        assert!(all.into_iter().map(|channel| channel.0).eq(0..CHANNELS));
    }

    #[test]
    fn a_channel_is_asked_for_once_and_given_up_once() {
        let (channels, mut asks) = Channels::new();
        let channel = Channel::of(account(7));
        let watches = [channels.watch(account(7)), channels.watch(account(7))];
        channels.tidy(channel);
        assert_eq!(asks.try_recv(), Ok(Ask::Subscribe(channel)));
        assert!(asks.try_recv().is_err());
        assert_eq!(channels.asked(), [channel]);
        drop(watches);
        channels.tidy(channel);
        channels.tidy(channel);
        assert_eq!(asks.try_recv(), Ok(Ask::Unsubscribe(channel)));
        assert!(asks.try_recv().is_err());
        assert_eq!(channels.asked(), []);
    }
}
