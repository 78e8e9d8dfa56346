//! `/forwards`: addresses of no user, whose mail goes on to others.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use mailstore::accounts::{AccountError, Forward};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::addresses::InPath;
use crate::api::Api;
use crate::doc::Problems;
use crate::input::{Asked, Given, param};
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::Operator;

/// An address whose mail goes on to others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forward)]
pub(crate) struct Shown {
    /// The address.
    address: String,
    /// Where its mail goes.
    targets: Vec<String>,
}

impl From<&Forward> for Shown {
    fn from(forward: &Forward) -> Self {
        let address = forward.address.as_str().to_owned();
        Self { address, targets: forward.targets.clone() }
    }
}

/// Where mail is to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForwardTargets {
    /// Addresses.
    #[schema(min_items = 1, max_items = 50)]
    targets: Vec<String>,
}

/// The address in a path, for an operator.
#[derive(Debug)]
pub(crate) struct Named {
    operator: Operator,
    address: String,
}

impl FromRequestParts<Arc<Api>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let operator = Operator::from_request_parts(parts, api).await?;
        Ok(Self { operator, address: param(parts, "address").await? })
    }
}

/// The addresses whose mail goes on to others, in no order of theirs.
#[utoipa::path(get, path = "/forwards", tag = "Users", params(Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn list_forwards(
    State(api): State<Arc<Api>>,
    _: Operator,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<String>()?);
    let found = api.accounts.forwards(after.as_deref(), limit + 1).await?;
    let Page { items, next } = Page::of(found, limit, |forward| forward.id.clone());
    Ok(Json(Page { items: items.iter().map(Shown::from).collect(), next }))
}

/// Sends mail to an address on to others, and to nobody here. Replaces where it went before.
#[utoipa::path(put, path = "/forwards/{address}", tag = "Users", params(InPath),
    request_body = ForwardTargets, responses((status = 200, body = Shown), Problems))]
pub(crate) async fn set_forward(
    State(api): State<Arc<Api>>,
    Named { operator: Operator(caller), address }: Named,
    Given(given): Given<ForwardTargets>,
) -> Result<Json<Shown>, Problem> {
    let set = api.accounts.acting(caller.by).set_forward(&address, given.targets).await;
    let named = |error| match error {
        AccountError::Target(_) | AccountError::TooMany { .. } => {
            Problem::field("targets", AccountError::to_string(&error))
        }
        error => Problem::from(error).of("address"),
    };
    Ok(Json((&set.map_err(named)?).into()))
}

/// Sends mail to an address on no longer.
#[utoipa::path(delete, path = "/forwards/{address}", tag = "Users", params(InPath),
    responses((status = 204, description = "Mail to it is refused, unless it is somebody's."),
        Problems))]
pub(crate) async fn remove_forward(
    State(api): State<Arc<Api>>,
    Named { operator: Operator(caller), address }: Named,
) -> Result<StatusCode, Problem> {
    let removed = api.accounts.acting(caller.by).remove_forward(&address).await;
    let removed = removed.map_err(|error| Problem::from(error).of("address"))?;
    let none = || Problem::not_found("address").of("address");
    removed.then_some(StatusCode::NO_CONTENT).ok_or_else(none)
}
