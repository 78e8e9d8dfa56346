//! `/tokens` and `/users/{user}/tokens`: what programs show in place of a password.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::accounts::{Accounts, Grant, NewToken};
use mailstore::id::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::credential::{Id, Named, New, Shown, no_such_id};
use crate::date;
use crate::doc::Problems;
use crate::input::{Asked, Given};
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::{Holder, Root};
use crate::uses::Use;

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Issued {
    /// What is to be shown. Nobody can read it again.
    token: String,
    /// What is known of it.
    about: Shown,
}

/// A token of no user to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOfRole {
    /// What it is to be called.
    #[serde(default)]
    #[schema(max_length = 100)]
    label: String,
    /// What it is to be good for: `root`, `users`, `audit`, `metrics`.
    good_for: Use,
    /// When it is to end. Default: never.
    #[schema(format = DateTime)]
    until: Option<String>,
}

async fn listed(
    api: &Api,
    of: Option<AccountId>,
    paging: &Paging,
) -> Result<Json<Page<Shown>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<String>()?);
    let tokens = api.accounts.tokens(of, after.as_deref(), limit + 1).await?;
    let items = tokens.iter().map(Shown::from).collect();
    Ok(Json(Page::of(items, limit, |token| token.id.clone())))
}

type Made = (StatusCode, Json<Issued>);

async fn issue(accounts: &Accounts, new: NewToken) -> Result<Made, Problem> {
    let (token, secret) = accounts.issue_token(new).await?;
    let issued = Issued { token: secret.expose().to_owned(), about: (&token).into() };
    Ok((StatusCode::CREATED, Json(issued)))
}

/// The tokens of a user. Some may be over.
#[utoipa::path(get, path = "/users/{user}/tokens", tag = "Credentials",
    params(crate::doc::User, Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn list_user_tokens(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    listed(&api, Some(holder.account()), &paging).await
}

/// Makes a token for a user.
#[utoipa::path(post, path = "/users/{user}/tokens", tag = "Credentials",
    params(crate::doc::User), request_body = New,
    responses((status = 201, body = Issued), Problems))]
pub(crate) async fn issue_user_token(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Given(new): Given<New>,
) -> Result<Made, Problem> {
    let (until, scopes) = (new.until()?, Use::scopes(&new.good_for)?);
    let grant = Grant::User { account: holder.account(), scopes };
    holder.may_grant(&grant)?;
    issue(&holder.accounts(&api), NewToken { grant, label: new.label, until }).await
}

/// Ends a token of a user.
#[utoipa::path(delete, path = "/users/{user}/tokens/{id}", tag = "Credentials",
    params(crate::doc::User, Id),
    responses((status = 204, description = "It is good no longer."), Problems))]
pub(crate) async fn revoke_user_token(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Named(id): Named,
) -> Result<StatusCode, Problem> {
    let revoked = holder.accounts(&api).revoke_token(Some(holder.account()), &id).await?;
    revoked.then_some(StatusCode::NO_CONTENT).ok_or_else(no_such_id)
}

/// The tokens of root and of roles. Some may be over.
#[utoipa::path(get, path = "/tokens", tag = "Credentials", params(Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn list_tokens(
    State(api): State<Arc<Api>>,
    _: Root,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    listed(&api, None, &paging).await
}

/// Makes a token for everything, or for a role.
#[utoipa::path(post, path = "/tokens", tag = "Credentials", request_body = NewOfRole,
    responses((status = 201, body = Issued), Problems))]
pub(crate) async fn issue_token(
    State(api): State<Arc<Api>>,
    Root(caller): Root,
    Given(new): Given<NewOfRole>,
) -> Result<Made, Problem> {
    let until = date::given("until", new.until.as_deref())?;
    let new = NewToken { grant: new.good_for.grant()?, label: new.label, until };
    issue(&api.accounts.acting(caller.by), new).await
}

/// Ends a token of root or of a role; also the one that is shown.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "Credentials", params(Id),
    responses((status = 204, description = "It is good no longer."), Problems))]
pub(crate) async fn revoke_token(
    State(api): State<Arc<Api>>,
    _: Root,
    Named(id): Named,
) -> Result<StatusCode, Problem> {
    let revoked = api.accounts.revoke_token(None, &id).await?;
    revoked.then_some(StatusCode::NO_CONTENT).ok_or_else(no_such_id)
}
