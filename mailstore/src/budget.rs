//! Memory for messages in flight and for results, shared by the whole process.

mod shares;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::id::AccountId;

use shares::{Share, Shares};

/// The unit in which memory is counted, in bytes.
const UNIT: u64 = 1024;

/// How much of a message's size is taken for it: the bytes themselves, what is decoded out of
/// them, and the tree.
const FACTOR: u64 = 2;

/// How many accounts with a whole share have place.
const ACCOUNTS: u32 = 4;

/// A process-wide budget. Whoever is about to hold a message takes its declared size first; beyond
/// the budget it waits.
///
/// No account has more of it at a time than a quarter, so that it does not keep the others waiting;
/// or than one message of the largest size needs, if that is more.
#[derive(Clone, Debug)]
pub struct Budget {
    units: Arc<Semaphore>,
    all: u32,
    shares: Shares,
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub struct Admission {
    units: Option<OwnedSemaphorePermit>,
    share: Option<Share>,
}

impl Budget {
    /// A budget of so many bytes, for messages of up to so many.
    pub fn new(bytes: u64, max_message: u64) -> Self {
        let all = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX >> 3).clamp(1, u32::MAX >> 3);
        // The eighth is for what comes along with a message, such as the command.
        let largest = units(max_message.saturating_add(max_message / 8)).min(all);
        let shares = Shares::of(largest.max(all / ACCOUNTS));
        Self { units: Arc::new(Semaphore::new(all as usize)), all, shares }
    }

    /// Takes what a message of so many bytes needs, waiting for it if need be. Callers put their
    /// own limit on the wait. A message larger than the whole budget waits for all of it.
    pub async fn admit(&self, bytes: u64) -> Admission {
        Admission { units: self.take(bytes).await, share: None }
    }

    /// The same on behalf of an account, which waits also until it has so much of its share.
    pub async fn admit_for(&self, account: AccountId, bytes: u64) -> Admission {
        let share = self.shares.take(account, units(bytes)).await;
        Admission { units: self.take(bytes).await, share: Some(share) }
    }

    async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.units).acquire_many_owned(units(bytes).min(self.all)).await.ok()
    }
}

impl Admission {
    /// Gives back what is more than so many bytes need.
    pub fn keep(&mut self, bytes: u64) {
        keep(&mut self.units, units(bytes));
        if let Some(share) = &mut self.share {
            share.keep(units(bytes));
        }
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.saturating_mul(FACTOR).div_ceil(UNIT)).unwrap_or(u32::MAX)
}

fn keep(permit: &mut Option<OwnedSemaphorePermit>, units: u32) {
    if let Some(permit) = permit {
        drop(permit.split(permit.num_permits().saturating_sub(units as usize)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const A_WHILE: Duration = Duration::from_millis(20);

    /// How many bytes are left, each counted twice.
    fn left(budget: &Budget) -> u64 {
        budget.units.available_permits() as u64 * UNIT / FACTOR
    }

    fn account(number: i64) -> AccountId {
        AccountId::new(number).unwrap()
    }

    #[tokio::test]
    async fn an_account_has_no_more_than_its_share() {
        let budget = Budget::new(800 * UNIT, 50 * UNIT);
        let first = budget.admit_for(account(1), 60 * UNIT).await;
        let second = budget.admit_for(account(1), 40 * UNIT).await;
        assert!(timeout(A_WHILE, budget.admit_for(account(1), 1)).await.is_err());
        let _other = budget.admit_for(account(2), 100 * UNIT).await;
        assert_eq!(left(&budget), 200 * UNIT);
        drop(second);
        let _third = budget.admit_for(account(1), 40 * UNIT).await;
        drop(first);
        assert_eq!(left(&budget), 260 * UNIT);
    }

    #[tokio::test]
    async fn the_largest_message_fits_into_a_share() {
        let budget = Budget::new(800 * UNIT, 160 * UNIT);
        let mut message = budget.admit_for(account(1), 180 * UNIT).await;
        assert!(timeout(A_WHILE, budget.admit_for(account(1), 1)).await.is_err());
        message.keep(80 * UNIT);
        message.keep(100 * UNIT);
        assert_eq!(left(&budget), 320 * UNIT);
        let _next = budget.admit_for(account(1), 100 * UNIT).await;
        assert_eq!(left(&budget), 220 * UNIT);
    }

    #[tokio::test]
    async fn what_is_larger_than_all_waits_for_all() {
        let budget = Budget::new(800 * UNIT, 50 * UNIT);
        let small = budget.admit(1).await;
        assert!(timeout(A_WHILE, budget.admit_for(account(1), u64::MAX)).await.is_err());
        drop(small);
        let _all = budget.admit_for(account(1), u64::MAX).await;
        assert_eq!(left(&budget), 0);
    }
}
