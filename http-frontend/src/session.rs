//! `/session`: signing in and out.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use mailstore::accounts::{Grant, NewToken, SecondProof, SignIn, SignedIn, User};
use mailstore::id::AccountId;
use mailstore::store::directory::Secret;
use mailstore::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::Caller;
use crate::date;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::private_peer;
use crate::second_factor::Wanted;
#[cfg(feature = "webauthn")]
use crate::security_keys::KeyAnswer;
use crate::uses::Use;

/// How long a token of somebody who has signed in is good.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// What it is called among the user's tokens.
const LABEL: &str = "signed in";
/// Most of them for each user; the one that ends first makes room.
const MOST: usize = 50;
/// As many tokens of a user as are looked through.
const LOOKED_AT: usize = 250;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    /// The login name, or an address.
    #[schema(max_length = 1000)]
    name: String,
    /// The account password, or an application password for HTTP.
    #[schema(max_length = 1000, format = Password)]
    password: String,
    /// A code of the second factor, or a recovery code, if the user has one: `code-wanted` asks for it.
    #[schema(max_length = 32)]
    code: Option<String>,
    /// What a security key of the user has answered, in place of a code.
    #[cfg(feature = "webauthn")]
    security_key: Option<KeyAnswer>,
}

impl Shown {
    fn factor(&self) -> Result<Option<SecondProof>, Problem> {
        #[cfg(feature = "webauthn")]
        if let Some(answer) = &self.security_key {
            return answer.proof().map(Some);
        }
        Ok(self.code.clone().map(SecondProof::Code))
    }
}

/// A token for the user who has signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Welcome {
    /// The token.
    token: String,
    /// When it ends.
    #[schema(format = DateTime)]
    until: String,
    /// The number of the user.
    user: i64,
    /// The login name.
    name: String,
}

/// Who has a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// The number of the user, if it is a user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<i64>,
    /// The user's login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What the token is good for.
    good_for: Vec<Use>,
}

/// Signs a user in by the account password, and the second factor where there is one.
#[utoipa::path(post, path = "/session", tag = "Session", security(()), request_body = Shown,
    responses((status = 201, body = Welcome), Problems))]
pub(crate) async fn sign_in(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<(StatusCode, Json<Welcome>), Problem> {
    let (parts, body) = request.into_parts();
    let peer = private_peer(&parts)?;
    let request = Request::from_parts(parts, body);
    let Given(shown) = Given::<Shown>::from_request(request, &api).await?;
    let factor = shown.factor()?;
    let (name, password) = (shown.name, Secret::new(shown.password));
    match api.accounts.sign_in(SignIn { name, password, factor, peer }).await? {
        SignedIn::Welcome { user, scopes } => {
            let grant = Grant::User { account: user.account, scopes };
            Ok((StatusCode::CREATED, Json(welcome(&api, &user, grant).await?)))
        }
        SignedIn::FactorWanted(factors) => Err(Problem::factor_wanted(Wanted::of(&factors))),
        SignedIn::Refused(verdict) => Err((&verdict).into()),
        _ => Err(Problem::unauthorized("not possible")),
    }
}

async fn welcome(api: &Api, user: &User, grant: Grant) -> Result<Welcome, Problem> {
    make_room(api, user.account).await?;
    let until = Timestamp::from_millis(Timestamp::now().millis() + LIFETIME.as_millis() as i64);
    let new = NewToken { grant, label: LABEL.to_owned(), until: Some(until) };
    let (_, secret) = api.accounts.issue_token(new).await?;
    Ok(Welcome {
        token: secret.expose().to_owned(),
        until: date::utc(until),
        user: user.account.get(),
        name: user.profile.name.as_str().to_owned(),
    })
}

/// Who signs in again and again must not be shut out by tokens that nobody uses any more.
async fn make_room(api: &Api, account: AccountId) -> Result<(), Problem> {
    let mut tokens = api.accounts.tokens(Some(account), None, LOOKED_AT).await?;
    tokens.retain(|token| token.label == LABEL);
    tokens.sort_by_key(|token| token.until);
    let surplus = (tokens.len() + 1).saturating_sub(MOST);
    for token in &tokens[..surplus] {
        api.accounts.revoke_token(Some(account), &token.id).await?;
    }
    Ok(())
}

/// Who has this token.
#[utoipa::path(get, path = "/session", tag = "Session",
    responses((status = 200, body = Session), Problems))]
pub(crate) async fn read_session(
    State(api): State<Arc<Api>>,
    caller: Caller,
) -> Result<Json<Session>, Problem> {
    let user = match caller.account() {
        Some(account) => Some(api.accounts.user(account).await?),
        None => None,
    };
    Ok(Json(Session {
        user: user.as_ref().map(|user| user.account.get()),
        name: user.map(|user| user.profile.name.as_str().to_owned()),
        good_for: Use::of(&caller.token.grant),
    }))
}

/// Signs out: the token is good no longer. Tokens that were not made by signing in stay.
#[utoipa::path(delete, path = "/session", tag = "Session",
    responses((status = 204, description = "Signed out."), Problems))]
pub(crate) async fn sign_out(
    State(api): State<Arc<Api>>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    if caller.token.label == LABEL && caller.account().is_some() {
        api.accounts.revoke_token(caller.account(), &caller.token.id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
