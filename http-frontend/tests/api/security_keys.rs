//! Security keys: how they are added, named and taken away, and how a user signs in with one. What of
//! a key is refused is tested in mailstore's `security_keys`; with a browser's own key, all of it in
//! mailserver's `browser`.

use std::sync::Arc;

use axum::http::Method;
use data_encoding::BASE64URL_NOPAD;
use harness::{SecurityKey, Signed, Signer};
use http_frontend::{Http, Settings};
use mailstore::accounts::{Accounts, LoginLimits, MemoryAccounts, NewUser};
use mailstore::store::directory::Secret;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Site};

const PATH: &str = "/users/me/security-keys";

fn encode(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn new_key() -> SecurityKey {
    SecurityKey::new(Signer::es256(), "localhost", "http://localhost:1234")
}

fn challenge(question: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(question["challenge"].as_str().unwrap().as_bytes()).unwrap()
}

async fn add(site: &Site, key: &SecurityKey) -> Answer {
    let question = site.post(&format!("{PATH}/question"), "").await.ok(201);
    let made = key.create(&challenge(&question));
    let new = json!({
        "label": "blue",
        "client_data": encode(&made.client_data),
        "attestation": encode(&made.object),
    });
    site.post(PATH, &new.to_string()).await
}

async fn ask(site: &Site, password: &str) -> Answer {
    let half = json!({ "name": "alice", "password": password }).to_string();
    site.call(Method::POST, "/api/v1/session/security-key/question", "", half).await
}

fn answer(signed: &Signed) -> Value {
    json!({
        "key": encode(&signed.credential),
        "client_data": encode(&signed.client_data),
        "authenticator_data": encode(&signed.authenticator_data),
        "signature": encode(&signed.signature),
    })
}

/// What a key answers to what is asked at sign-in.
async fn answered(site: &Site, key: &mut SecurityKey) -> Value {
    let question = ask(site, PASSWORD).await.ok(201);
    assert!(question["known"].as_array().unwrap().contains(&json!(encode(&key.credential))));
    answer(&key.sign(&challenge(&question)))
}

async fn sign_in(site: &Site, factor: &str, shown: &Value) -> Answer {
    let mut body = json!({ "name": "alice", "password": PASSWORD });
    body[factor] = shown.clone();
    site.call(Method::POST, "/api/v1/session", "", body.to_string()).await
}

#[tokio::test]
async fn a_user_signs_in_with_the_password_and_a_key() {
    let site = Site::new().await;
    let mut key = new_key();
    add(&site, &key).await.ok(201);
    let wanted = sign_in(&site, "code", &Value::Null).await.problem(401, "code");
    assert_eq!(wanted["code"], "code-wanted");
    assert_eq!(wanted["second_factors"], json!(["security-key", "recovery-code"]));
    let shown = answered(&site, &mut key).await;
    let signed_in = sign_in(&site, "security_key", &shown).await.ok(201);
    let token = signed_in["token"].as_str().unwrap();
    let session = site.call(Method::GET, "/api/v1/session", token, "").await.ok(200);
    assert_eq!(session["good_for"], json!(["http", "http-read", "master"]));
    sign_in(&site, "security_key", &shown).await.problem(401, "");
    assert!(site.get(PATH).await.ok(200)["items"][0]["last_use"]["at"].is_string());
}

#[tokio::test]
async fn a_question_goes_to_who_knows_the_password_of_one_with_keys() {
    let site = Site::new().await;
    assert_eq!(ask(&site, PASSWORD).await.problem(409, "")["code"], "no-security-key");
    add(&site, &new_key()).await.ok(201);
    ask(&site, "wrong").await.problem(401, "");
    let question = ask(&site, PASSWORD).await.ok(201);
    assert_eq!(
        (&question["party"], &question["verification"]),
        (&json!("localhost"), &json!("preferred"))
    );
    assert_eq!(challenge(&question).len(), 32);
}

#[tokio::test]
async fn what_is_no_answer_is_refused_by_field() {
    let site = Site::new().await;
    let right = json!({ "key": "", "client_data": "", "authenticator_data": "", "signature": "" });
    for field in right.as_object().unwrap().keys() {
        let mut shown = right.clone();
        shown[field] = json!("*");
        let refused = sign_in(&site, "security_key", &shown).await;
        refused.problem(400, &format!("security_key.{field}"));
    }
    let post = async |client: &str, attestation: &str| {
        let new = json!({ "client_data": client, "attestation": attestation, "label": "blue" });
        site.post(PATH, &new.to_string()).await
    };
    post("*", "").await.problem(400, "client_data");
    post("", "*").await.problem(400, "attestation");
    post("", "").await.problem(400, "attestation");
}

#[tokio::test]
async fn a_key_is_added_named_and_taken_away() {
    let site = Site::new().await;
    assert_eq!(site.get(PATH).await.ok(200), json!({ "items": [] }));
    let key = new_key();
    let added = add(&site, &key).await.ok(201);
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(added["about"]["label"], "blue");
    add(&site, &key).await.problem(409, "");
    let second = add(&site, &new_key()).await.ok(201);
    assert!(second.get("recovery_codes").is_none(), "{second}");
    let factors = site.get("/users/me/second-factor").await.ok(200);
    let all = json!({ "state": "on", "codes": "off", "security_keys": 2, "recovery_codes": 10 });
    assert_eq!(factors, all);

    let one = format!("{PATH}/{}", added["about"]["id"].as_str().unwrap());
    site.patch(&one, "{\"label\":\"green\"}").await.ok(204);
    site.patch(&one, "{\"label\":\"a\\u0001\"}").await.problem(400, "label");
    site.patch(&format!("{PATH}/0"), "{\"label\":\"green\"}").await.problem(404, "");
    let page = site.get(&format!("{PATH}?limit=1")).await.ok(200);
    let next = site.get(&format!("{PATH}?after={}", page["next"].as_str().unwrap())).await.ok(200);
    let labels = json!([page["items"][0]["label"], next["items"][0]["label"]]).to_string();
    assert!(labels.contains("green") && labels.contains("blue"), "{labels}");

    site.delete(&one).await.ok(204);
    site.delete(&one).await.problem(404, "");
    site.delete("/users/me/second-factor").await.ok(204);
    assert_eq!(site.get(PATH).await.ok(200), json!({ "items": [] }));
    sign_in(&site, "code", &Value::Null).await.ok(201);
    let log = site.get("/users/me/log").await.ok(200)["items"].to_string();
    for event in ["security-key-added", "security-key-renamed", "security-key-removed"] {
        assert!(log.contains(event), "{log}");
    }
}

/// A key, a code of the app and a recovery code: each is enough.
#[tokio::test]
async fn each_second_factor_of_a_user_signs_in() {
    let site = Site::with_limits(LoginLimits::default()).await;
    let mut key = new_key();
    add(&site, &key).await.ok(201);
    let begun = site.post("/users/me/second-factor", "").await.ok(201);
    let secret = begun["secret"].as_str().unwrap();
    let path = "/api/v1/users/me/second-factor";
    let shown = json!({ "code": harness::totp(secret, 0) }).to_string();
    let on = site.call(Method::PUT, path, &site.alice, shown).await.ok(200);
    let wanted = sign_in(&site, "code", &Value::Null).await.problem(401, "code");
    assert_eq!(wanted["second_factors"], json!(["code", "security-key", "recovery-code"]));
    let shown = answered(&site, &mut key).await;
    sign_in(&site, "security_key", &shown).await.ok(201);
    sign_in(&site, "code", &json!(harness::totp(secret, 1))).await.ok(201);
    sign_in(&site, "code", &on["recovery_codes"][0]).await.ok(201);
    site.delete("/users/me/second-factor/codes").await.ok(204);
    let wanted = sign_in(&site, "code", &Value::Null).await.problem(401, "code");
    assert_eq!(wanted["second_factors"], json!(["security-key", "recovery-code"]));
}

#[tokio::test]
async fn another_password_takes_the_old_one_and_a_key() {
    let site = Site::new().await;
    let mut key = new_key();
    add(&site, &key).await.ok(201);
    let mut change = json!({ "password": "another", "old_password": PASSWORD });
    site.patch("/users/me", &change.to_string()).await.problem(403, "code");
    change["security_key"] = answered(&site, &mut key).await;
    site.patch("/users/me", &change.to_string()).await.ok(200);
    ask(&site, PASSWORD).await.problem(401, "");
    ask(&site, "another").await.ok(201);
}

#[tokio::test]
async fn wrong_answers_are_taken_only_so_often() {
    let site = Site::with_limits(LoginLimits { codes: 2, ..LoginLimits::default() }).await;
    let mut key = new_key();
    add(&site, &key).await.ok(201);
    for _ in 0..2 {
        let shown = answer(&key.sign(&[7; 32]));
        sign_in(&site, "security_key", &shown).await.problem(401, "");
    }
    let shown = answered(&site, &mut key).await;
    sign_in(&site, "security_key", &shown).await.problem(429, "");
}

#[tokio::test]
async fn without_a_domain_no_key_is_asked() {
    let mut site = Site::new().await;
    site.accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
    let alice = NewUser::new("alice").password(Secret::new(PASSWORD));
    site.accounts.add(alice).await.unwrap();
    let http = Http::new(site.store.clone(), site.accounts.clone(), Settings::default());
    site.router = http.router();
    let signed_in = sign_in(&site, "code", &Value::Null).await.ok(201);
    site.alice = signed_in["token"].as_str().unwrap().to_owned();
    site.post(&format!("{PATH}/question"), "").await.problem(409, "");
}
