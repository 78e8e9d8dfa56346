//! Events as they happen.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use futures::StreamExt;
use http_frontend::{Peer, Privacy, Settings};
use mailstore::time::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::Site;

/// A stream under way.
struct Events(axum::body::BodyDataStream, String);

impl Events {
    async fn open(site: &Site, query: &str, last_seen: Option<&str>) -> Self {
        Self::open_as(&site.alice, site, (query, last_seen)).await
    }

    async fn open_as(token: &str, site: &Site, (query, last): (&str, Option<&str>)) -> Self {
        let mut request = Request::get(format!("/api/v1/users/me/events{query}"))
            .header("authorization", format!("Bearer {token}"))
            .extension(Peer { address: None, privacy: Privacy::Private });
        if let Some(id) = last {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).unwrap();
        let response: Response<Body> = site.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self(response.into_body().into_data_stream(), String::new());
        assert_eq!(events.block().await, "retry: 2000");
        events
    }

    /// What comes up to the next empty line.
    async fn block(&mut self) -> String {
        loop {
            if let Some((block, rest)) = self.1.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.1 = rest;
                return block;
            }
            let next = tokio::time::timeout(Duration::from_secs(60), self.0.next()).await;
            self.1 += str::from_utf8(&next.unwrap().unwrap().unwrap()).unwrap();
        }
    }

    /// The next event: its id, its name, its data.
    async fn event(&mut self) -> (String, String, Value) {
        loop {
            let block = self.block().await;
            let field = |name: &str| {
                let found = block.lines().find_map(|line| line.strip_prefix(name));
                found.unwrap_or_default().to_owned()
            };
            if !block.starts_with(':') {
                let data = serde_json::from_str(&field("data: ")).unwrap();
                return (field("id: "), field("event: "), data);
            }
        }
    }
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens() {
    let site = Site::new().await;
    site.get("/users/me/mailboxes").await.ok(200);
    let mut events = Events::open(&site, "", None).await;
    let uid = site.upload("x\r\n").await;
    let (_, name, data) = events.event().await;
    assert_eq!(
        (name.as_str(), &data["uids"], &data["mailbox"]),
        ("arrived", &json!([[uid, uid]]), &json!(1))
    );
    let path = format!("/users/me/mailboxes/1/messages/{uid}");
    site.patch(&path, "{\"flags\":{\"add\":[\"\\\\Seen\"]}}").await.ok(200);
    assert_eq!(events.event().await.1, "flags");
    site.delete(&path).await.ok(204);
    assert_eq!(events.event().await.1, "expunged");
    site.post("/users/me/mailboxes", "{\"name\":\"new\"}").await.ok(201);
    let (_, name, data) = events.event().await;
    assert_eq!((name.as_str(), &data["change"]), ("mailbox", &json!("created")));
}

#[tokio::test]
async fn it_goes_on_where_it_was_cut_off() {
    let site = Site::new().await;
    let mut events = Events::open(&site, "", None).await;
    site.upload("x\r\n").await;
    let (id, ..) = events.event().await;
    drop(events);
    let uid = site.upload("y\r\n").await;
    let mut events = Events::open(&site, "?since=0", Some(&id)).await;
    let (_, _, data) = events.event().await;
    assert_eq!(data["uids"], json!([[uid, uid]]), "the header comes before the query");
}

#[tokio::test]
async fn a_gap_is_told() {
    let site = Site::new().await;
    site.upload("x\r\n").await;
    let mut events = Events::open(&site, "?since=999999", None).await;
    let (id, name, data) = events.event().await;
    assert_eq!((name.as_str(), data["modseq"].to_string()), ("reset", id));
    site.upload("y\r\n").await;
    assert_eq!(events.event().await.1, "arrived");
}

/// The journal is kept for a while only: who comes back later than that is told to read anew.
#[tokio::test]
async fn a_journal_that_was_trimmed_is_told() {
    let site = Site::new().await;
    let mut events = Events::open(&site, "", None).await;
    site.upload("x\r\n").await;
    let (id, ..) = events.event().await;
    drop(events);
    site.upload("y\r\n").await;
    let later = Timestamp::from_millis(Timestamp::now().millis() + 30 * 86_400_000);
    site.store.sweep(later).await.unwrap();
    let mut events = Events::open(&site, "", Some(&id)).await;
    let (now, name, data) = events.event().await;
    assert_eq!((name.as_str(), data["modseq"].to_string()), ("reset", now.clone()));
    assert!(now.parse::<u64>().unwrap() > id.parse().unwrap());
    let uid = site.upload("z\r\n").await;
    assert_eq!(events.event().await.2["uids"], json!([[uid, uid]]), "it goes on from there");
}

#[tokio::test]
async fn silence_is_told_too() {
    let heartbeat = Duration::from_millis(10);
    let settings = Settings { heartbeat, ..Settings::default() };
    let site = Site::with(settings, mailstore::Settings::default()).await;
    let mut events = Events::open(&site, "", None).await;
    assert_eq!(events.block().await, ": nothing new");
}

#[tokio::test]
async fn one_user_leaves_streams_to_others() {
    let settings = Settings { streams_per_user: 2, ..Settings::default() };
    let site = Site::with(settings, mailstore::Settings::default()).await;
    let (one, _two) = (Events::open(&site, "", None).await, Events::open(&site, "", None).await);
    site.get("/users/me/events").await.problem(503, "");
    Events::open_as(&site.bob, &site, ("", None)).await;
    drop(one);
    Events::open(&site, "", None).await;
}

#[tokio::test]
async fn there_are_so_many_streams_and_no_more() {
    let settings = Settings { streams: 1, ..Settings::default() };
    let site = Site::with(settings, mailstore::Settings::default()).await;
    let events = Events::open(&site, "", None).await;
    site.get("/users/me/events").await.problem(503, "");
    drop(events);
    Events::open(&site, "", None).await;
    site.get("/users/me/events?since=x").await.problem(400, "since");
}
