//! Application passwords, tokens, the second factor, the log; and what each token is good for.

use axum::http::Method;
use mailstore::accounts::{Grant, Role, Scope};
use mailstore::id::AccountId;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Site, token};

#[tokio::test]
async fn an_app_password_signs_in_for_what_it_is_good_for() {
    let site = Site::new().await;
    let path = "/users/me/app-passwords";
    let new =
        json!({ "label": "phone", "good_for": ["http-read"], "until": "2100-01-01T00:00:00Z" });
    let made = site.post(path, &new.to_string()).await.ok(201);
    assert_eq!(made["about"]["until"], "2100-01-01T00:00:00Z");
    let sign_in = json!({ "name": "alice", "password": made["password"] }).to_string();
    let signed = site.call(Method::POST, "/api/v1/session", "", sign_in.clone()).await.ok(201);
    let phone = signed["token"].as_str().unwrap();
    let call = async |method, path: &str| site.call(method, path, phone, "").await;
    call(Method::GET, "/api/v1/users/me/mailboxes").await.ok(200);
    call(Method::DELETE, "/api/v1/users/me/mailboxes/2").await.problem(403, "");
    call(Method::GET, "/api/v1/users/me/tokens").await.problem(403, "");

    let listed = site.get(path).await.ok(200);
    let (id, label) = (&listed["items"][0]["id"], &listed["items"][0]["label"]);
    assert_eq!(label, "phone");
    site.delete(&format!("{path}/{}", id.as_str().unwrap())).await.ok(204);
    site.delete(&format!("{path}/{}", id.as_str().unwrap())).await.problem(404, "");
    site.call(Method::POST, "/api/v1/session", "", sign_in).await.problem(401, "");
    let post = async |new: Value| site.post(path, &new.to_string()).await;
    post(json!({ "good_for": ["master"] })).await.problem(400, "good_for");
    post(json!({ "good_for": [] })).await.problem(400, "good_for");
    post(json!({ "good_for": ["imap"], "until": "soon" })).await.problem(400, "until");
    post(json!({ "good_for": ["imap"], "label": "x".repeat(101) })).await.problem(400, "label");
}

#[tokio::test]
async fn tokens_are_made_listed_and_ended() {
    let site = Site::new().await;
    let new = json!({ "label": "reader", "good_for": ["http-read"] }).to_string();
    let made = site.post("/users/me/tokens", &new).await.ok(201);
    let (text, id) = (made["token"].as_str().unwrap(), made["about"]["id"].as_str().unwrap());
    let read = async || site.call(Method::GET, "/api/v1/session", text, "").await;
    assert_eq!(read().await.ok(200)["good_for"], json!(["http-read"]));
    let all = site.get("/users/me/tokens").await.ok(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 2, "and the one of the sign-in");
    site.delete(&format!("/users/me/tokens/{id}")).await.ok(204);
    read().await.problem(401, "");
    site.delete(&format!("/users/me/tokens/{id}")).await.problem(404, "");
    let bad = json!({ "good_for": ["imap", "root"] }).to_string();
    site.post("/users/me/tokens", &bad).await.problem(400, "good_for[1]");
}

#[tokio::test]
async fn root_makes_tokens_for_roles() {
    let site = Site::new().await;
    let new = json!({ "label": "prometheus", "good_for": "metrics" }).to_string();
    let made = site.as_root(Method::POST, "/tokens", &new).await.ok(201);
    let text = made["token"].as_str().unwrap();
    assert_eq!(site.call(Method::GET, "/metrics", text, "").await.status, 200);
    site.call(Method::GET, "/api/v1/users", text, "").await.problem(403, "");
    let all = site.as_root(Method::GET, "/tokens", "").await.ok(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let path = format!("/tokens/{}", made["about"]["id"].as_str().unwrap());
    site.as_root(Method::DELETE, &path, "").await.ok(204);
    site.as_root(Method::DELETE, &path, "").await.problem(404, "");
    let bad = json!({ "good_for": "imap" }).to_string();
    site.as_root(Method::POST, "/tokens", &bad).await.problem(400, "good_for");
}

#[tokio::test]
async fn roles_read_no_mail() {
    let site = Site::new().await;
    let users = token(&site.accounts, Grant::Role(Role::Users)).await;
    let audit = token(&site.accounts, Grant::Role(Role::Audit)).await;
    let status = async |token: &str, method, path: &str, body: &str| {
        let answer = site.call(method, &format!("/api/v1{path}"), token, body).await;
        answer.status.as_u16()
    };
    for (path, of_users, of_audit) in [
        ("/users", 200, 200),
        ("/users/1", 200, 200),
        ("/users/1/addresses", 200, 200),
        ("/users/1/quota", 200, 200),
        ("/users/1/log", 200, 200),
        ("/users/1/app-passwords", 200, 200),
        ("/users/1/mailboxes", 403, 403),
        ("/users/1/mailboxes/1/messages", 403, 403),
        ("/users/1/events", 403, 403),
        ("/users/1/filters", 403, 403),
        ("/tokens", 403, 403),
    ] {
        assert_eq!(status(&users, Method::GET, path, "").await, of_users, "{path}");
        assert_eq!(status(&audit, Method::GET, path, "").await, of_audit, "{path}");
    }
    let disable = "{\"status\":\"suspended\"}";
    assert_eq!(status(&audit, Method::PATCH, "/users/2", disable).await, 403);
    assert_eq!(status(&users, Method::PATCH, "/users/2", disable).await, 200);
    let new = "{\"good_for\":[\"http\"]}";
    assert_eq!(status(&users, Method::POST, "/users/1/tokens", new).await, 403, "a way to mail");
}

#[tokio::test]
async fn a_scope_for_mail_is_for_mail_only() {
    let site = Site::new().await;
    let account = AccountId::new(1).unwrap();
    let grant = |scope| Grant::User { account, scopes: [scope].into_iter().collect() };
    let http = token(&site.accounts, grant(Scope::Http)).await;
    let imap = token(&site.accounts, grant(Scope::Imap)).await;
    let status = async |token: &str, path: &str| {
        site.call(Method::GET, &format!("/api/v1/users/me{path}"), token, "").await.status.as_u16()
    };
    assert_eq!(status(&http, "/mailboxes").await, 200);
    assert_eq!(status(&http, "").await, 200);
    assert_eq!(status(&http, "/app-passwords").await, 403);
    assert_eq!(status(&http, "/log").await, 403);
    assert_eq!(status(&imap, "/mailboxes").await, 403);
}

#[tokio::test]
async fn what_is_done_is_in_the_log() {
    let site = Site::new().await;
    site.as_root(Method::PATCH, "/users/1", "{\"password\":\"another one\"}").await.ok(200);
    let log = site.get("/users/me/log").await.ok(200);
    let entries = log["items"].as_array().unwrap();
    let changed = entries.iter().find(|entry| entry["event"] == "password-changed").unwrap();
    assert!(changed["what"].as_str().unwrap().contains("by root"), "{changed}");
    assert_eq!((&changed["service"], &changed["peer"]), (&json!("http"), &json!("127.0.0.1")));
    let page = site.get("/users/me/log?limit=1").await.ok(200);
    let next = page["next"].as_str().unwrap();
    let rest = site.get(&format!("/users/me/log?after={next}")).await.ok(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), entries.len() - 1);
}

#[tokio::test]
async fn without_keys_there_is_no_second_factor() {
    let site = Site::new().await;
    let path = "/users/me/second-factor";
    assert_eq!(site.get(path).await.ok(200)["state"], "off");
    site.post(path, "").await.problem(409, "");
    let code = json!({ "code": "000000" }).to_string();
    site.call(Method::PUT, &format!("/api/v1{path}"), &site.alice, code).await.problem(409, "");
    site.delete(path).await.ok(204);
}

#[tokio::test]
async fn a_user_is_removed_with_all_mail() {
    let site = Site::new().await;
    site.upload("x\r\n").await;
    site.call(Method::DELETE, "/api/v1/users/1", &site.alice, "").await.problem(403, "");
    site.as_root(Method::DELETE, "/users/1", "").await.ok(204);
    site.as_root(Method::GET, "/users/1", "").await.problem(404, "");
    site.get("/users/me/mailboxes").await.problem(401, "");
    let sign_in = json!({ "name": "alice", "password": PASSWORD }).to_string();
    site.call(Method::POST, "/api/v1/session", "", sign_in).await.problem(401, "");
}
