//! A few people, at any domain and at none.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use harness::account;
use mailstore::store::directory::{Attempt, Route, ScramKeys, Service, Verdict};
use mailstore::store::{Directory, StoreError};

pub const ALICE: i64 = 1;
pub const BOB: i64 = 2;
pub const CAROL: i64 = 3;
pub const LEAVING: i64 = 4;

/// Who gets mail. `leaving` is there only the first time that it is asked for.
#[derive(Debug, Default)]
pub struct People {
    left: AtomicBool,
}

#[async_trait]
impl Directory for People {
    async fn authenticate(&self, _: &Attempt) -> Result<Verdict, StoreError> {
        Ok(Verdict::Rejected)
    }

    async fn scram(&self, _: &str, _: Service) -> Result<Option<ScramKeys>, StoreError> {
        Ok(None)
    }

    async fn route(&self, address: &str) -> Result<Route, StoreError> {
        let local = address.split(['@', '+']).next().unwrap_or_default();
        let before = address.split('@').next().unwrap_or_default();
        let label = before.split_once('+').map(|(_, label)| label.to_owned());
        let local_route = |number| Route::Local { account: account(number), label };
        match local {
            "away" => Ok(Route::Forward(vec!["x@a.example".into(), "y@b.example".into()])),
            "alice" | "alias" | "δοκιμή" => Ok(local_route(ALICE)),
            "bob" | "\"bob b\"" => Ok(local_route(BOB)),
            "carol" => Ok(local_route(CAROL)),
            "leaving" if !self.left.swap(true, Ordering::SeqCst) => Ok(local_route(LEAVING)),
            "disabled" => Ok(Route::Disabled),
            "broken" => Err(StoreError::unavailable("route", "the directory is away")),
            "slow" => std::future::pending().await,
            _ => Ok(Route::Unknown),
        }
    }
}
