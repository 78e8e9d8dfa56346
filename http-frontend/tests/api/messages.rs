//! Messages: lists, one of them, uploads, flags, copies, searches, threads.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::harness::{Site, with_attachment};

const INBOX: &str = "/users/me/mailboxes/1";

fn uids(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|one| one["uid"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_list_is_stable_under_change() {
    let site = Site::new().await;
    for number in 1..=5 {
        site.upload(format!("Subject: {number}\r\n\r\nx\r\n")).await;
    }
    let list = async |query: &str| site.get(&format!("{INBOX}/messages{query}")).await.ok(200);
    let first = list("?limit=2").await;
    assert_eq!(uids(&first), [5, 4]);
    site.upload("Subject: 6\r\n\r\n").await;
    site.delete(&format!("{INBOX}/messages/4")).await.ok(204);
    let next = first["next"].as_str().unwrap();
    let second = list(&format!("?limit=2&after={next}")).await;
    assert_eq!(uids(&second), [3, 2]);
    assert_eq!(uids(&list("?order=oldest&limit=250").await), [1, 2, 3, 5, 6]);
    let oldest = list("?order=oldest&limit=1").await;
    let next = oldest["next"].as_str().unwrap();
    assert_eq!(uids(&list(&format!("?order=oldest&limit=1&after={next}")).await), [2]);
    site.get(&format!("{INBOX}/messages?order=x")).await.problem(400, "order");
    site.get(&format!("{INBOX}/messages?limit=251")).await.problem(400, "limit");
    site.get("/users/me/mailboxes/77/messages").await.problem(404, "");
}

#[tokio::test]
async fn a_list_shows_what_a_message_is() {
    let site = Site::new().await;
    let with = "?flags=%5CFlagged,$Label&internal_date=2026-11-25T21:00:00%2B01:00";
    let up = site.upload_with(with, with_attachment("report", 10)).await;
    assert_eq!(up.header("location"), "/api/v1/users/1/mailboxes/1/messages/1");
    let up = up.ok(201);
    assert_eq!((&up["mailbox"], &up["uid"]), (&json!(1), &json!(1)));
    let page = site.get(&format!("{INBOX}/messages")).await.ok(200);
    let item = &page["items"][0];
    assert_eq!(item["subject"], "report");
    assert_eq!(item["from"], json!([{ "name": "J\u{f8}", "address": "joe@example.com" }]));
    assert_eq!(item["to"], json!([{ "address": "alice@example.com" }]));
    assert_eq!(item["flags"], json!(["\\Flagged", "$Label"]));
    assert_eq!(item["internal_date"], "2026-11-25T21:00:00+01:00");
    assert_eq!(item["sent"], "2026-11-25T20:00:00Z");
    assert_eq!((&item["has_attachments"], &item["size"]), (&json!(true), &up["size"]));
}

#[tokio::test]
async fn a_message_is_shown_safely() {
    let site = Site::new().await;
    let uid = site.upload(with_attachment("report", 100)).await;
    let message = site.get(&format!("{INBOX}/messages/{uid}")).await.ok(200);
    assert_eq!(message["text"], "Hello \u{e6}");
    assert_eq!(message["html"], "<p>Hello <b>you</b></p>");
    assert_eq!(
        message["headers"][0],
        json!({ "name": "From", "value": "J\u{f8} <joe@example.com>" })
    );
    let attachment = &message["attachments"][0];
    assert_eq!(
        (&attachment["name"], &attachment["media"]),
        (&json!("page.html"), &json!("text/html"))
    );
    let path = format!("{INBOX}/messages/{uid}/parts/{}", attachment["part"]);
    let part = site.get(&path).await;
    assert_eq!(part.status, 200);
    assert_eq!(part.body.len(), 100);
    assert_eq!(part.header("content-type"), "application/octet-stream", "HTML would run");
    assert_eq!(part.header("x-content-type-options"), "nosniff");
    assert!(part.header("content-disposition").starts_with("attachment; filename=\"page.html\""));
    assert!(part.header("content-security-policy").contains("sandbox"));
    site.get(&format!("{INBOX}/messages/{uid}/parts/99")).await.problem(404, "");
    site.get(&format!("{INBOX}/messages/{uid}/parts/x")).await.problem(400, "part");
    site.get(&format!("{INBOX}/messages/9")).await.problem(404, "");
    site.get(&format!("{INBOX}/messages/0")).await.problem(400, "uid");
}

#[tokio::test]
async fn an_upload_is_bounded_and_typed() {
    let settings = mailstore::Settings { max_message: 1000, ..mailstore::Settings::default() };
    let site = Site::with(http_frontend::Settings::default(), settings).await;
    site.upload_with("", vec![b'x'; 1001]).await.problem(413, "");
    site.upload_with("", vec![b'x'; 1000]).await.ok(201);
    site.upload_with("?flags=(", "x").await.problem(400, "flags");
    site.upload_with("?internal_date=yesterday", "x").await.problem(400, "internal_date");
    site.post(&format!("{INBOX}/messages"), "{}").await.problem(415, "");
    let request = Request::post("/api/v1/users/me/mailboxes/77/messages")
        .header("authorization", format!("Bearer {}", site.alice))
        .header("content-type", "message/rfc822");
    site.send(request.body(Body::from("x")).unwrap()).await.problem(404, "");
}

/// Nobody waits for memory for ever.
#[tokio::test]
async fn without_memory_an_upload_is_put_off() {
    let mail = mailstore::Settings {
        max_message: 20_000,
        memory: 4 << 20,
        ..mailstore::Settings::default()
    };
    let wait = std::time::Duration::from_millis(20);
    let settings = http_frontend::Settings { memory_wait: wait, ..Default::default() };
    let site = Site::with(settings, mail).await;
    let all = site.store.admit(2 << 20).await;
    let refused = site.upload_with("", "x").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.problem(503, "");
    drop(all);
    site.upload_with("", "x").await.ok(201);
}

#[tokio::test]
async fn flags_are_changed_unless_somebody_was_faster() {
    let site = Site::new().await;
    let uid = site.upload("x\r\n").await;
    let path = format!("{INBOX}/messages/{uid}");
    let patch = async |body: Value| site.patch(&path, &body.to_string()).await;
    let seen = patch(json!({ "flags": { "add": ["\\Seen", "$A"] } })).await.ok(200);
    assert_eq!(seen["flags"], json!(["\\Seen", "$A"]));
    let modseq = seen["modseq"].as_u64().unwrap();
    let both =
        json!({ "flags": { "remove": ["\\Seen"], "add": ["\\Draft"] }, "unchanged_since": modseq });
    assert_eq!(patch(both.clone()).await.ok(200)["flags"], json!(["\\Draft", "$A"]));
    patch(both).await.problem(409, "unchanged_since");
    let replaced = patch(json!({ "flags": { "replace": [] } })).await.ok(200);
    assert_eq!(replaced["flags"], json!([]));
    patch(json!({ "flags": { "add": ["\\Nonsense"] } })).await.problem(400, "flags.add");
    site.patch(&format!("{INBOX}/messages/9"), "{\"flags\":{}}").await.problem(404, "");
}

#[tokio::test]
async fn a_message_is_copied_moved_and_deleted() {
    let site = Site::new().await;
    let uid = site.upload("x\r\n").await;
    let path = format!("{INBOX}/messages/{uid}");
    let copied = site.post(&format!("{path}/copy"), "{\"mailbox\":2}").await.ok(200);
    assert_eq!((&copied["mailbox"], &copied["uid"]), (&json!(2), &json!(1)));
    site.post(&format!("{path}/move"), "{\"mailbox\":77}").await.problem(404, "");
    site.post(&format!("{path}/move"), "{\"mailbox\":\"2\"}").await.problem(400, "mailbox");
    let moved = site.post(&format!("{path}/move"), "{\"mailbox\":2}").await.ok(200);
    assert_eq!(moved["uid"], 2);
    for (method, tail) in [(Method::GET, ""), (Method::DELETE, "")] {
        let path = format!("/api/v1{path}{tail}");
        site.call(method, &path, &site.alice, "").await.problem(404, "");
    }
    site.post(&format!("{path}/copy"), "{\"mailbox\":2}").await.problem(404, "");
    site.delete("/users/me/mailboxes/2/messages/2").await.ok(204);
}

#[tokio::test]
async fn a_search_finds_what_imap_finds() {
    let site = Site::new().await;
    site.upload("Subject: Gr\u{fc}sse\r\nFrom: a@x.example\r\n\r\none\r\n").await;
    site.upload_with("?flags=%5CSeen", "Subject: other\r\n\r\ntwo gr\u{fc}sse\r\n").await.ok(201);
    let found = async |query: Value| {
        let body = json!({ "query": query }).to_string();
        uids(&site.post(&format!("{INBOX}/search"), &body).await.ok(200))
    };
    assert_eq!(found(json!({})).await, [2, 1]);
    assert_eq!(found(json!({ "text": "GR\u{dc}SSE" })).await, [2, 1]);
    assert_eq!(found(json!({ "subject": "gr\u{fc}sse", "from": "x.example" })).await, [1]);
    assert_eq!(found(json!({ "seen": false })).await, [1]);
    assert_eq!(found(json!({ "body": "two", "seen": true, "larger": 5 })).await, [2]);
    assert_eq!(found(json!({ "since": "2100-01-01" })).await, [0; 0]);
    assert_eq!(found(json!({ "before": "2100-01-01", "keyword": "$x" })).await, [0; 0]);
    let bad = async |body: &str| site.post(&format!("{INBOX}/search"), body).await;
    bad("{\"query\":{\"since\":\"x\"}}").await.problem(400, "query.since");
    bad("{\"query\":{\"keyword\":\"(\"}}").await.problem(400, "query.keyword");
    bad("{\"query\":{\"seen\":1}}").await.problem(400, "query.seen");
    site.post("/users/me/mailboxes/77/search", "{}").await.problem(404, "");
}

#[tokio::test]
async fn threads_have_the_newest_first() {
    let site = Site::new().await;
    site.upload("Message-ID: <a@x>\r\nSubject: a\r\n\r\n").await;
    site.upload("Message-ID: <b@x>\r\nSubject: b\r\n\r\n").await;
    site.upload("Message-ID: <c@x>\r\nSubject: Re: a\r\nReferences: <a@x>\r\n\r\n").await;
    let page = site.get(&format!("{INBOX}/threads?limit=1")).await.ok(200);
    let thread = json!({ "last": 3, "messages": [{ "uid": 1 }, { "uid": 3, "answers": 1 }] });
    assert_eq!(page["items"], json!([thread]));
    let next = page["next"].as_str().unwrap();
    let page = site.get(&format!("{INBOX}/threads?after={next}")).await.ok(200);
    assert_eq!(page["items"], json!([{ "last": 2, "messages": [{ "uid": 2 }] }]));
    site.get("/users/me/mailboxes/77/threads").await.problem(404, "");
}
