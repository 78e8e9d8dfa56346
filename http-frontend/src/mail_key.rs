//! `/users/{user}/mail-key`: the public key that a user's mail is encrypted to before it is stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE64;
use mailstore::accounts::{AccountError, Covers, MailKey};
use mailstore::encryption::KeyInfo;
use mailstore::store::KeyKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::date;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Holder;

/// Which of a user's mail is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Covered {
    /// None: the key is kept for later.
    Nothing,
    /// What is delivered.
    Delivered,
    /// That, and what is put into mailboxes.
    Everything,
}

impl From<Covered> for Covers {
    fn from(covered: Covered) -> Self {
        match covered {
            Covered::Nothing => Self::Nothing,
            Covered::Delivered => Self::Delivered,
            Covered::Everything => Self::Everything,
        }
    }
}

impl From<Covers> for Covered {
    fn from(covers: Covers) -> Self {
        match covers {
            Covers::Nothing => Self::Nothing,
            Covers::Delivered => Self::Delivered,
            Covers::Everything => Self::Everything,
        }
    }
}

/// A key to encrypt mail to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMailKey {
    /// An armoured OpenPGP public key, or a certificate in PEM; in base64 also one that is binary.
    #[schema(max_length = 65_536)]
    key: String,
    /// Which mail is encrypted.
    covers: Covered,
}

/// What kind of key it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// An OpenPGP public key.
    Openpgp,
    /// A certificate.
    Smime,
}

/// The key that a user's mail is encrypted to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailKeyState {
    /// What kind it is.
    kind: Kind,
    /// Which mail is encrypted.
    covers: Covered,
    /// The fingerprint of an OpenPGP key, or the SHA-256 of a certificate, in hexadecimal; absent if
    /// the key cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// Whose it says it is.
    names: Vec<String>,
    /// When it ends; absent if it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Why it cannot be used. While it cannot, no mail comes in that is to be encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    unusable: Option<String>,
    /// The key as it was given, in base64.
    key: String,
}

impl MailKeyState {
    fn new(kept: &MailKey, info: Result<KeyInfo, String>) -> Self {
        let kind = match kept.key.kind {
            KeyKind::Smime => Kind::Smime,
            _ => Kind::Openpgp,
        };
        let (info, unusable) = match info {
            Ok(info) => (Some(info), None),
            Err(why) => (None, Some(why)),
        };
        Self {
            kind,
            covers: kept.covers.into(),
            fingerprint: info.as_ref().map(|info| info.fingerprint.clone()),
            until: info.as_ref().and_then(|info| info.until).map(date::utc),
            names: info.map(|info| info.names).unwrap_or_default(),
            unusable,
            key: BASE64.encode(&kept.key.bytes),
        }
    }

    async fn read(api: &Api, holder: &Holder) -> Result<Self, Problem> {
        let kept = api.accounts.mail_key(holder.0.account()).await?;
        let kept = kept.ok_or_else(|| Problem::not_found("mail key"))?;
        let info = match kept.inspect().await {
            Ok(info) => Ok(info),
            Err(AccountError::MailKey(why)) => Err(why.to_string()),
            Err(failed) => return Err(failed.into()),
        };
        Ok(Self::new(&kept, info))
    }
}

impl NewMailKey {
    fn bytes(&self) -> Result<Vec<u8>, Problem> {
        if self.key.contains("-----BEGIN") {
            return Ok(self.key.clone().into_bytes());
        }
        let text: String = self.key.split_ascii_whitespace().collect();
        let wrong = |_| Problem::field("key", "neither armoured, nor PEM, nor base64");
        BASE64.decode(text.as_bytes()).map_err(wrong)
    }
}

/// The key that a user's mail is encrypted to.
#[utoipa::path(get, path = "/users/{user}/mail-key", tag = "Credentials",
    params(crate::doc::User), responses((status = 200, body = MailKeyState), Problems))]
pub(crate) async fn read_mail_key(
    State(api): State<Arc<Api>>,
    holder: Holder,
) -> Result<Json<MailKeyState>, Problem> {
    Ok(Json(MailKeyState::read(&api, &holder).await?))
}

/// Sets the key that a user's mail is encrypted to before it is stored: from then on only who has
/// its secret part reads that mail. What is there already stays as it is.
#[utoipa::path(put, path = "/users/{user}/mail-key", tag = "Credentials",
    params(crate::doc::User), request_body = NewMailKey,
    responses((status = 200, body = MailKeyState), Problems))]
pub(crate) async fn set_mail_key(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Given(new): Given<NewMailKey>,
) -> Result<Json<MailKeyState>, Problem> {
    let (accounts, account) = (holder.0.accounts(&api), holder.0.account());
    accounts.set_mail_key(account, &new.bytes()?, new.covers.into()).await?;
    Ok(Json(MailKeyState::read(&api, &holder).await?))
}

/// Takes the key away: from then on mail is stored as it comes.
#[utoipa::path(delete, path = "/users/{user}/mail-key", tag = "Credentials",
    params(crate::doc::User),
    responses((status = 204, description = "It is gone."), Problems))]
pub(crate) async fn remove_mail_key(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<StatusCode, Problem> {
    match holder.accounts(&api).remove_mail_key(holder.account()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("mail key")),
    }
}
