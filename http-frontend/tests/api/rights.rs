//! Who may do what: walked from the description itself, so that no endpoint is forgotten.

use axum::http::Method;
use serde_json::Value;

use crate::harness::{Answer, Site};

/// Endpoints that need no token.
const OPEN: [(&str, &str); 4] = [
    ("post", "/api/v1/session"),
    ("post", "/api/v1/session/security-key/question"),
    ("get", "/health"),
    ("get", "/ready"),
];
/// Endpoints that are about whoever calls.
const OWN: [&str; 1] = ["/api/v1/session"];

struct Endpoint {
    method: Method,
    name: String,
    path: String,
}

async fn endpoints(site: &Site) -> Vec<Endpoint> {
    let description = site.call(Method::GET, "/api/v1/openapi.json", "", "").await.ok(200);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            check_description(operation, path);
            let open = OPEN.contains(&(method.as_str(), path.as_str()));
            let needs_none = operation.get("security").is_some();
            assert_eq!(open, needs_none, "{method} {path}");
            if !open {
                let method = method.to_uppercase().parse().unwrap();
                all.push(Endpoint { method, name: path.clone(), path: filled(path) });
            }
        }
    }
    all
}

fn check_description(operation: &Value, path: &str) {
    for name in ["summary", "responses", "operationId", "tags"] {
        assert!(operation.get(name).is_some(), "{path} has no {name}");
    }
}

/// With alice's things in it.
fn filled(path: &str) -> String {
    let mut filled = path.to_owned();
    for (name, value) in [
        ("user", "1"),
        ("mailbox", "1"),
        ("uid", "1"),
        ("part", "0"),
        ("address", "a@b.example"),
        ("id", "0"),
    ] {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    assert!(!filled.contains('{'), "{path}: what is to be filled in?");
    filled
}

async fn tried(site: &Site, endpoint: &Endpoint, token: &str) -> Answer {
    site.call(endpoint.method.clone(), &endpoint.path, token, "").await
}

#[tokio::test]
async fn nothing_is_done_without_a_token() {
    let site = Site::new().await;
    site.upload("x\r\n").await;
    let all = endpoints(&site).await;
    assert!(all.len() > 30, "{}", all.len());
    for endpoint in &all {
        for token in ["", "wrong", "session_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            tried(&site, endpoint, token).await.problem(401, "");
        }
    }
}

#[tokio::test]
async fn nothing_is_done_for_another_user() {
    let site = Site::new().await;
    site.upload("x\r\n").await;
    for endpoint in endpoints(&site).await {
        if OWN.contains(&endpoint.name.as_str()) {
            continue;
        }
        let answer = tried(&site, &endpoint, &site.bob).await;
        assert_eq!(answer.status, 403, "{} {}", endpoint.method, endpoint.name);
    }
    assert_eq!(site.get("/users/me/mailboxes/1").await.ok(200)["messages"], 1);
}
