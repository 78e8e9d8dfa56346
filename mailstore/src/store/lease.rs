//! Leases: locks with an end, for what two sessions must not do at the same time.
//!
//! Unlike the counters of [`Shared`](super::Shared) a lease does not fail open: who cannot reach
//! the ledger does not have it. It ends by itself, so that one left by a crashed host goes away.

use crate::id::AccountId;
use crate::time::Timestamp;

/// Whoever holds a lease: drawn at random for each session, so that no two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseHolder(pub u128);

/// What is asked of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseAsk {
    /// Whose.
    pub account: AccountId,
    /// Which of the account's.
    pub name: String,
    /// Who asks.
    pub holder: LeaseHolder,
    /// For what.
    pub op: LeaseOp,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseOp {
    /// To have it, if nobody else does.
    Take {
        /// The present: a lease that has ended by then is nobody's.
        now: Timestamp,
        /// When it is to end.
        until: Timestamp,
    },
    /// To go on having it. Possible after its end too, as long as nobody else has had it since.
    Renew {
        /// When it is to end.
        until: Timestamp,
    },
    /// To have it no longer.
    Release,
}

/// A lease that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who.
    pub holder: LeaseHolder,
    /// When it ends; from then on others may take it.
    pub until: Timestamp,
}

impl LeaseAsk {
    /// Decides it on what is there, for every backend alike: what is there afterwards. The asker
    /// has the lease if it is the holder then.
    pub fn decide(&self, found: Option<Held>) -> Option<Held> {
        let holder = self.holder;
        let own = found.filter(|held| held.holder == holder);
        match self.op {
            LeaseOp::Take { now, until } => {
                let other = found.filter(|held| held.holder != holder && held.until > now);
                other.or(Some(Held { holder, until }))
            }
            LeaseOp::Renew { until } if own.is_some() => Some(Held { holder, until }),
            LeaseOp::Release if own.is_some() => None,
            LeaseOp::Renew { .. } | LeaseOp::Release => found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: LeaseHolder = LeaseHolder(1);
    const TWO: LeaseHolder = LeaseHolder(2);

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn held(holder: LeaseHolder, until: i64) -> Option<Held> {
        Some(Held { holder, until: at(until) })
    }

    fn asked(op: LeaseOp, found: Option<Held>) -> Option<Held> {
        let account = AccountId::new(1).unwrap();
        LeaseAsk { account, name: "x".into(), holder: ONE, op }.decide(found)
    }

    #[test]
    fn it_is_taken_where_nobody_else_has_it() {
        let take = LeaseOp::Take { now: at(10), until: at(20) };
        assert_eq!(asked(take, None), held(ONE, 20));
        assert_eq!(asked(take, held(ONE, 15)), held(ONE, 20));
        assert_eq!(asked(take, held(TWO, 11)), held(TWO, 11));
        assert_eq!(asked(take, held(TWO, 10)), held(ONE, 20));
    }

    #[test]
    fn it_is_renewed_and_released_by_its_holder_only() {
        let renew = LeaseOp::Renew { until: at(30) };
        assert_eq!(asked(renew, held(ONE, 20)), held(ONE, 30));
        assert_eq!(asked(renew, held(TWO, 20)), held(TWO, 20));
        assert_eq!(asked(renew, None), None);
        assert_eq!(asked(LeaseOp::Release, held(ONE, 20)), None);
        assert_eq!(asked(LeaseOp::Release, held(TWO, 20)), held(TWO, 20));
        assert_eq!(asked(LeaseOp::Release, None), None);
    }
}
