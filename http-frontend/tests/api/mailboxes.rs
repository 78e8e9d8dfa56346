//! Mailboxes.

use serde_json::{Value, json};

use crate::harness::Site;

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn mailboxes_are_listed_in_pages() {
    let site = Site::new().await;
    let page = site.get("/users/me/mailboxes?limit=3").await.ok(200);
    assert_eq!(names(&page), ["INBOX", "Drafts", "Sent"]);
    assert_eq!(page["items"][1]["special_use"], "drafts");
    let next = page["next"].as_str().unwrap();
    let page = site.get(&format!("/users/me/mailboxes?after={next}")).await.ok(200);
    assert_eq!(names(&page), ["Junk", "Trash"]);
    assert!(page.get("next").is_none());
    assert_eq!(site.get("/users/1/mailboxes").await.ok(200)["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_mailbox_is_made_renamed_and_deleted() {
    let site = Site::new().await;
    let made = site.post("/users/me/mailboxes", "{\"name\":\"A/B\",\"special_use\":\"archive\"}");
    let made = made.await.ok(201);
    assert_eq!((&made["name"], &made["special_use"]), (&json!("A/B"), &json!("archive")));
    let path = format!("/users/me/mailboxes/{}", made["id"]);
    let change = "{\"name\":\"C\",\"subscribed\":true}";
    let changed = site.patch(&path, change).await.ok(200);
    assert_eq!((&changed["name"], &changed["subscribed"]), (&json!("C"), &json!(true)));
    assert_eq!(changed["id"], made["id"]);
    let changed = site.patch(&path, "{\"subscribed\":false}").await.ok(200);
    assert_eq!(changed, site.get(&path).await.ok(200));
    site.delete(&path).await.ok(204);
    site.get(&path).await.problem(404, "");
    site.patch(&path, "{}").await.problem(404, "");
    site.delete(&path).await.problem(404, "");
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let site = Site::new().await;
    site.post("/users/me/mailboxes", "{\"name\":\"Sent\"}").await.problem(409, "");
    site.post("/users/me/mailboxes", "{\"name\":\"a//b\"}").await.problem(400, "name");
    let special = "{\"name\":\"a\",\"special_use\":\"x\"}";
    site.post("/users/me/mailboxes", special).await.problem(400, "special_use");
    site.delete("/users/me/mailboxes/1").await.problem(409, "");
    site.get("/users/me/mailboxes/x").await.problem(400, "mailbox");
    site.get("/users/me/mailboxes/+1").await.problem(400, "mailbox");
    site.get("/users/me/mailboxes/4294967296").await.problem(400, "mailbox");
}

#[tokio::test]
async fn what_is_in_it_is_counted() {
    let site = Site::new().await;
    site.upload_with("?flags=%5CSeen", "a\r\n").await.ok(201);
    site.upload("bc\r\n").await;
    let inbox = site.get("/users/me/mailboxes/1").await.ok(200);
    let counted = ["messages", "unseen", "bytes", "uid_next"].map(|name| inbox[name].as_u64());
    assert_eq!(counted, [Some(2), Some(1), Some(7), Some(3)]);
}
