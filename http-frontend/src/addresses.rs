//! `/users/{user}/addresses`: where mail for a user goes to.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use mailstore::accounts::Address;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::doc::Problems;
use crate::input::{Asked, Given, param};
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::{Managed, Person, Subject};

/// An address of a user.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserAddress)]
pub(crate) struct OfUser {
    /// The address; `*@domain` takes what is nobody's in a domain.
    #[schema(min_length = 3, max_length = 320)]
    address: String,
}

/// The address in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it is the description that is used")]
pub(crate) struct InPath {
    /// An address of the user.
    #[param(min_length = 1, max_length = 320)]
    address: String,
}

/// An address of a user, for an operator.
#[derive(Debug)]
pub(crate) struct Named {
    user: Subject,
    address: String,
}

impl FromRequestParts<Arc<Api>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let Managed(user) = Managed::from_request_parts(parts, api).await?;
        Ok(Self { user, address: param(parts, "address").await? })
    }
}

/// The addresses of a user.
#[utoipa::path(get, path = "/users/{user}/addresses", tag = "Users",
    params(crate::doc::User, Paging),
    responses((status = 200, body = Page<OfUser>), Problems))]
pub(crate) async fn list_addresses(
    State(api): State<Arc<Api>>,
    Person(user): Person,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<OfUser>>, Problem> {
    let limit = paging.limit()?;
    let after = paging.after::<String>()?.map(|text| Address::new(&text)).transpose();
    let after = after.map_err(|error| Problem::field("after", error.to_string()))?;
    let found = api.accounts.addresses(user.account(), after.as_ref(), limit + 1).await?;
    let items = found.into_iter().map(|address| OfUser { address: address.into_string() });
    Ok(Json(Page::of(items.collect(), limit, |one| one.address.clone())))
}

/// Gives an address to a user.
#[utoipa::path(post, path = "/users/{user}/addresses", tag = "Users",
    params(crate::doc::User), request_body = OfUser,
    responses((status = 201, body = OfUser), Problems))]
pub(crate) async fn add_address(
    State(api): State<Arc<Api>>,
    Managed(user): Managed,
    Given(new): Given<OfUser>,
) -> Result<(StatusCode, Json<OfUser>), Problem> {
    let added = user.accounts(&api).add_address(&user.identity.name, &new.address).await;
    let address = added.map_err(|error| Problem::from(error).of("address"))?;
    Ok((StatusCode::CREATED, Json(OfUser { address: address.into_string() })))
}

/// Takes an address from a user.
#[utoipa::path(delete, path = "/users/{user}/addresses/{address}", tag = "Users",
    params(crate::doc::User, InPath),
    responses((status = 204, description = "The user does not have it any more."), Problems))]
pub(crate) async fn remove_address(
    State(api): State<Arc<Api>>,
    Named { user, address }: Named,
) -> Result<StatusCode, Problem> {
    let removed = user.accounts(&api).remove_address(&user.identity.name, &address).await;
    removed.map_err(|error| Problem::from(error).of("address"))?;
    Ok(StatusCode::NO_CONTENT)
}
