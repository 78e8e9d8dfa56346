//! A server without sockets, and two users.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use http_frontend::{Http, Peer, Privacy, Settings};
use mailstore::Mailstore;
use mailstore::accounts::{
    Accounts, Grant, Keyring, LoginLimits, MemoryAccounts, NewToken, NewUser,
};
use mailstore::backends::memory;
use mailstore::store::LocalShared;
use mailstore::store::directory::Secret;
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse";

/// A server with the users `alice` (1) and `bob` (2).
pub(crate) struct Site {
    pub(crate) store: Mailstore,
    pub(crate) accounts: Accounts,
    pub(crate) router: Router,
    pub(crate) root: String,
    pub(crate) alice: String,
    pub(crate) bob: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// It must have gone well.
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// It must be a problem of that status, which names this field (if any).
    pub(crate) fn problem(self, status: u16, field: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let json = self.json();
        assert_eq!(json["status"], status);
        let named = json["errors"][0]["field"].as_str().unwrap_or_default();
        assert_eq!(named, field, "{json}");
        json
    }
}

impl Site {
    /// What the token of somebody who signs in is good for.
    pub(crate) const ALL: [&str; 5] = ["imap", "pop3", "http", "http-read", "master"];

    pub(crate) async fn new() -> Self {
        Self::with(Settings::default(), mailstore::Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings, store: mailstore::Settings) -> Self {
        let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
        #[cfg(feature = "webauthn")]
        let accounts = accounts.with_relying_party(mailstore::accounts::RelyingParty {
            id: "localhost".to_owned(),
            name: "test".to_owned(),
            origins: vec!["http://localhost".to_owned()],
            verification: mailstore::accounts::Verification::default(),
        });
        let keys = Arc::new(accounts.clone());
        let store = Mailstore::encrypting(memory::backend(), store, keys);
        accounts.add(NewUser::new("alice").password(Secret::new(PASSWORD))).await.unwrap();
        accounts.add(NewUser::new("bob").password(Secret::new(PASSWORD))).await.unwrap();
        let root = token(&accounts, Grant::Root).await;
        let http = Http::new(store.clone(), accounts.clone(), settings);
        let (alice, bob) = (String::new(), String::new());
        let mut site = Self { store, accounts, router: http.router(), root, alice, bob };
        site.alice = site.sign_in("alice").await;
        site.bob = site.sign_in("bob").await;
        site
    }

    /// The same, with a key for second factors and with limits of its own.
    pub(crate) async fn with_limits(limits: LoginLimits) -> Self {
        let mut site = Self::new().await;
        let keys = Keyring::new([7; 32], []);
        let shared = Arc::new(LocalShared::default());
        site.accounts = site.accounts.with_keyring(keys).with_limits(shared, limits);
        let http = Http::new(site.store.clone(), site.accounts.clone(), Settings::default());
        site.router = http.router();
        site
    }

    async fn sign_in(&self, name: &str) -> String {
        let body = format!("{{\"name\":\"{name}\",\"password\":\"{PASSWORD}\"}}");
        let answer = self.call(Method::POST, "/api/v1/session", "", body).await;
        answer.ok(201)["token"].as_str().unwrap().to_owned()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let address = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        request.extensions_mut().insert(Peer { address, privacy: Privacy::Private });
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with a token, unless that is empty, and a body of JSON, unless that is.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: impl Into<String>,
    ) -> Answer {
        let body = body.into();
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, &format!("/api/v1{path}"), &self.alice, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.call(Method::POST, &format!("/api/v1{path}"), &self.alice, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &str) -> Answer {
        self.call(Method::PATCH, &format!("/api/v1{path}"), &self.alice, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, &format!("/api/v1{path}"), &self.alice, "").await
    }

    /// The same with the root token.
    pub(crate) async fn as_root(&self, method: Method, path: &str, body: &str) -> Answer {
        self.call(method, &format!("/api/v1{path}"), &self.root, body).await
    }

    /// Puts a message into alice's INBOX; its UID.
    pub(crate) async fn upload(&self, message: impl Into<Bytes>) -> u64 {
        self.upload_with("", message).await.ok(201)["uid"].as_u64().unwrap()
    }

    pub(crate) async fn upload_with(&self, query: &str, message: impl Into<Bytes>) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/api/v1/users/me/mailboxes/1/messages{query}"))
            .header("authorization", format!("Bearer {}", self.alice))
            .header("content-type", "message/rfc822");
        self.send(request.body(Body::from(message.into())).unwrap()).await
    }
}

/// A token that is good for something.
pub(crate) async fn token(accounts: &Accounts, grant: Grant) -> String {
    let new = NewToken { grant, label: "test".into(), until: None };
    accounts.issue_token(new).await.unwrap().1.expose().to_owned()
}

/// A message with an attachment of so many bytes, which leaves the tree if they are many.
pub(crate) fn with_attachment(subject: &str, bytes: usize) -> String {
    let content: Vec<u8> = (0..bytes).map(|at| (at * 7 % 251) as u8).collect();
    let encoded = data_encoding::BASE64.encode(&content);
    let lines: Vec<_> = encoded.as_bytes().chunks(76).map(|l| str::from_utf8(l).unwrap()).collect();
    let body = lines.join("\r\n");
    format!(
        "From: =?utf-8?q?J=C3=B8?= <joe@example.com>\r\nTo: alice@example.com\r\n\
         Subject: {subject}\r\nDate: Wed, 25 Nov 2026 21:00:00 +0100\r\n\
         Message-ID: <{subject}@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n\
         --b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
         --a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello \u{e6}\r\n\
         --a\r\nContent-Type: text/html\r\n\r\n<p onclick=x>Hello <script>bad()</script><b>you</b>\r\n\
         --a--\r\n\
         --b\r\nContent-Type: text/html; name=page.html\r\n\
         Content-Disposition: attachment; filename=\"page.html\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n--b--\r\nepilogue\r\n"
    )
}
