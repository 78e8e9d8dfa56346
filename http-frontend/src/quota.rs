//! `/users/{user}/quota`: what an account holds, and what it may hold.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mailstore::mailbox::{AccountHead, Quota};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::{Managed, Person};

/// What an account may hold. What is absent has no limit.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    bytes: Option<u64>,
    /// Messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    messages: Option<u64>,
}

/// What numbers of JSON hold exactly (RFC 8259 6).
const MOST: u64 = (1 << 53) - 1;

impl Limits {
    /// The quota, if its numbers are ones that everybody can read.
    pub(crate) fn quota(self, field: &str) -> Result<Quota, Problem> {
        for (name, limit) in [("bytes", self.bytes), ("messages", self.messages)] {
            if limit.is_some_and(|limit| limit > MOST) {
                return Err(Problem::field(format!("{field}{name}"), format!("more than {MOST}")));
            }
        }
        Ok(Quota { bytes: self.bytes, messages: self.messages })
    }
}

/// What an account holds, and what it may hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Held {
    /// Bytes of all messages.
    bytes: u64,
    /// Messages.
    messages: u64,
    /// What it may hold.
    limits: Limits,
}

impl From<&AccountHead> for Held {
    fn from(head: &AccountHead) -> Self {
        let limits = Limits { bytes: head.quota.bytes, messages: head.quota.messages };
        Self { bytes: head.usage.bytes, messages: head.usage.messages, limits }
    }
}

/// What an account holds, and what it may hold.
#[utoipa::path(get, path = "/users/{user}/quota", tag = "Users", params(crate::doc::User),
    responses((status = 200, body = Held), Problems))]
pub(crate) async fn read_quota(
    State(api): State<Arc<Api>>,
    Person(user): Person,
) -> Result<Json<Held>, Problem> {
    Ok(Json((&api.store.mailboxes(user.account()).await?.head).into()))
}

/// Sets what an account may hold. What it holds already stays.
#[utoipa::path(put, path = "/users/{user}/quota", tag = "Users", params(crate::doc::User),
    request_body = Limits, responses((status = 200, body = Held), Problems))]
pub(crate) async fn set_quota(
    State(api): State<Arc<Api>>,
    Managed(user): Managed,
    Given(limits): Given<Limits>,
) -> Result<Json<Held>, Problem> {
    let quota = limits.quota("")?;
    user.accounts(&api).set_quota(&user.identity.name, quota).await?;
    api.store.set_quota(user.account(), quota).await?;
    Ok(Json((&api.store.mailboxes(user.account()).await?.head).into()))
}
