//! A few people, at any domain and at none.

use std::collections::HashSet;
use std::sync::Mutex;

use async_trait::async_trait;
use harness::account;
use mailstore::store::directory::{Attempt, Route, ScramKeys, Service, Verdict};
use mailstore::store::{Directory, StoreError};

pub const ALICE: i64 = 1;
pub const BOB: i64 = 2;
pub const CAROL: i64 = 3;
pub const LEAVING: i64 = 4;

/// Who gets mail. `leaving`, `moving` and `pausing` lead to an account only the first time that they
/// are asked for; from then on nowhere, to Bob, and to one that is disabled.
#[derive(Debug, Default)]
pub struct People {
    asked: Mutex<HashSet<String>>,
}

impl People {
    fn is_first(&self, name: &str) -> bool {
        self.asked.lock().unwrap().insert(name.to_owned())
    }
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
            "leaving" | "moving" | "pausing" if self.is_first(local) => Ok(local_route(LEAVING)),
            "moving" => Ok(local_route(BOB)),
            "disabled" | "pausing" => Ok(Route::Disabled),
            "broken" => Err(StoreError::unavailable("route", "the directory is away")),
            "slow" => std::future::pending().await,
            _ => Ok(Route::Unknown),
        }
    }
}
