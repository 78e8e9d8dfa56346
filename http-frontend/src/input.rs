//! What a request is given: parts of its path, its query, its body. Each refuses with a problem that
//! names the field.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::codec::number;
use crate::problem::Problem;
use crate::schema::check_text;

/// A part of the path.
pub(crate) async fn param(parts: &mut Parts, name: &'static str) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params = params.map_err(|_| Problem::field(name, "not UTF-8"))?;
    let found = params.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.to_owned()).ok_or_else(|| Problem::field(name, "missing"))
}

/// A number in the path.
pub(crate) async fn number<T: FromStr>(
    parts: &mut Parts,
    name: &'static str,
) -> Result<T, Problem> {
    let text = param(parts, name).await?;
    number::parse(&text).ok_or_else(|| Problem::field(name, "not a number, or out of range"))
}

/// The query of a request.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned + IntoParams> FromRequestParts<Arc<Api>> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        if !query.is_empty() {
            check_query::<T>(pairs)?;
        }
        let reader = serde_urlencoded::Deserializer::new(pairs);
        serde_path_to_error::deserialize(reader).map(Self).map_err(wrong_field)
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Given<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema> FromRequest<Arc<Api>> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        of_type(request.headers(), "application/json")?;
        let body = read(request.into_body(), (api, api.settings.max_json as u64)).await?;
        let plain = serde_json::from_slice(&body);
        let plain = plain.map_err(|error| Problem::field("", error.to_string()))?;
        api.schemas.check(&T::name(), &plain)?;
        // From the bytes, for a field that comes twice is seen there only.
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(wrong_field)?;
        Ok(Self(value))
    }
}

/// Holds the description's limits for a query.
fn check_query<T: IntoParams>(mut pairs: form_urlencoded::Parse<'_>) -> Result<(), Problem> {
    let described = T::into_params(|| None);
    pairs.try_for_each(|(name, text)| {
        let schema = described.iter().find(|one| one.name == name).map(|one| &one.schema);
        let schema = serde_json::to_value(schema).unwrap_or_default();
        check_text(&schema, &name, &text)
    })
}

fn wrong_field<E: std::fmt::Display>(error: serde_path_to_error::Error<E>) -> Problem {
    let path = error.path().to_string();
    let field = if path == "." { String::new() } else { path };
    Problem::field(field, error.into_inner().to_string())
}

/// Refuses a body of another type.
pub(crate) fn of_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.and_then(|given| given.split(';').next()).unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let detail = format!("the body must be {wanted}");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-type", detail))
}

/// Reads a body up to a limit. Its next bytes may take [`Settings::patience`].
///
/// [`Settings::patience`]: crate::Settings::patience
pub(crate) async fn read(body: Body, (api, limit): (&Api, u64)) -> Result<Bytes, Problem> {
    let (mut pieces, mut whole) = (body.into_data_stream(), BytesMut::new());
    loop {
        let piece = tokio::time::timeout(api.settings.patience, pieces.next()).await;
        let slow = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the body stopped");
        let Some(piece) = piece.map_err(slow)? else { return Ok(whole.freeze()) };
        let piece = piece.map_err(|_| Problem::field("", "the body was cut off"))?;
        if whole.len() as u64 + piece.len() as u64 > limit {
            return Err(Problem::too_large(limit));
        }
        whole.extend_from_slice(&piece);
    }
}
