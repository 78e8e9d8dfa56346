//! POST of a message, byte for byte.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use mailstore::id::AccountId;
use mailstore::store::StoreError;
use mailstore::{Appended, Incoming, Prepared};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::flags;
use crate::api::Api;
use crate::date;
use crate::doc::Problems;
use crate::input::{Asked, of_type, read};
use crate::problem::Problem;
use crate::request::Place;

/// Most flags that a message is uploaded with.
const MAX_FLAGS: usize = 100;

/// What a message is to have.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct With {
    /// Flags as IMAP writes them, with commas between: `\Seen,$Junk`.
    #[param(max_length = 1000)]
    flags: Option<String>,
    /// When it came in (INTERNALDATE). Default: now.
    #[param(format = DateTime)]
    internal_date: Option<String>,
}

/// Where a message is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Uploaded {
    /// The mailbox.
    mailbox: u32,
    /// Its UIDVALIDITY.
    uid_validity: u32,
    /// The UID of the message.
    uid: u32,
    /// Its bytes.
    size: u64,
    /// The commit.
    modseq: u64,
}

/// Puts a message into a mailbox, byte for byte. It is there for good when this is answered.
#[utoipa::path(post, path = "/users/{user}/mailboxes/{mailbox}/messages", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox, With),
    request_body(content = String, content_type = "message/rfc822", description = "The message."),
    responses((status = 201, body = Uploaded), Problems))]
pub(crate) async fn upload_message(
    State(api): State<Arc<Api>>,
    place: Place,
    Asked(with): Asked<With>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    of_type(&headers, "message/rfc822")?;
    let (flags, internal_date) = with.parse()?;
    super::check_mailbox(&api.store, place.key()).await?;
    let message = receive(&api, place.key().account, (&headers, body)).await?;
    let size = message.size();
    let incoming = Incoming { flags, internal_date, ..Incoming::appended(message) };
    let appended = api.store.append(place.owner.actor(), place.mailbox, vec![incoming]).await?;
    let Appended { uid_validity, uids, modseq, .. } = appended;
    let uid = uids.first().map_or(0, mailstore::uid::Uid::get);
    let (user, mailbox) = (place.owner.account(), place.mailbox.0);
    let location = format!("/api/v1/users/{user}/mailboxes/{mailbox}/messages/{uid}");
    let uploaded = Uploaded { mailbox, uid_validity, uid, size, modseq: modseq.0 };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(uploaded)).into_response())
}

impl With {
    fn parse(
        &self,
    ) -> Result<(mailstore::flags::Flags, Option<mailstore::time::InternalDate>), Problem> {
        let names: Vec<_> = self.flags.as_deref().unwrap_or_default().split(',').collect();
        let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if names.len() > MAX_FLAGS {
            return Err(Problem::field("flags", format!("more than {MAX_FLAGS}")));
        }
        let wrong = || Problem::field("internal_date", "not a moment (RFC 3339)");
        let date = self.internal_date.as_deref();
        let date = date.map(|text| date::parse(text).ok_or_else(wrong)).transpose()?;
        Ok((flags::parse(&names, "flags")?, date))
    }
}

/// Reads a message, for which memory is taken first, and takes it apart.
async fn receive(
    api: &Api,
    account: AccountId,
    (headers, body): (&HeaderMap, Body),
) -> Result<Prepared, Problem> {
    let limit = api.store.settings().max_message;
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let declared: u64 = declared.unwrap_or(limit);
    if declared > limit {
        return Err(Problem::too_large(limit));
    }
    let _memory = api.admit(account, declared).await?;
    let raw = read(body, (api, limit)).await?;
    let store = api.store.clone();
    let prepared = tokio::task::spawn_blocking(move || store.prepare(raw)).await;
    let prepared = prepared.map_err(|error| StoreError::unavailable("take apart", error))?;
    Ok(prepared?)
}
