//! The second factor: how it is turned on and off, and what it leaves to the account password.

use axum::http::Method;
use mailstore::accounts::LoginLimits;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Site};

const PATH: &str = "/users/me/second-factor";

/// What an authenticator app shows, so many steps from now.
fn code(secret: &Value, steps: i64) -> String {
    harness::totp(secret.as_str().unwrap(), steps)
}

async fn enable(site: &Site, code: &str) -> Answer {
    let body = json!({ "code": code }).to_string();
    site.call(Method::PUT, &format!("/api/v1{PATH}"), &site.alice, body).await
}

/// Turns it on: the secret, and the recovery codes.
async fn turned_on(site: &Site) -> (Value, Vec<String>) {
    let secret = site.post(PATH, "").await.ok(201)["secret"].clone();
    let on = enable(site, &code(&secret, 0)).await.ok(200);
    let codes = on["recovery_codes"].as_array().unwrap();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn sign_in(site: &Site, code: Option<&str>) -> Answer {
    let body = json!({ "name": "alice", "password": PASSWORD, "code": code }).to_string();
    site.call(Method::POST, "/api/v1/session", "", body).await
}

#[tokio::test]
async fn it_is_on_once_a_code_is_shown() {
    let site = Site::with_limits(LoginLimits::default()).await;
    let state = async || site.get(PATH).await.ok(200)["state"].clone();
    assert_eq!(state().await, "off");
    enable(&site, "123456").await.problem(409, "");
    let begun = site.post(PATH, "").await.ok(201);
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/mailstore:alice?secret="));
    assert_eq!(state().await, "pending");
    sign_in(&site, None).await.ok(201);
    enable(&site, &code(&begun["secret"], -9)).await.problem(403, "code");
    enable(&site, &"1".repeat(33)).await.problem(400, "code");
    let on = enable(&site, &code(&begun["secret"], 0)).await.ok(200);
    assert_eq!(on["recovery_codes"].as_array().unwrap().len(), 10);
    let left = |state: &str, codes: u64| json!({ "state": state, "codes": state, "security_keys": 0, "recovery_codes": codes });
    assert_eq!(site.get(PATH).await.ok(200), left("on", 10));
    site.post(PATH, "").await.problem(409, "");
    enable(&site, &code(&begun["secret"], 1)).await.problem(409, "");

    for path in [&format!("{PATH}/codes"), PATH] {
        for _ in 0..2 {
            site.delete(path).await.ok(204);
        }
        assert_eq!(site.get(PATH).await.ok(200), left("off", 0));
        turned_on(&site).await;
    }
    site.delete(PATH).await.ok(204);
    sign_in(&site, None).await.ok(201);
}

/// And what the password then opens is the account itself: it may not read the user's mail by
/// other protocols.
#[tokio::test]
async fn signing_in_takes_a_code() {
    let site = Site::with_limits(LoginLimits::default()).await;
    let (secret, _) = turned_on(&site).await;
    let asked = sign_in(&site, None).await.problem(401, "code");
    assert_eq!(asked["code"], "code-wanted");
    assert_eq!(asked["second_factors"], json!(["code", "recovery-code"]));
    sign_in(&site, Some("000000")).await.problem(401, "");
    let shown = code(&secret, 1);
    let signed_in = sign_in(&site, Some(&shown)).await.ok(201);
    let token = signed_in["token"].as_str().unwrap();
    let session = site.call(Method::GET, "/api/v1/session", token, "").await.ok(200);
    assert_eq!(session["good_for"], json!(["http", "http-read", "master"]));
    sign_in(&site, Some(&shown)).await.problem(401, "");

    // Another password takes the old one and a code.
    let change = json!({ "password": "another", "old_password": PASSWORD }).to_string();
    site.patch("/users/me", &change).await.problem(403, "code");
    let log = site.get("/users/me/log").await.ok(200)["items"].to_string();
    assert!(log.contains("second-factor-on"), "{log}");
}

#[tokio::test]
async fn codes_are_guessed_only_so_often() {
    let limits = LoginLimits { codes: 3, ..LoginLimits::default() };
    let site = Site::with_limits(limits).await;
    let (secret, recovery) = turned_on(&site).await;
    for _ in 0..3 {
        sign_in(&site, Some("000000")).await.problem(401, "");
    }
    for right in [&code(&secret, 1), &recovery[0]] {
        let answer = sign_in(&site, Some(right)).await;
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
        answer.problem(429, "");
    }
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    let site = Site::with_limits(LoginLimits::default()).await;
    let path = format!("{PATH}/recovery-codes");
    site.post(&path, "").await.problem(409, "");
    let (_, codes) = turned_on(&site).await;
    sign_in(&site, Some(&codes[0])).await.ok(201);
    sign_in(&site, Some(&codes[0])).await.problem(401, "");
    assert_eq!(site.get(PATH).await.ok(200)["recovery_codes"], 9);
    let renewed = site.post(&path, "").await.ok(201);
    sign_in(&site, Some(&codes[1])).await.problem(401, "");
    sign_in(&site, renewed["recovery_codes"][1].as_str()).await.ok(201);
    let log = site.get("/users/me/log").await.ok(200)["items"].to_string();
    assert!(log.contains("recovery-code-used") && log.contains("recovery-codes-made"), "{log}");
    assert!(!log.contains(&codes[0]), "no code is in the log");
}
