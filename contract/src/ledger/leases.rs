//! Leases: one holder at a time, until the end.

use std::sync::Arc;

use mailstore::id::AccountId;
use mailstore::store::{Held, LeaseAsk, LeaseHolder, LeaseOp, Ledger};
use mailstore::time::Timestamp;

use crate::Tested;

/// Somebody who wants the lease `x` of account 1.
struct Asker {
    ledger: Arc<dyn Ledger>,
    account: i64,
    name: &'static str,
    holder: LeaseHolder,
}

impl Asker {
    fn new(tested: &Tested, holder: u128) -> Self {
        let ledger = Arc::clone(tested.ledger());
        Self { ledger, account: 1, name: "x", holder: LeaseHolder(holder) }
    }

    async fn ask(&self, op: LeaseOp) -> Option<Held> {
        let account = AccountId::new(self.account).unwrap();
        let ask = LeaseAsk { account, name: self.name.into(), holder: self.holder, op };
        self.ledger.lease(&ask).await.unwrap()
    }

    /// Takes it for ten seconds; does it have it then?
    async fn take(&self, now: i64) -> bool {
        let until = Timestamp::from_secs(now + 10);
        let held = self.ask(LeaseOp::Take { now: Timestamp::from_secs(now), until }).await;
        held == Some(Held { holder: self.holder, until })
    }

    /// Renews it until then; does it have it?
    async fn renew(&self, until: i64) -> bool {
        let until = Timestamp::from_secs(until);
        let held = self.ask(LeaseOp::Renew { until }).await;
        held == Some(Held { holder: self.holder, until })
    }

    async fn release(&self) -> Option<Held> {
        self.ask(LeaseOp::Release).await
    }
}

/// Two askers of one lease.
fn two(tested: &Tested) -> (Asker, Asker) {
    (Asker::new(tested, 1), Asker::new(tested, 2))
}

/// While one has it, and for every account and name apart.
pub async fn a_lease_is_refused_to_another(tested: Tested) {
    let (one, two) = two(&tested);
    assert!(one.take(100).await);
    assert!(!two.take(100).await);
    assert!(!two.take(109).await);
    assert!(Asker { account: 2, ..Asker::new(&tested, 2) }.take(100).await);
    assert!(Asker { name: "y", ..Asker::new(&tested, 2) }.take(100).await);
}

/// A renewal moves its end.
pub async fn a_lease_is_renewed_by_its_holder(tested: Tested) {
    let (one, two) = two(&tested);
    assert!(one.take(100).await);
    assert!(one.renew(120).await);
    assert!(!two.renew(130).await);
    assert!(!two.take(115).await);
    assert!(one.take(116).await, "its holder may take it again");
    assert!(two.take(126).await);
}

/// From its end on, and not before.
pub async fn a_lease_is_taken_over_after_its_end(tested: Tested) {
    let (one, two) = two(&tested);
    assert!(one.take(100).await);
    assert!(!two.take(109).await);
    assert!(two.take(110).await);
    assert!(!one.renew(200).await);
    assert!(!one.take(111).await);
}

/// One that has ended is still its holder's to renew while nobody else has had it; not after.
pub async fn a_lease_that_another_had_is_lost(tested: Tested) {
    let (one, two) = two(&tested);
    assert!(one.take(100).await);
    assert!(one.renew(150).await);
    assert!(two.take(150).await);
    assert_eq!(two.release().await, None);
    assert!(!one.renew(200).await);
}

/// Others cannot end it.
pub async fn a_lease_is_released_by_its_holder_only(tested: Tested) {
    let (one, two) = two(&tested);
    assert_eq!(one.release().await, None);
    assert!(one.take(100).await);
    assert_eq!(two.release().await.map(|held| held.holder), Some(one.holder));
    assert!(!two.take(101).await);
    assert_eq!(one.release().await, None);
    assert!(two.take(101).await);
}

/// Of many that take it at once.
pub async fn a_lease_has_one_holder(tested: Tested) {
    let tasks: Vec<_> = (0..8)
        .map(|holder| {
            let asker = Asker::new(&tested, holder);
            tokio::spawn(async move { asker.take(100).await })
        })
        .collect();
    let mut holders = 0;
    for task in tasks {
        holders += u32::from(task.await.unwrap());
    }
    assert_eq!(holders, 1);
}

/// All that was an account's is gone.
pub async fn leases_of_a_forgotten_account_go_too(tested: Tested) {
    let (one, two) = two(&tested);
    assert!(one.take(100).await);
    let account = AccountId::new(1).unwrap();
    while tested.ledger().forget(account).await.unwrap() {}
    assert!(two.take(101).await);
}
