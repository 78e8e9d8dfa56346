//! Addresses that are forwarded, and what users choose for POP3.

use axum::http::Method;
use mailstore::accounts::{Grant, Role};
use mailstore::store::directory::{Directory, Route};
use serde_json::{Value, json};

use crate::harness::{Answer, Site, token};

async fn set(site: &Site, address: &str, targets: Value) -> Answer {
    let body = json!({ "targets": targets }).to_string();
    site.as_root(Method::PUT, &format!("/forwards/{address}"), &body).await
}

#[tokio::test]
async fn mail_to_an_address_goes_on_to_others() {
    let site = Site::new().await;
    let forward = json!({ "address": "info@a.example", "targets": ["x@b.example"] });
    assert_eq!(set(&site, "Info@A.example", json!(["x@b.example"])).await.ok(200), forward);
    let route = site.accounts.route("info@a.example").await.unwrap();
    assert_eq!(route, Route::Forward(vec!["x@b.example".into()]));
    let list = async |query: &str| {
        site.as_root(Method::GET, &format!("/forwards{query}"), "").await.ok(200)
    };
    assert_eq!(list("").await, json!({ "items": [forward] }));
    set(&site, "info@a.example", json!(["y@b.example", "z@b.example"])).await.ok(200);
    set(&site, "shop@a.example", json!(["y@b.example"])).await.ok(200);
    let first = list("?limit=1").await;
    let rest = list(&format!("?after={}", first["next"].as_str().unwrap())).await;
    let mut all = [&first["items"][0], &rest["items"][0]].map(|one| one["address"].to_string());
    all.sort();
    assert_eq!(all, ["\"info@a.example\"", "\"shop@a.example\""]);

    let remove = async || site.as_root(Method::DELETE, "/forwards/info@a.example", "").await;
    remove().await.ok(204);
    remove().await.problem(404, "address");
    assert_eq!(site.accounts.route("info@a.example").await.unwrap(), Route::Unknown);
}

#[tokio::test]
async fn what_cannot_be_forwarded_is_refused_by_field() {
    let site = Site::new().await;
    set(&site, "info@a.example", json!([])).await.problem(400, "targets");
    set(&site, "info@a.example", json!(["nobody"])).await.problem(400, "targets");
    set(&site, "info@a.example", json!(vec!["a@b"; 51])).await.problem(400, "targets");
    set(&site, "info@a.example", json!("a@b")).await.problem(400, "targets");
    set(&site, "nonsense", json!(["a@b"])).await.problem(400, "address");
    let own = json!({ "address": "alice@a.example" }).to_string();
    site.as_root(Method::POST, "/users/1/addresses", &own).await.ok(201);
    set(&site, "alice@a.example", json!(["x@b"])).await.problem(409, "address");
    set(&site, "info@a.example", json!(["x@b"])).await.ok(200);
    let taken = json!({ "address": "info@a.example" }).to_string();
    site.as_root(Method::POST, "/users/1/addresses", &taken).await.problem(409, "address");
    site.as_root(Method::DELETE, "/forwards/nonsense", "").await.problem(400, "address");
    site.as_root(Method::GET, "/forwards?after=!", "").await.problem(400, "after");
}

/// Whoever manages users may; whoever reviews them may look; no user may.
#[tokio::test]
async fn forwards_are_for_operators() {
    let site = Site::new().await;
    let users = token(&site.accounts, Grant::Role(Role::Users)).await;
    let audit = token(&site.accounts, Grant::Role(Role::Audit)).await;
    let path = "/api/v1/forwards/info@a.example";
    let body = "{\"targets\":[\"x@b.example\"]}";
    site.call(Method::PUT, path, &users, body).await.ok(200);
    site.call(Method::PUT, path, &audit, body).await.problem(403, "");
    site.call(Method::DELETE, path, &audit, "").await.problem(403, "");
    site.call(Method::GET, "/api/v1/forwards", &audit, "").await.ok(200);
    for (method, path) in [(Method::GET, "/api/v1/forwards"), (Method::DELETE, path)] {
        site.call(method, path, &site.alice, "").await.problem(403, "");
    }
}

#[tokio::test]
async fn a_user_chooses_what_pop3_does() {
    let site = Site::new().await;
    let path = "/users/me/pop3";
    let put = async |body: &str| {
        site.call(Method::PUT, &format!("/api/v1{path}"), &site.alice, body).await
    };
    assert_eq!(site.get(path).await.ok(200), json!({}));
    let chosen = json!({ "dele": "trash", "retr": "unchanged" });
    assert_eq!(put(&chosen.to_string()).await.ok(200), chosen);
    assert_eq!(site.get(path).await.ok(200), chosen);
    assert_eq!(put("{\"retr\":\"seen\"}").await.ok(200), json!({ "retr": "seen" }));
    put("{\"dele\":\"shred\"}").await.problem(400, "dele");
    put("{\"top\":1}").await.problem(400, "top");
    let of_bob = site.call(Method::GET, "/api/v1/users/2/pop3", &site.alice, "").await;
    of_bob.problem(403, "");
}
