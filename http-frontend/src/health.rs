//! `/health` and `/ready`: what a supervisor asks.

use std::sync::Arc;

use axum::extract::State;

use crate::api::Api;
use crate::doc::Problems;
use crate::problem::Problem;

/// Does the process answer?
#[utoipa::path(get, path = "/health", tag = "Operation", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// Does the store answer? If not, requests would fail at present.
#[utoipa::path(get, path = "/ready", tag = "Operation", security(()),
    responses((status = 200, body = String, content_type = "text/plain"), Problems))]
pub(crate) async fn ready(State(api): State<Arc<Api>>) -> Result<&'static str, Problem> {
    api.accounts.list(None, 1).await?;
    Ok("ready\n")
}
