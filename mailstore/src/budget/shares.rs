//! How much of the budget each account has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::keep;
use crate::id::AccountId;

/// The shares of the accounts that have something, or wait for it.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    each: u32,
    accounts: Arc<Mutex<HashMap<AccountId, Open>>>,
}

/// What is left of an account's share.
#[derive(Debug)]
struct Open {
    units: Arc<Semaphore>,
    seats: usize,
}

/// Something of an account's share, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    permit: Option<OwnedSemaphorePermit>,
    _seat: Seat,
}

/// Keeps an account's share open.
#[derive(Debug)]
struct Seat {
    shares: Shares,
    account: AccountId,
}

impl Shares {
    /// Shares of so many units.
    pub(super) fn of(each: u32) -> Self {
        Self { each, accounts: Arc::default() }
    }

    /// Takes so many units of an account's share, or the whole of it, waiting for them if need be.
    pub(super) async fn take(&self, account: AccountId, units: u32) -> Share {
        let (open, seat) = self.sit(account);
        let permit = open.acquire_many_owned(units.min(self.each)).await.ok();
        Share { permit, _seat: seat }
    }

    fn sit(&self, account: AccountId) -> (Arc<Semaphore>, Seat) {
        let mut accounts = self.accounts();
        let open = accounts.entry(account).or_insert_with(|| {
            let units = Arc::new(Semaphore::new(self.each as usize));
            Open { units, seats: 0 }
        });
        open.seats += 1;
        (Arc::clone(&open.units), Seat { shares: self.clone(), account })
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<AccountId, Open>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Gives back what is more than so many units.
    pub(super) fn keep(&mut self, units: u32) {
        keep(&mut self.permit, units);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.shares.accounts().entry(self.account) {
            match entry.get().seats {
                0 | 1 => drop(entry.remove()),
                _ => entry.get_mut().seats -= 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn nothing_is_kept_of_accounts_that_have_nothing() {
        let shares = Shares::of(10);
        let account = AccountId::new(1).unwrap();
        let first = shares.take(account, 4).await;
        let whole = shares.take(account, 7);
        assert!(timeout(Duration::from_millis(20), whole).await.is_err());
        assert_eq!(shares.accounts()[&account].seats, 1);
        let second = shares.take(account, 6).await;
        drop((first, second));
        assert!(shares.accounts().is_empty());
    }
}
