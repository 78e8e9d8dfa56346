//! `/users/{user}/pop3`: what a user has chosen for POP3.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use mailstore::id::AccountId;
use mailstore::property::{Property, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Owner;

/// The properties of the account where the choices stand, which POP3 reads at each login.
const AREA: &str = "pop3/";
const DELE: &str = "pop3/dele";
const RETR: &str = "pop3/retr";

/// What a user has chosen for POP3. What is absent is as the server has it.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pop3Choices {
    /// What becomes of messages that a client has deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    dele: Option<Dele>,
    /// Whether a message that was downloaded has been read.
    #[serde(skip_serializing_if = "Option::is_none")]
    retr: Option<Retr>,
}

/// What becomes of messages that a client has deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dele {
    /// They are expunged.
    Expunge,
    /// They are moved to Trash.
    Trash,
}

/// Whether a message that was downloaded has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Retr {
    /// It has, and gets `\\Seen`.
    Seen,
    /// It is as it was.
    Unchanged,
}

/// What stands in the property for each choice.
const DELES: [(Dele, &str); 2] = [(Dele::Expunge, "expunge"), (Dele::Trash, "trash")];
const RETRS: [(Retr, &str); 2] = [(Retr::Seen, "seen"), (Retr::Unchanged, "unchanged")];

/// What a user has chosen for POP3.
#[utoipa::path(get, path = "/users/{user}/pop3", tag = "Users", params(crate::doc::User),
    responses((status = 200, body = Pop3Choices), Problems))]
pub(crate) async fn read_pop3_choices(
    State(api): State<Arc<Api>>,
    Owner(owner): Owner,
) -> Result<Json<Pop3Choices>, Problem> {
    Ok(Json(chosen(&api, owner.account()).await?))
}

/// Sets what holds for a user at POP3, from the next login on.
#[utoipa::path(put, path = "/users/{user}/pop3", tag = "Users", params(crate::doc::User),
    request_body = Pop3Choices, responses((status = 200, body = Pop3Choices), Problems))]
pub(crate) async fn set_pop3_choices(
    State(api): State<Arc<Api>>,
    Owner(owner): Owner,
    Given(choices): Given<Pop3Choices>,
) -> Result<Json<Pop3Choices>, Problem> {
    let set = [(DELE, text(&DELES, choices.dele)), (RETR, text(&RETRS, choices.retr))];
    let set = set.map(|(key, text)| (key.to_owned(), text.map(Bytes::from_static)));
    api.store.set_properties(owner.actor(), None, set.into()).await?;
    Ok(Json(chosen(&api, owner.account()).await?))
}

async fn chosen(api: &Api, account: AccountId) -> Result<Pop3Choices, Problem> {
    let properties = api.store.properties(account, Scope::Account, AREA).await?;
    let of = |key: &str| properties.iter().find(|found| found.key == key);
    Ok(Pop3Choices { dele: choice(&DELES, of(DELE)), retr: choice(&RETRS, of(RETR)) })
}

fn text<T: Copy + PartialEq>(
    all: &[(T, &'static str)],
    choice: Option<T>,
) -> Option<&'static [u8]> {
    let found = all.iter().find(|(one, _)| Some(*one) == choice);
    found.map(|(_, text)| text.as_bytes())
}

/// The reverse of [`text`].
fn choice<T: Copy>(all: &[(T, &str)], property: Option<&Property>) -> Option<T> {
    let value = &property?.value;
    all.iter().find(|(_, text)| text.as_bytes() == value).map(|(one, _)| *one)
}
