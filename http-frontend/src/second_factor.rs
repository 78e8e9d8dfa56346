//! `/users/{user}/second-factor`: codes that change with time (TOTP, RFC 6238).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::accounts::SecondFactor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Holder;

/// Under which name the codes stand in an app.
const ISSUER: &str = "mailstore";

/// Whether a user has a second factor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Factor {
    state: FactorState,
}

/// Whether a user has a second factor.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FactorState {
    /// No.
    Off,
    /// A secret has been given out; no code has been shown for it yet.
    Pending,
    /// The account password alone is good for nothing.
    On,
}

impl From<SecondFactor> for Factor {
    fn from(factor: SecondFactor) -> Self {
        let state = match factor {
            SecondFactor::Off => FactorState::Off,
            SecondFactor::Pending => FactorState::Pending,
            SecondFactor::On => FactorState::On,
        };
        Self { state }
    }
}

/// A secret for an authenticator app.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorSecret {
    /// The secret, in base 32.
    secret: String,
    /// The same as an `otpauth:` URI, to be shown as a QR code.
    uri: String,
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// What the app shows.
    #[schema(max_length = 32)]
    code: String,
}

/// Whether a user has a second factor.
#[utoipa::path(get, path = "/users/{user}/second-factor", tag = "Credentials",
    params(crate::doc::User), responses((status = 200, body = Factor), Problems))]
pub(crate) async fn read_second_factor(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<Json<Factor>, Problem> {
    Ok(Json(api.accounts.second_factor(holder.account()).await?.into()))
}

/// Gives a user a secret for an authenticator app. It counts once a code of it is shown.
#[utoipa::path(post, path = "/users/{user}/second-factor", tag = "Credentials",
    params(crate::doc::User), responses((status = 201, body = FactorSecret), Problems))]
pub(crate) async fn begin_second_factor(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<(StatusCode, Json<FactorSecret>), Problem> {
    let setup = holder.accounts(&api).begin_totp(holder.account(), ISSUER).await?;
    let (secret, uri) = (setup.secret.expose().to_owned(), setup.uri.expose().to_owned());
    Ok((StatusCode::CREATED, Json(FactorSecret { secret, uri })))
}

/// Turns the second factor on, by a code of the secret that was given out.
#[utoipa::path(put, path = "/users/{user}/second-factor", tag = "Credentials",
    params(crate::doc::User), request_body = Code,
    responses((status = 200, body = Factor), Problems))]
pub(crate) async fn enable_second_factor(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Given(Code { code }): Given<Code>,
) -> Result<Json<Factor>, Problem> {
    holder.accounts(&api).enable_totp(holder.account(), &code).await?;
    Ok(Json(SecondFactor::On.into()))
}

/// Turns the second factor off.
#[utoipa::path(delete, path = "/users/{user}/second-factor", tag = "Credentials",
    params(crate::doc::User),
    responses((status = 204, description = "It is off."), Problems))]
pub(crate) async fn disable_second_factor(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<StatusCode, Problem> {
    holder.accounts(&api).disable_totp(holder.account()).await?;
    Ok(StatusCode::NO_CONTENT)
}
