//! The lock on a maildrop (RFC 1939 4): a lease, renewed while the session lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mailstore::id::AccountId;
use mailstore::random::Random;
use mailstore::store::{LeaseAsk, LeaseHolder, LeaseOp, Ledger, StoreError};
use mailstore::time::Timestamp;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The lease's name.
const NAME: &str = "pop3";
/// Renewals while a lease lasts: two may fail.
const RENEWALS: u32 = 3;

/// A maildrop that nobody else has. Dropped, it is let go of.
#[derive(Debug)]
pub(crate) struct Lock {
    lease: Arc<Lease>,
    keeper: JoinHandle<()>,
    released: bool,
}

#[derive(Debug)]
struct Lease {
    ledger: Arc<dyn Ledger>,
    account: AccountId,
    holder: LeaseHolder,
    length: Duration,
    /// Somebody else has it, or has had it.
    lost: AtomicBool,
}

impl Lock {
    /// Locks a maildrop; `None` if another session has it.
    pub(crate) async fn take(
        ledger: &Arc<dyn Ledger>,
        account: AccountId,
        length: Duration,
    ) -> Result<Option<Self>, StoreError> {
        let holder = LeaseHolder(Random::draw().0);
        let (ledger, lost) = (Arc::clone(ledger), AtomicBool::new(false));
        let lease = Arc::new(Lease { ledger, account, holder, length, lost });
        let (now, until) = lease.span();
        if !lease.ask(LeaseOp::Take { now, until }).await? {
            return Ok(None);
        }
        let keeper = tokio::spawn(Arc::clone(&lease).keep());
        Ok(Some(Self { lease, keeper, released: false }))
    }

    /// Has somebody else had the maildrop since?
    pub(crate) fn is_lost(&self) -> bool {
        self.lease.lost.load(Ordering::SeqCst)
    }

    /// Makes sure that it is this session's for a while yet.
    pub(crate) async fn confirm(&self) -> Result<bool, StoreError> {
        self.lease.renew().await?;
        Ok(!self.is_lost())
    }

    /// Lets go of it.
    pub(crate) async fn release(mut self) {
        self.keeper.abort();
        self.lease.release().await;
        self.released = true;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.keeper.abort();
        // If there is no runtime any more, it ends by itself.
        if !self.released
            && let Ok(runtime) = Handle::try_current()
        {
            let lease = Arc::clone(&self.lease);
            runtime.spawn(async move { lease.release().await });
        }
    }
}

impl Lease {
    fn span(&self) -> (Timestamp, Timestamp) {
        let now = Timestamp::now();
        let length = i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX);
        (now, Timestamp::from_millis(now.millis().saturating_add(length)))
    }

    /// Has this session the lease then?
    async fn ask(&self, op: LeaseOp) -> Result<bool, StoreError> {
        let ask = LeaseAsk { account: self.account, name: NAME.into(), holder: self.holder, op };
        let held = self.ledger.lease(&ask).await?;
        Ok(held.is_some_and(|held| held.holder == self.holder))
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let until = self.span().1;
        if !self.ask(LeaseOp::Renew { until }).await? {
            self.lost.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn keep(self: Arc<Self>) {
        while !self.lost.load(Ordering::SeqCst) {
            sleep(self.length / RENEWALS).await;
            if let Err(error) = self.renew().await {
                tracing::warn!(%error, account = %self.account, "a maildrop's lease was not renewed");
            }
        }
    }

    async fn release(&self) {
        if let Err(error) = self.ask(LeaseOp::Release).await {
            tracing::warn!(%error, account = %self.account, "a maildrop's lease ends by itself");
        }
    }
}
