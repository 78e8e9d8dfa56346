//! Bulk changes.

use serde_json::{Value, json};

use crate::harness::{Answer, Site};

const INBOX: &str = "/users/me/mailboxes/1";

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = str::from_utf8(&answer.body).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn bulk(site: &Site, query: Value, action: Value) -> Answer {
    let body = json!({ "query": query, "action": action }).to_string();
    site.post(&format!("{INBOX}/bulk"), &body).await
}

#[tokio::test]
async fn it_goes_step_by_step_and_says_so() {
    let site = Site::new().await;
    let one = site.store.prepare("x\r\n".into()).unwrap();
    let many = vec![mailstore::Incoming::new(one); 600];
    let alice = mailstore::id::AccountId::new(1).unwrap();
    site.store.append(alice.into(), mailstore::id::MailboxId::INBOX, many).await.unwrap();

    let flagged = bulk(&site, json!({}), json!({ "flags": { "add": ["\\Seen"] } })).await;
    let done: Vec<_> = lines(&flagged).iter().map(|line| line["done"].as_u64().unwrap()).collect();
    assert_eq!(done, [0, 256, 512, 600]);
    assert_eq!(site.get(INBOX).await.ok(200)["unseen"], 0);

    let copied = bulk(&site, json!({ "seen": true }), json!({ "copy": 2 })).await;
    assert_eq!(lines(&copied).last().unwrap(), &json!({ "done": 600, "total": 600 }));
    let moved = bulk(&site, json!({}), json!({ "move": 2 })).await;
    assert_eq!(lines(&moved).last().unwrap()["done"], 600);
    assert_eq!(site.get("/users/me/mailboxes/2").await.ok(200)["messages"], 1200);
    assert_eq!(site.get(INBOX).await.ok(200)["messages"], 0);
}

#[tokio::test]
async fn it_deletes_only_what_matches() {
    let site = Site::new().await;
    site.upload("Subject: keep\r\n\r\n").await;
    site.upload("Subject: drop\r\n\r\n").await;
    let gone = bulk(&site, json!({ "subject": "drop" }), json!("delete")).await;
    let expected = [json!({ "done": 0, "total": 1 }), json!({ "done": 1, "total": 1 })];
    assert_eq!(lines(&gone), expected);
    assert_eq!(site.get(INBOX).await.ok(200)["messages"], 1);
    let none = bulk(&site, json!({ "subject": "drop" }), json!("delete")).await;
    assert_eq!(lines(&none), [json!({ "done": 0, "total": 0 })]);
}

#[tokio::test]
async fn what_fails_is_told() {
    let site = Site::new().await;
    site.upload("x\r\n").await;
    let failed = bulk(&site, json!({}), json!({ "move": 77 })).await;
    let last = json!({ "done": 0, "total": 1, "error": "no such mailbox" });
    assert_eq!(lines(&failed).last(), Some(&last));
    bulk(&site, json!({}), json!({ "flags": { "add": ["\\X"] } }))
        .await
        .problem(400, "action.flags.add");
    bulk(&site, json!({}), json!("explode")).await.problem(400, "action");
    site.post("/users/me/mailboxes/77/bulk", "{\"query\":{},\"action\":\"delete\"}")
        .await
        .problem(404, "");
}
