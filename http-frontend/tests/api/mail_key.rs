//! The key that a user's mail is encrypted to.

use axum::http::Method;
use serde_json::json;

use crate::harness::Site;

const PATH: &str = "/users/me/mail-key";
const OPENPGP: &str = include_str!("../../../mailstore/tests/keys/curve.asc");
const CERTIFICATE: &[u8] = include_bytes!("../../../mailstore/tests/keys/p256.der");
const EXPIRED: &str = include_str!("../../../mailstore/tests/keys/expired.pem");

async fn set(site: &Site, key: &str, covers: &str) -> crate::harness::Answer {
    let body = json!({ "key": key, "covers": covers }).to_string();
    site.call(Method::PUT, &format!("/api/v1{PATH}"), &site.alice, body).await
}

async fn uploaded(site: &Site) -> String {
    let uid = site.upload("Subject: x\r\n\r\nsecret\r\n").await;
    let source = site.get(&format!("/users/me/mailboxes/1/messages/{uid}/source")).await;
    String::from_utf8(source.body.to_vec()).unwrap()
}

#[tokio::test]
async fn mail_is_encrypted_while_there_is_a_key() {
    let site = Site::new().await;
    site.get(PATH).await.problem(404, "");
    site.delete(PATH).await.problem(404, "");

    let kept = set(&site, OPENPGP, "everything").await.ok(200);
    assert_eq!((&kept["kind"], &kept["covers"]), (&json!("openpgp"), &json!("everything")));
    assert_eq!(kept["names"], json!(["Curve <curve@example.com>"]));
    assert_eq!(site.get(PATH).await.ok(200), kept);
    let stored = uploaded(&site).await;
    assert!(stored.contains("-----BEGIN PGP MESSAGE-----") && !stored.contains("secret"));

    let key = data_encoding::BASE64.encode(CERTIFICATE);
    let kept = set(&site, &key, "everything").await.ok(200);
    assert_eq!((&kept["kind"], &kept["key"]), (&json!("smime"), &json!(key)));
    assert_eq!(kept["until"], "2100-01-01T00:00:00Z");
    let stored = uploaded(&site).await;
    assert!(stored.contains("smime-type=enveloped-data") && !stored.contains("secret"));

    set(&site, &key, "delivered").await.ok(200);
    assert!(uploaded(&site).await.contains("secret"));
    site.delete(PATH).await.ok(204);
    let log = site.get("/users/me/log").await.ok(200).to_string();
    assert!(log.contains("mail-key-changed"), "{log}");
}

#[tokio::test]
async fn what_is_no_key_is_refused_by_field() {
    let site = Site::new().await;
    for wrong in ["", "sesame", "AAAA", EXPIRED, &"A".repeat(60_000)] {
        set(&site, wrong, "delivered").await.problem(400, "key");
    }
    set(&site, OPENPGP, "some").await.problem(400, "covers");
    site.get(PATH).await.problem(404, "");
}
