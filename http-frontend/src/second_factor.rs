//! `/users/{user}/second-factor`: which second factors a user has; codes that change with time (TOTP,
//! RFC 6238), and recovery codes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::accounts::{Factors, SecondFactor};
use mailstore::store::directory::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Holder;

/// Under which name the codes stand in an app.
const ISSUER: &str = "mailstore";

/// The second factors of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Factor {
    /// Whether there is one.
    state: FactorState,
    /// Codes of an authenticator app.
    codes: FactorState,
    /// How many security keys there are.
    security_keys: usize,
    /// How many recovery codes are left.
    recovery_codes: usize,
}

impl From<Factors> for Factor {
    fn from(factors: Factors) -> Self {
        Self {
            state: factors.state().into(),
            codes: factors.codes.into(),
            security_keys: factors.security_keys,
            recovery_codes: factors.recovery_codes,
        }
    }
}

/// A second factor that would be taken.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Wanted {
    /// A code of an authenticator app, as `code`.
    Code,
    /// A recovery code, as `code`.
    RecoveryCode,
    /// The answer of a security key, as `security_key`.
    SecurityKey,
}

impl Wanted {
    pub(crate) fn of(factors: &Factors) -> Vec<Self> {
        let keys = if cfg!(feature = "webauthn") { factors.security_keys } else { 0 };
        let all = [
            (factors.codes == SecondFactor::On, Self::Code),
            (keys > 0, Self::SecurityKey),
            (factors.recovery_codes > 0, Self::RecoveryCode),
        ];
        all.into_iter().filter_map(|(there, wanted)| there.then_some(wanted)).collect()
    }
}

/// Recovery codes, each of which is good once in place of a code. Nobody can read them again.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

impl From<Vec<Secret>> for RecoveryCodes {
    fn from(codes: Vec<Secret>) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
    }
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

impl From<SecondFactor> for FactorState {
    fn from(factor: SecondFactor) -> Self {
        match factor {
            SecondFactor::Off => Self::Off,
            SecondFactor::Pending => Self::Pending,
            SecondFactor::On => Self::On,
        }
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

/// Which second factors a user has.
#[utoipa::path(get, path = "/users/{user}/second-factor", tag = "Credentials",
    params(crate::doc::User), responses((status = 200, body = Factor), Problems))]
pub(crate) async fn read_second_factor(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<Json<Factor>, Problem> {
    Ok(Json(api.accounts.factors(holder.account()).await?.into()))
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

/// Turns codes on, by a code of the secret that was given out. From then on the account
/// password serves here only, with a code; programs need application passwords.
#[utoipa::path(put, path = "/users/{user}/second-factor", tag = "Credentials",
    params(crate::doc::User), request_body = Code,
    responses((status = 200, body = RecoveryCodes), Problems))]
pub(crate) async fn enable_second_factor(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Given(Code { code }): Given<Code>,
) -> Result<Json<RecoveryCodes>, Problem> {
    Ok(Json(holder.accounts(&api).enable_totp(holder.account(), &code).await?.into()))
}

/// Makes recovery codes in place of those that there were.
#[utoipa::path(post, path = "/users/{user}/second-factor/recovery-codes", tag = "Credentials",
    params(crate::doc::User), responses((status = 201, body = RecoveryCodes), Problems))]
pub(crate) async fn renew_recovery_codes(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<(StatusCode, Json<RecoveryCodes>), Problem> {
    let codes = holder.accounts(&api).renew_recovery_codes(holder.account()).await?;
    Ok((StatusCode::CREATED, Json(codes.into())))
}

/// Turns the codes of the app off. Without security keys there is no second factor then, and the
/// recovery codes are gone with it.
#[utoipa::path(delete, path = "/users/{user}/second-factor/codes", tag = "Credentials",
    params(crate::doc::User),
    responses((status = 204, description = "They are off."), Problems))]
pub(crate) async fn disable_codes(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<StatusCode, Problem> {
    holder.accounts(&api).disable_totp(holder.account()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Turns the second factor off, for one who has lost it: codes, security keys and recovery codes are
/// gone.
#[utoipa::path(delete, path = "/users/{user}/second-factor", tag = "Credentials",
    params(crate::doc::User),
    responses((status = 204, description = "It is off."), Problems))]
pub(crate) async fn disable_second_factor(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<StatusCode, Problem> {
    holder.accounts(&api).disable_second_factor(holder.account()).await?;
    Ok(StatusCode::NO_CONTENT)
}
