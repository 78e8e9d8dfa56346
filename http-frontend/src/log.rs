//! `/users/{user}/log`: who logged in, who failed, and what was changed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mailstore::accounts::LogEntry;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::date;
use crate::doc::Problems;
use crate::input::Asked;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::Holder;
use crate::uses::service;

/// An entry; what is alike within some hours is one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogEntry)]
pub(crate) struct Shown {
    /// Its name.
    id: String,
    /// What happened.
    event: &'static str,
    /// When it happened first.
    #[schema(format = DateTime)]
    first: String,
    /// When it happened last.
    #[schema(format = DateTime)]
    last: String,
    /// How often.
    times: u64,
    /// At which service.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'static str>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    /// By whom and with what, in words.
    what: String,
}

impl From<LogEntry> for Shown {
    fn from(entry: LogEntry) -> Self {
        Self {
            event: entry.event.name(),
            first: date::utc(entry.first),
            last: date::utc(entry.last),
            times: entry.times,
            service: entry.service.map(service),
            peer: entry.peer.map(|peer| peer.to_string()),
            what: entry.what,
            id: entry.id,
        }
    }
}

/// The log of a user, the newest first.
#[utoipa::path(get, path = "/users/{user}/log", tag = "Credentials",
    params(crate::doc::User, Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn read_log(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<String>()?);
    let entries = api.accounts.log(holder.account(), after.as_deref(), limit + 1).await?;
    let items = entries.into_iter().map(Shown::from).collect();
    Ok(Json(Page::of(items, limit, |entry| entry.id.clone())))
}
