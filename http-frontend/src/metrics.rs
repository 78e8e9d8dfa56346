//! `/metrics`: what Prometheus reads (its text format 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use mailstore::store::Contention;

use crate::api::Api;
use crate::caller::{About, Caller};
use crate::doc::Problems;
use crate::problem::Problem;
use crate::request::Peer;
use crate::settings::MetricsFor;

/// What was counted. Bounded: methods, routes and statuses are this server's own.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<BTreeMap<Labels, Counted>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    requests: u64,
    took: Duration,
}

impl Metrics {
    fn count(&self, labels: Labels, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = all.entry(labels).or_default();
        counted.requests += 1;
        counted.took += took;
    }

    fn text(&self, ledger: Option<Contention>) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut requests, mut seconds) = (String::new(), String::new());
        for (Labels { route, method, status }, counted) in all.iter() {
            let labels = format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}");
            let (count, took) = (counted.requests, counted.took.as_secs_f64());
            let _ = writeln!(requests, "mailstore_http_requests_total{labels} {count}");
            let _ = writeln!(seconds, "mailstore_http_request_seconds_total{labels} {took}");
        }
        format!(
            "{}# HELP mailstore_http_requests_total Requests answered.\n\
             # TYPE mailstore_http_requests_total counter\n{requests}\
             # HELP mailstore_http_request_seconds_total Seconds until the answers began.\n\
             # TYPE mailstore_http_request_seconds_total counter\n{seconds}",
            ledger.map(commits).unwrap_or_default()
        )
    }
}

/// Where several processes commit to one ledger: how often they are in each other's way.
fn commits(Contention { commits, retries }: Contention) -> String {
    format!(
        "# HELP mailstore_commits_total Transactions made.\n\
         # TYPE mailstore_commits_total counter\nmailstore_commits_total {commits}\n\
         # HELP mailstore_commit_retries_total Transactions that failed and were begun again.\n\
         # TYPE mailstore_commit_retries_total counter\nmailstore_commit_retries_total {retries}\n"
    )
}

/// Counts a request.
pub(crate) async fn counted(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method().as_str());
    let began = Instant::now();
    let response = next.run(request).await;
    let labels = Labels { route, method, status: response.status().as_u16() };
    api.metrics.count(labels, began.elapsed());
    response
}

/// A client may make up methods of its own.
fn known(method: &str) -> &'static str {
    let all = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    all.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Who may read the metrics.
#[derive(Debug)]
pub(crate) struct Reader;

impl FromRequestParts<Arc<Api>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let address = parts.extensions.get::<Peer>().and_then(|peer| peer.address);
        let here = address.is_some_and(|address| address.is_loopback());
        if api.settings.metrics == MetricsFor::Loopback && here {
            return Ok(Self);
        }
        match Caller::from_request_parts(parts, api).await?.may(About::Metrics) {
            true => Ok(Self),
            false => Err(Problem::forbidden("the token is not good for this")),
        }
    }
}

/// What was counted, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Operation",
    responses((status = 200, body = String, content_type = "text/plain"), Problems))]
pub(crate) async fn metrics(State(api): State<Arc<Api>>, _: Reader) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
    let text = api.metrics.text(api.store.ledger().contention());
    ([(CONTENT_TYPE, kind)], text).into_response()
}
