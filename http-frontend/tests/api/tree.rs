//! The tree, and the proof.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Site, with_attachment};

#[tokio::test]
async fn a_tree_tiles_the_message_and_tells_who_shares_its_parts() {
    let site = Site::new().await;
    site.upload(with_attachment("one", 700_000)).await;
    site.upload(with_attachment("two", 700_000)).await;
    let path = "/users/me/mailboxes/1/messages/2/tree";
    let tree = site.get(path).await.ok(200);
    let media: Vec<_> =
        tree["parts"].as_array().unwrap().iter().map(|p| p["media"].clone()).collect();
    assert_eq!(
        media,
        ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/html"]
    );
    assert_eq!(tree["parts"][4]["name"], "page.html");
    let mut at = 0;
    for segment in tree["segments"].as_array().unwrap() {
        assert_eq!(segment["span"]["start"], at);
        at = segment["span"]["end"].as_u64().unwrap();
    }
    assert_eq!(tree["size"], at);
    let detached = &tree["detached"][0];
    assert_eq!((&detached["size"], &detached["encoding"]), (&json!(700_000), &json!("base64")));
    assert_eq!(detached["messages"], 2);
    let as_root = site.as_root(Method::GET, "/users/1/mailboxes/1/messages/2/tree", "").await;
    assert_eq!(as_root.ok(200)["detached"][0]["messages"], 2);
    site.get("/users/me/mailboxes/1/messages/9/tree").await.problem(404, "");
}

/// A user must not learn that somebody else has got the same file.
#[tokio::test]
async fn a_user_is_told_of_no_one_elses_mail() {
    let site = Site::new().await;
    site.upload(with_attachment("one", 700_000)).await;
    let message = site.store.prepare(with_attachment("bob's", 700_000).into()).unwrap();
    let bob = mailstore::id::AccountId::new(2).unwrap();
    let inbox = mailstore::id::MailboxId::INBOX;
    site.store.append(bob.into(), inbox, vec![mailstore::Incoming::new(message)]).await.unwrap();
    let shared = |tree: Value| tree["detached"][0]["messages"].clone();
    let path = "/users/1/mailboxes/1/messages/1/tree";
    assert_eq!(shared(site.get(path).await.ok(200)), 1);
    assert_eq!(shared(site.as_root(Method::GET, path, "").await.ok(200)), 2);
}

#[tokio::test]
async fn a_proof_is_made_of_the_rebuilt_bytes() {
    use sha2::Digest;

    let site = Site::new().await;
    let message = with_attachment("one", 700_000);
    site.upload(message.clone()).await;
    let proof = site.get("/users/me/mailboxes/1/messages/1/proof").await.ok(200);
    assert_eq!(proof["exact"], true);
    let hash = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(message.as_bytes()));
    assert_eq!(proof["sha256"], hash);
    assert_eq!(
        (&proof["size"], &proof["stored_size"]),
        (&json!(message.len()), &json!(message.len()))
    );
    let detached = &proof["detached"][0];
    assert_eq!(detached["stored"], detached["rebuilt"]);
    site.get("/users/me/mailboxes/1/messages/9/proof").await.problem(404, "");
}
