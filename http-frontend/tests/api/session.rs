//! Signing in and out.

use axum::body::Body;
use axum::http::{Method, Request};
use mailstore::accounts::Status;
use serde_json::json;

use crate::harness::{PASSWORD, Site};

fn body(name: &str, password: &str) -> String {
    json!({ "name": name, "password": password }).to_string()
}

#[tokio::test]
async fn a_user_signs_in_and_out() {
    let site = Site::new().await;
    let signed = site.call(Method::POST, "/api/v1/session", "", body("alice", PASSWORD)).await;
    let signed = signed.ok(201);
    assert_eq!((&signed["user"], &signed["name"]), (&json!(1), &json!("alice")));
    let token = signed["token"].as_str().unwrap();
    let read = async || site.call(Method::GET, "/api/v1/session", token, "").await;
    assert_eq!(read().await.ok(200), json!({ "user": 1, "name": "alice", "good_for": Site::ALL }));
    site.call(Method::DELETE, "/api/v1/session", token, "").await.ok(204);
    read().await.problem(401, "");
    assert_eq!(
        site.as_root(Method::GET, "/session", "").await.ok(200),
        json!({ "good_for": ["root"] })
    );
}

#[tokio::test]
async fn a_wrong_name_is_refused_as_a_wrong_password_is() {
    let site = Site::new().await;
    let refused = async |name: &str, password: &str| {
        let answer = site.call(Method::POST, "/api/v1/session", "", body(name, password)).await;
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        answer.problem(401, "")
    };
    assert_eq!(refused("alice", "wrong").await, refused("nobody", "wrong").await);
    site.accounts.set_status("alice", Status::Disabled).await.unwrap();
    let answer = site.call(Method::POST, "/api/v1/session", "", body("alice", PASSWORD)).await;
    answer.problem(403, "");
    site.get("/session").await.problem(401, "");
}

#[tokio::test]
async fn what_is_no_sign_in_is_refused_by_field() {
    let site = Site::new().await;
    let post = async |text: &str| site.call(Method::POST, "/api/v1/session", "", text).await;
    post("{\"name\":\"alice\",\"password\":1}").await.problem(400, "password");
    post("{\"name\":\"alice\"}").await.problem(400, "");
    post("{\"name\":\"a\",\"password\":\"b\",\"more\":1}").await.problem(400, "more");
    post("not json").await.problem(400, "");
    post(&" ".repeat(300 << 10)).await.problem(413, "");
    site.call(Method::POST, "/api/v1/session", "", "").await.problem(415, "");
    site.call(Method::PUT, "/api/v1/session", "", "").await.problem(405, "");
}

#[tokio::test]
async fn where_others_can_read_nothing_is_said() {
    let site = Site::new().await;
    use tower::ServiceExt;
    let request = Request::get("/api/v1/session")
        .header("authorization", format!("Bearer {}", site.alice))
        .body(Body::empty())
        .unwrap();
    let response = site.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 403);
}
