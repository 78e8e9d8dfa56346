//! Each status that the description has for an operation is one that the operation is answered with:
//! walked from the description itself.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use bytes::Bytes;
use contract::faults::{Interfered, Mood, Moody};
use http_frontend::{Http, Peer, Privacy, Settings};
use mailstore::Mailstore;
use mailstore::accounts::{
    Accounts, Grant, LoginLimits, NewAppPassword, NewToken, NewUser, Role, Scopes,
};
use mailstore::backends::memory;
use mailstore::change::Refusal;
use mailstore::store::Fault;
use tower::ServiceExt;

use crate::failing::Failing;
use crate::harness::{Site, token};

/// What is seen here of an operation.
const SEEN: [&str; 9] = ["400", "401", "403", "404", "408", "413", "415", "500", "503"];

struct Operation {
    method: Method,
    path: String,
    /// Of which type its body is, if it has one.
    body: Option<String>,
    statuses: Vec<String>,
}

async fn operations(site: &Site) -> Vec<Operation> {
    let description = site.call(Method::GET, "/api/v1/openapi.json", "", "").await.ok(200);
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let types = operation["requestBody"]["content"].as_object();
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                body: types.map(|types| types.keys().next().unwrap().clone()),
                statuses: operation["responses"].as_object().unwrap().keys().cloned().collect(),
            });
        }
    }
    all
}

/// A place of the API, filled in.
fn at(path: &str, user: &str) -> String {
    let path = path.replace("{user}", user).replace("{mailbox}", "1").replace("{uid}", "1");
    path.replace("{part}", "0").replace("{id}", "0").replace("{address}", "a@b.example")
}

/// A place whose last parameter is no text.
fn odd(path: &str) -> String {
    let (start, end) = (path.rfind('{').unwrap(), path.rfind('}').unwrap());
    at(&format!("{}%FF{}", &path[..start], &path[end + 1..]), "1")
}

/// A request of an operation, which is refused for one reason.
struct Refused {
    path: String,
    token: bool,
    privacy: Privacy,
    kind: String,
    body: Body,
}

/// How it is refused with that status.
fn refused(operation: &Operation, status: &str) -> Refused {
    let kind = operation.body.clone().unwrap_or_default();
    let path = at(&operation.path, "1");
    let mut refused =
        Refused { path, token: true, privacy: Privacy::Private, kind, body: Body::empty() };
    let signs_in = operation.path.contains("/session") && operation.body.is_some();
    match status {
        "400" if operation.path.contains('{') => refused.path = odd(&operation.path),
        "400" if operation.body.is_some() => refused.body = Body::from("[]"),
        "400" => refused.path += "?limit=x",
        "401" => {
            refused.token = false;
            refused.body = Body::from("{\"name\":\"nobody\",\"password\":\"x\"}");
        }
        "403" => refused.privacy = Privacy::Open,
        "404" => refused.path = at(&operation.path, "99"),
        "408" => {
            refused.body =
                Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>())
        }
        "413" => refused.body = Body::from(vec![b' '; 300 << 10]),
        "415" => refused.kind = "text/x-nothing".to_owned(),
        _ if signs_in => refused.body = Body::from("{\"name\":\"alice\",\"password\":\"x\"}"),
        _ => {}
    }
    refused
}

fn fault(status: &str) -> Option<Fault> {
    match status {
        "500" => Some(Fault::Corrupt),
        "503" => Some(Fault::Unavailable),
        _ => None,
    }
}

#[tokio::test]
async fn each_operation_is_refused_as_described() {
    let users = Failing::new();
    let accounts = Accounts::new(users.clone());
    accounts.add(NewUser::new("alice")).await.unwrap();
    let root = token(&accounts, Grant::Root).await;
    let mail = mailstore::Settings { max_message: 200 << 10, ..mailstore::Settings::default() };
    let store = Mailstore::new(memory::backend(), mail);
    let settings = Settings { patience: Duration::from_millis(5), ..Settings::default() };
    let router = Http::new(store, accounts, settings).router();

    let mut tried = 0;
    for operation in operations(&Site::new().await).await {
        for status in operation.statuses.iter().filter(|status| SEEN.contains(&status.as_str())) {
            let Refused { path, token, privacy, kind, body } = refused(&operation, status);
            let mut request = Request::builder().method(operation.method.clone()).uri(&path);
            if token {
                request = request.header("authorization", format!("Bearer {root}"));
            }
            if !kind.is_empty() {
                request = request.header("content-type", kind);
            }
            let request = request.extension(Peer { address: None, privacy }).body(body).unwrap();
            users.fail(fault(status));
            let answer = router.clone().oneshot(request).await.unwrap();
            users.fail(None);
            let (method, said) = (&operation.method, answer.status().to_string());
            assert!(said.starts_with(status.as_str()), "{method} {path}: {said}, not {status}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

/// Every operation may be refused for want of a token and of rights, and for a store that is away.
#[tokio::test]
async fn nothing_is_left_out_of_the_description() {
    for operation in operations(&Site::new().await).await {
        let has = |status: &str| operation.statuses.iter().any(|one| one == status);
        let Operation { method, path, .. } = &operation;
        if path == "/health" {
            continue;
        }
        assert!(has("500") && has("503"), "{method} {path}");
        assert_eq!(has("401") && has("403"), path != "/ready", "{method} {path}");
        assert_eq!(has("413") && has("415"), operation.body.is_some(), "{method} {path}");
    }
}

/// Changes of mail that a ledger refuses: what is done, where, and the body.
const OF_MAIL: [(&str, &str, &str); 11] = [
    ("PUT", "/users/{user}/quota", "{\"bytes\":1}"),
    ("PUT", "/users/{user}/filters", "{\"filters\":[{\"name\":\"x\"}]}"),
    ("PUT", "/users/{user}/pop3", "{\"dele\":\"trash\"}"),
    ("POST", "/users/{user}/mailboxes", "{\"name\":\"x\"}"),
    ("PATCH", "/users/{user}/mailboxes/{mailbox}", "{\"name\":\"x\"}"),
    ("DELETE", "/users/{user}/mailboxes/{mailbox}", ""),
    ("POST", "/users/{user}/mailboxes/{mailbox}/messages", "x"),
    ("PATCH", "/users/{user}/mailboxes/{mailbox}/messages/{uid}", "{\"flags\":{\"add\":[\"x\"]}}"),
    ("DELETE", "/users/{user}/mailboxes/{mailbox}/messages/{uid}", ""),
    ("POST", "/users/{user}/mailboxes/{mailbox}/messages/{uid}/copy", "{\"mailbox\":2}"),
    ("POST", "/users/{user}/mailboxes/{mailbox}/messages/{uid}/move", "{\"mailbox\":2}"),
];

/// Changes of users, who have all that they may have, and no second factor.
const OF_USERS: [(&str, &str, &str); 10] = [
    ("POST", "/users/{user}/addresses", "{\"address\":\"bob@b.example\"}"),
    ("DELETE", "/users/{user}/addresses/{address}", ""),
    ("PUT", "/forwards/{address}", "{\"targets\":[\"x@y.example\"]}"),
    ("POST", "/users/{user}/app-passwords", "{\"good_for\":[\"imap\"]}"),
    ("POST", "/users/{user}/tokens", "{\"good_for\":[\"imap\"]}"),
    ("POST", "/tokens", "{\"good_for\":\"audit\"}"),
    ("POST", "/users/{user}/second-factor", ""),
    ("PUT", "/users/{user}/second-factor", "{\"code\":\"123456\"}"),
    ("POST", "/users/{user}/second-factor/recovery-codes", ""),
    ("POST", "/users", "{\"name\":\"alice\"}"),
];

/// A server whose ledger refuses what it is asked, with users who have all that they may have.
async fn stubborn() -> (Site, Arc<Interfered<Moody>>) {
    let mut backend = memory::backend();
    let ledger = Interfered::new(backend.ledger, Moody::default());
    backend.ledger = ledger.clone();
    let mut site = Site::new().await;
    site.store = Mailstore::new(backend, mailstore::Settings::default());
    site.router =
        Http::new(site.store.clone(), site.accounts.clone(), Settings::default()).router();
    site.upload("x\r\n").await;
    let accounts = &site.accounts;
    for user in ["a@b.example", "bob@b.example"] {
        accounts.add(NewUser::new(user)).await.unwrap();
    }
    let account = accounts.find("alice").await.unwrap().account;
    let scopes = Scopes::mail();
    let of_user = || Grant::User { account, scopes };
    let new = |grant| NewToken { grant, label: String::new(), until: None };
    while accounts.issue_token(new(Grant::Role(Role::Audit))).await.is_ok() {}
    while accounts.issue_token(new(of_user())).await.is_ok() {}
    let new = || NewAppPassword { label: String::new(), scopes, until: None };
    while accounts.add_app_password(account, new()).await.is_ok() {}
    (site, ledger)
}

#[tokio::test]
async fn each_change_is_refused_as_things_stand() {
    let (site, ledger) = stubborn().await;
    ledger.by.is_in(Mood::Refuses(Refusal::UidsExhausted));
    for (method, path, body) in OF_MAIL.iter().chain(&OF_USERS) {
        // The user whose login name is that address.
        let user = if path.ends_with("{address}") { "3" } else { "1" };
        let kind = if *body == "x" { "message/rfc822" } else { "application/json" };
        let request = Request::builder()
            .method(*method)
            .uri(format!("/api/v1{}", at(path, user)))
            .header("authorization", format!("Bearer {}", site.root))
            .header("content-type", kind);
        let answer = site.send(request.body(Body::from(*body)).unwrap()).await;
        assert_eq!(answer.status, 409, "{method} {path}: {answer:?}");
    }
    for Operation { method, path, statuses, .. } in operations(&site).await {
        let tried = OF_MAIL
            .iter()
            .chain(&OF_USERS)
            .any(|(a, b, _)| *a == method.as_str() && path == format!("/api/v1{b}"));
        let described = statuses.iter().any(|status| status == "409");
        assert!(described || !tried, "{method} {path}");
    }
}

/// Where passwords are guessed, they are only so often.
#[tokio::test]
async fn each_guess_is_put_off_as_described() {
    let limits = LoginLimits { per_account: 1, ..LoginLimits::default() };
    let site = Site::with_limits(limits).await;
    let change = "{\"password\":\"x\",\"old_password\":\"wrong\"}";
    site.patch("/users/me", change).await.problem(403, "old_password");
    site.patch("/users/me", change).await.problem(429, "");
    let sign_in = "{\"name\":\"alice\",\"password\":\"wrong\"}";
    site.call(Method::POST, "/api/v1/session", "", sign_in).await.problem(429, "");
    #[cfg(feature = "webauthn")]
    {
        let path = "/api/v1/session/security-key/question";
        site.call(Method::POST, path, "", sign_in).await.problem(429, "");
    }
    for Operation { path, statuses, .. } in operations(&site).await {
        if statuses.iter().any(|status| status == "429") {
            assert!(path.contains("/session") || path.ends_with("/users/{user}"), "{path}");
        }
    }
}
