//! `/users/{user}/security-keys`, and `/session/security-key/question`: security keys as the second
//! factor (W3C Web Authentication). Fields are named as browsers name what goes there, and what is
//! bytes is in base64 for URLs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use mailstore::accounts::{
    Assertion, Attestation, KeyAsked, KeyQuestion, SecondProof, SecurityKey, SignIn, Verification,
};
use mailstore::store::directory::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::credential::{Id, Named, no_such_id};
use crate::date;
use crate::doc::Problems;
use crate::input::{Asked, Given};
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::{Holder, private_peer};
use crate::uses::LastUse;

/// A security key of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecurityKey)]
pub(crate) struct Shown {
    /// Its name among those of the user.
    id: String,
    /// What it is called.
    label: String,
    /// When it was added.
    #[schema(format = DateTime)]
    created: String,
    /// When it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_use: Option<LastUse>,
}

impl From<&SecurityKey> for Shown {
    fn from(key: &SecurityKey) -> Self {
        Self {
            id: key.id.clone(),
            label: key.label.clone(),
            created: date::utc(key.created),
            last_use: key.used.as_ref().map(LastUse::from),
        }
    }
}

/// A security key that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedKey {
    /// What is known of it.
    about: Shown,
    /// Recovery codes, if the user had none: each is good once in place of a security key. Nobody can
    /// read them again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovery_codes: Vec<String>,
}

/// What a browser is to ask a security key. It is answered once, within five minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Question {
    /// `challenge`.
    challenge: String,
    /// `rp.id`, or `rpId`.
    party: String,
    /// `rp.name`.
    party_name: String,
    /// `user.id`.
    handle: String,
    /// `user.name`.
    name: String,
    /// The ids of the keys that may answer (`allowCredentials`); for a new key, of those that are no
    /// new ones (`excludeCredentials`).
    known: Vec<String>,
    /// The algorithms of `pubKeyCredParams`, the best first.
    algorithms: [i64; 3],
    /// `userVerification`.
    verification: &'static str,
}

impl From<KeyQuestion> for Question {
    fn from(question: KeyQuestion) -> Self {
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        Self {
            challenge: encode(&question.challenge),
            party: question.party.id.clone(),
            party_name: question.party.name.clone(),
            handle: encode(&question.handle),
            name: question.name,
            known: question.known.iter().map(|known| encode(known)).collect(),
            algorithms: KeyQuestion::ALGORITHMS,
            verification: match question.party.verification {
                Verification::Preferred => "preferred",
                Verification::Required => "required",
            },
        }
    }
}

/// What a new key has answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What it is to be called.
    #[serde(default)]
    #[schema(max_length = 100)]
    label: String,
    /// `response.clientDataJSON`.
    #[schema(max_length = 16_384)]
    client_data: String,
    /// `response.attestationObject`.
    #[schema(max_length = 16_384)]
    attestation: String,
}

/// What a security key is to be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyLabel {
    /// What it is to be called.
    #[schema(max_length = 100)]
    label: String,
}

/// Who signs in, before a key is asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HalfShown {
    /// The login name, or an address.
    #[schema(max_length = 1000)]
    name: String,
    /// The account password.
    #[schema(max_length = 1000, format = Password)]
    password: String,
}

/// What a security key has answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyAnswer {
    /// The id of the key (`rawId`).
    #[schema(max_length = 2000)]
    key: String,
    /// `response.clientDataJSON`.
    #[schema(max_length = 16_384)]
    client_data: String,
    /// `response.authenticatorData`.
    #[schema(max_length = 16_384)]
    authenticator_data: String,
    /// `response.signature`.
    #[schema(max_length = 16_384)]
    signature: String,
}

impl KeyAnswer {
    pub(crate) fn proof(&self) -> Result<SecondProof, Problem> {
        Ok(SecondProof::Key(Assertion {
            credential: decode("security_key.key", &self.key)?,
            client_data: decode("security_key.client_data", &self.client_data)?,
            authenticator_data: decode(
                "security_key.authenticator_data",
                &self.authenticator_data,
            )?,
            signature: decode("security_key.signature", &self.signature)?,
        }))
    }
}

/// The endpoints.
pub(crate) fn endpoints(all: OpenApiRouter<Arc<Api>>) -> OpenApiRouter<Arc<Api>> {
    all.routes(routes!(list_security_keys, add_security_key))
        .routes(routes!(begin_security_key))
        .routes(routes!(rename_security_key, remove_security_key))
        .routes(routes!(ask_security_key))
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, Problem> {
    let wrong = |_| Problem::field(field, "not base64 for URLs, without padding");
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(wrong)
}

/// The security keys of a user.
#[utoipa::path(get, path = "/users/{user}/security-keys", tag = "Credentials",
    params(crate::doc::User, Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn list_security_keys(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<String>()?);
    let found = api.accounts.security_keys(holder.account(), after.as_deref(), limit + 1).await?;
    let items = found.iter().map(Shown::from).collect();
    Ok(Json(Page::of(items, limit, |key| key.id.clone())))
}

/// Says what a new security key of a user is to be asked.
#[utoipa::path(post, path = "/users/{user}/security-keys/question", tag = "Credentials",
    params(crate::doc::User), responses((status = 201, body = Question), Problems))]
pub(crate) async fn begin_security_key(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
) -> Result<(StatusCode, Json<Question>), Problem> {
    let question = holder.accounts(&api).begin_security_key(holder.account()).await?;
    Ok((StatusCode::CREATED, Json(question.into())))
}

/// Adds the security key that has answered. From then on the account password is good for nothing
/// without a second factor; programs need application passwords.
#[utoipa::path(post, path = "/users/{user}/security-keys", tag = "Credentials",
    params(crate::doc::User), request_body = NewKey,
    responses((status = 201, body = AddedKey), Problems))]
pub(crate) async fn add_security_key(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Given(new): Given<NewKey>,
) -> Result<(StatusCode, Json<AddedKey>), Problem> {
    let said = Attestation {
        client_data: decode("client_data", &new.client_data)?,
        object: decode("attestation", &new.attestation)?,
    };
    let accounts = holder.accounts(&api);
    let (added, codes) = accounts.add_security_key(holder.account(), &new.label, &said).await?;
    let recovery_codes = codes.iter().map(|code| code.expose().to_owned()).collect();
    Ok((StatusCode::CREATED, Json(AddedKey { about: (&added).into(), recovery_codes })))
}

/// Gives a security key another label.
#[utoipa::path(patch, path = "/users/{user}/security-keys/{id}", tag = "Credentials",
    params(crate::doc::User, Id), request_body = KeyLabel,
    responses((status = 204, description = "It is called that."), Problems))]
pub(crate) async fn rename_security_key(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Named(id): Named,
    Given(KeyLabel { label }): Given<KeyLabel>,
) -> Result<StatusCode, Problem> {
    let accounts = holder.accounts(&api);
    let renamed = accounts.rename_security_key(holder.account(), &id, &label).await?;
    renamed.then_some(StatusCode::NO_CONTENT).ok_or_else(no_such_id)
}

/// Takes a security key away.
#[utoipa::path(delete, path = "/users/{user}/security-keys/{id}", tag = "Credentials",
    params(crate::doc::User, Id),
    responses((status = 204, description = "It is good no longer."), Problems))]
pub(crate) async fn remove_security_key(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Named(id): Named,
) -> Result<StatusCode, Problem> {
    let removed = holder.accounts(&api).remove_security_key(holder.account(), &id).await?;
    removed.then_some(StatusCode::NO_CONTENT).ok_or_else(no_such_id)
}

/// Says what the security keys of a user are to be asked, who shows the account password. The answer
/// goes to `/session`, with the password.
#[utoipa::path(post, path = "/session/security-key/question", tag = "Session", security(()),
    request_body = HalfShown, responses((status = 201, body = Question), Problems))]
pub(crate) async fn ask_security_key(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<(StatusCode, Json<Question>), Problem> {
    let (parts, body) = request.into_parts();
    let peer = private_peer(&parts)?;
    let request = Request::from_parts(parts, body);
    let Given(HalfShown { name, password }) = Given::from_request(request, &api).await?;
    let shown = SignIn { name, password: Secret::new(password), factor: None, peer };
    match api.accounts.ask_key(shown).await? {
        KeyAsked::Question(question) => Ok((StatusCode::CREATED, Json((*question).into()))),
        KeyAsked::Refused(verdict) => Err((&verdict).into()),
        _ => {
            let detail = "no security key is asked of this user";
            Err(Problem::new(StatusCode::CONFLICT, "no-security-key", detail))
        }
    }
}
