//! `/users/{user}/app-passwords`: one for each program that a user has.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::accounts::NewAppPassword;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::credential::{Id, Named, New, Shown, no_such_id};
use crate::doc::Problems;
use crate::input::{Asked, Given};
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::Holder;
use crate::uses::Use;

/// An application password that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeAppPassword {
    /// The password. Nobody can read it again.
    password: String,
    /// What is known of it.
    about: Shown,
}

/// The application passwords of a user. Some may be over.
#[utoipa::path(get, path = "/users/{user}/app-passwords", tag = "Credentials",
    params(crate::doc::User, Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn list_app_passwords(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<String>()?);
    let account = holder.account();
    let found = api.accounts.app_passwords(account, after.as_deref(), limit + 1).await?;
    let items = found.iter().map(Shown::from).collect();
    Ok(Json(Page::of(items, limit, |password| password.id.clone())))
}

/// Makes an application password.
#[utoipa::path(post, path = "/users/{user}/app-passwords", tag = "Credentials",
    params(crate::doc::User), request_body = New,
    responses((status = 201, body = MadeAppPassword), Problems))]
pub(crate) async fn add_app_password(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Given(new): Given<New>,
) -> Result<(StatusCode, Json<MadeAppPassword>), Problem> {
    let (until, scopes) = (new.until()?, Use::scopes(&new.good_for)?);
    let new = NewAppPassword { label: new.label, scopes, until };
    let made = holder.accounts(&api).add_app_password(holder.account(), new).await?;
    let (password, about) = (made.1.expose().to_owned(), Shown::from(&made.0));
    Ok((StatusCode::CREATED, Json(MadeAppPassword { password, about })))
}

/// Ends an application password.
#[utoipa::path(delete, path = "/users/{user}/app-passwords/{id}", tag = "Credentials",
    params(crate::doc::User, Id),
    responses((status = 204, description = "It is good no longer."), Problems))]
pub(crate) async fn revoke_app_password(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Named(id): Named,
) -> Result<StatusCode, Problem> {
    let revoked = holder.accounts(&api).revoke_app_password(holder.account(), &id).await?;
    revoked.then_some(StatusCode::NO_CONTENT).ok_or_else(no_such_id)
}
