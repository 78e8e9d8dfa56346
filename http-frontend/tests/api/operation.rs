//! What operators ask, and what browsers are told.

use axum::body::Body;
use axum::http::{Method, Request};
use http_frontend::{MetricsFor, Settings};

use crate::harness::Site;

#[tokio::test]
async fn health_needs_no_token() {
    let site = Site::new().await;
    for path in ["/health", "/ready"] {
        let answer = site.call(Method::GET, path, "", "").await;
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[tokio::test]
async fn metrics_are_for_root() {
    let site = Site::new().await;
    site.call(Method::GET, "/metrics", "", "").await.problem(401, "");
    site.call(Method::GET, "/metrics", &site.alice, "").await.problem(403, "");
    site.get("/users/me").await.ok(200);
    let text = site.call(Method::GET, "/metrics", &site.root, "").await.body;
    let text = str::from_utf8(&text).unwrap();
    let line = "mailstore_http_requests_total{method=\"GET\",route=\"/api/v1/users/{user}\",status=\"200\"} 1";
    assert!(text.contains(line), "{text}");
}

#[tokio::test]
async fn metrics_may_be_for_this_machine() {
    let settings = Settings { metrics: MetricsFor::Loopback, ..Settings::default() };
    let site = Site::with(settings, mailstore::Settings::default()).await;
    assert_eq!(site.call(Method::GET, "/metrics", "", "").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let site = Site::new().await;
    site.get("/nothing").await.problem(404, "");
    site.call(Method::PUT, "/health", "", "").await.problem(405, "");
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let site = Site::new().await;
    for answer in [site.get("/users/me").await, site.get("/nothing").await] {
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

async fn allowed(site: &Site) -> String {
    let request = Request::get("/health").header("origin", "https://mail.example");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    answer.header("access-control-allow-origin").to_owned()
}

#[tokio::test]
async fn other_origins_are_let_in_only_where_configured() {
    assert_eq!(allowed(&Site::new().await).await, "");
    let origins = vec!["https://mail.example".to_owned()];
    let settings = Settings { origins, ..Settings::default() };
    let site = Site::with(settings, mailstore::Settings::default()).await;
    assert_eq!(allowed(&site).await, "https://mail.example");
}
