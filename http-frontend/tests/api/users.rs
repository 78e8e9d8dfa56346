//! Users, addresses, quota, filters.

use axum::http::Method;
use serde_json::json;

use crate::harness::{PASSWORD, Site};

#[tokio::test]
async fn users_are_added_listed_and_changed() {
    let site = Site::new().await;
    let new = json!({ "name": "Carol@Example.com", "password": "sesame",
        "addresses": ["c@example.com"], "quota": { "bytes": 9000 } });
    let added = site.as_root(Method::POST, "/users", &new.to_string()).await.ok(201);
    assert_eq!((&added["id"], &added["status"]), (&json!(3), &json!("active")));
    assert_eq!(added["name"], "carol@example.com");
    site.as_root(Method::POST, "/users", &new.to_string()).await.problem(409, "name");
    let addresses = site.as_root(Method::GET, "/users/3/addresses", "").await.ok(200);
    assert_eq!(
        addresses["items"],
        json!([{ "address": "c@example.com" }, { "address": "carol@example.com" }])
    );

    let page = site.as_root(Method::GET, "/users?limit=2", "").await.ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let page = site.as_root(Method::GET, &format!("/users?limit=2&after={next}"), "").await.ok(200);
    assert_eq!(page["items"], json!([added]));
    assert!(page.get("next").is_none());

    let disabled = site.as_root(Method::PATCH, "/users/3", "{\"status\":\"disabled\"}").await;
    assert_eq!(disabled.ok(200)["status"], "disabled");
    site.as_root(Method::GET, "/users/99", "").await.problem(404, "");
    site.as_root(Method::GET, "/users/x", "").await.problem(400, "user");
    site.as_root(Method::GET, "/users/me", "").await.problem(400, "user");
}

#[tokio::test]
async fn what_is_no_user_is_refused_by_field() {
    let site = Site::new().await;
    let post = async |body: &str| site.as_root(Method::POST, "/users", body).await;
    post("{\"name\":\"\"}").await.problem(400, "name");
    post("{\"name\":\"x\",\"password\":\"\"}").await.problem(400, "password");
    post("{\"name\":\"x\",\"quota\":{\"bytes\":-1}}").await.problem(400, "quota.bytes");
    post("{\"name\":\"x\",\"addresses\":[1]}").await.problem(400, "addresses[0]");
    site.as_root(Method::GET, "/users?limit=0", "").await.problem(400, "limit");
    site.as_root(Method::GET, "/users?limit=x", "").await.problem(400, "limit");
    site.as_root(Method::GET, "/users?after=!", "").await.problem(400, "after");
    site.as_root(Method::GET, "/users?offset=1", "").await.problem(400, "offset");
}

#[tokio::test]
async fn a_user_sets_a_password_by_showing_the_old_one() {
    let site = Site::new().await;
    let patch = async |body: serde_json::Value| site.patch("/users/me", &body.to_string()).await;
    patch(json!({ "password": "new" })).await.problem(400, "old_password");
    patch(json!({ "password": "new", "old_password": "no" })).await.problem(403, "old_password");
    patch(json!({ "status": "disabled" })).await.problem(403, "status");
    patch(json!({ "password": "new", "old_password": PASSWORD })).await.ok(200);
    let sign_in = |password| json!({ "name": "alice", "password": password }).to_string();
    site.call(Method::POST, "/api/v1/session", "", sign_in(PASSWORD)).await.problem(401, "");
    site.call(Method::POST, "/api/v1/session", "", sign_in("new")).await.ok(201);
}

#[tokio::test]
async fn addresses_are_given_and_taken() {
    let site = Site::new().await;
    let add = async |user: u32, address: &str| {
        let body = json!({ "address": address }).to_string();
        site.as_root(Method::POST, &format!("/users/{user}/addresses"), &body).await
    };
    assert_eq!(add(1, "A@B.example").await.ok(201), json!({ "address": "a@b.example" }));
    add(2, "a@b.example").await.problem(409, "address");
    add(2, "nonsense").await.problem(400, "address");
    assert_eq!(site.get("/users/me/addresses").await.ok(200)["items"][0]["address"], "a@b.example");
    let taken = async |path: &str| site.as_root(Method::DELETE, path, "").await;
    taken("/users/1/addresses/a%40b.example").await.ok(204);
    taken("/users/1/addresses/a%40b.example").await.problem(404, "address");
}

#[tokio::test]
async fn a_quota_is_told_and_set() {
    let site = Site::new().await;
    site.upload("Subject: x\r\n\r\nx\r\n").await;
    let held = site.get("/users/me/quota").await.ok(200);
    assert_eq!(held, json!({ "bytes": 17, "messages": 1, "limits": {} }));
    let set = site.as_root(Method::PUT, "/users/1/quota", "{\"messages\":1}").await.ok(200);
    assert_eq!(set["limits"], json!({ "messages": 1 }));
    site.upload_with("", "Subject: y\r\n\r\n").await.problem(409, "");
}

#[tokio::test]
async fn filters_are_replaced_as_a_whole() {
    let site = Site::new().await;
    let filters = json!({ "filters": [{
        "name": "news",
        "enabled": true,
        "conditions": [{ "list-id": "news.example" }, { "attachment": false }, { "larger": 10 }],
        "actions": [{ "file": "Lists" }, "seen", { "keyword": "$News" }, "stop"],
    }] });
    let put = async |body: &serde_json::Value| {
        site.call(Method::PUT, "/api/v1/users/me/filters", &site.alice, body.to_string()).await
    };
    assert_eq!(put(&filters).await.ok(200), filters);
    assert_eq!(site.get("/users/me/filters").await.ok(200), filters);
    let bad = json!({ "filters": [{ "name": "x", "actions": ["seen", { "keyword": "(" }] }] });
    put(&bad).await.problem(400, "filters[0].actions[1]");
    put(&json!({ "filters": [{ "name": "" }] })).await.problem(400, "filters[0].name");
    let field = "filters[0].conditions[0]";
    put(&json!({ "filters": [{ "name": "x", "conditions": [{ "larger": "x" }] }] }))
        .await
        .problem(400, &format!("{field}.larger"));
    assert_eq!(site.get("/users/me/filters").await.ok(200), filters);
}
