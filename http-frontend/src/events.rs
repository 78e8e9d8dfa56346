//! `/users/{user}/events`: the journal as a stream (server-sent events, WHATWG HTML 9.2).

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use mailstore::journal::{Entry, Event, MailboxEvent, Record};
use mailstore::uid::{ModSeq, UidSet};
use mailstore::{Error, Fed, Feed};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};
use utoipa::{IntoParams, ToSchema};
use wire::{Place, Shutdown};

use crate::Ending;
use crate::api::Api;
use crate::codec::last_event;
use crate::doc::Problems;
use crate::input::Asked;
use crate::problem::Problem;
use crate::request::Owner;

/// Most ranges of UIDs in one event; what is more comes in further events under the same id.
const RANGES: usize = 1_000;

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// Only what happened after this MODSEQ; the header `Last-Event-ID` comes before it. Default:
    /// from now on.
    since: Option<u64>,
}

/// What happened: the `data` of an event. Its `id` is the MODSEQ, from which a stream goes on.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Happening {
    /// Messages arrived.
    Arrived { mailbox: u32, uids: Vec<(u32, u32)>, modseq: u64, at: String },
    /// The flags of messages changed.
    Flags { mailbox: u32, uids: Vec<(u32, u32)>, modseq: u64, at: String },
    /// Messages went away.
    Expunged { mailbox: u32, uids: Vec<(u32, u32)>, modseq: u64, at: String },
    /// A mailbox was created, renamed or deleted, or a subscription changed.
    Mailbox { mailbox: u32, change: Change, modseq: u64, at: String },
    /// A property of a mailbox changed, or of the account (mailbox 0): filters, access lists.
    Property { mailbox: u32, modseq: u64, at: String },
    /// The journal does not reach back that far: read everything anew. The stream goes on from
    /// here.
    Reset { modseq: u64 },
}

/// What happened to a mailbox itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MailboxEvent)]
pub(crate) enum Change {
    Created,
    Renamed,
    Deleted,
    Subscribed,
}

/// What happens to the mail of a user, as it happens. `uids` are ranges, first and last. A comment
/// comes when nothing has happened for a while.
#[utoipa::path(get, path = "/users/{user}/events", tag = "Events",
    params(crate::doc::User, Since,
        ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen.")),
    responses((status = 200, content_type = "text/event-stream", body = Happening), Problems))]
pub(crate) async fn stream_events(
    State(api): State<Arc<Api>>,
    Owner(owner): Owner,
    Asked(from): Asked<Since>,
    headers: HeaderMap,
    ending: Option<Extension<Ending>>,
) -> Result<Response, Problem> {
    let since = last_seen(&headers)?.or(from.since.map(ModSeq));
    let busy = |why| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", why);
    let full = || busy("too many streams");
    let place = api.places.take(owner.account(), api.settings.streams_per_user).await;
    let place = place.ok_or_else(|| busy("too many streams of this user"))?;
    let turn = Arc::clone(&api.streams).try_acquire_owned().map_err(|_| full())?;
    let feed = api.store.feed(owner.account(), since).await?;
    let streaming = Streaming {
        heartbeat: api.settings.heartbeat,
        feed,
        ready: VecDeque::from([Bytes::from_static(b"retry: 2000\n\n")]),
        state: Reach::Behind,
        shutdown: ending.map(|Extension(Ending(shutdown))| shutdown),
        _turn: turn,
        _place: place,
    };
    let pieces = stream::try_unfold(streaming, Streaming::next);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn last_seen(headers: &HeaderMap) -> Result<Option<ModSeq>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let seen = value.to_str().ok().and_then(last_event::parse);
    seen.map(Some).ok_or_else(|| Problem::field("Last-Event-ID", "not a MODSEQ"))
}

/// A stream under way.
struct Streaming {
    heartbeat: std::time::Duration,
    feed: Feed,
    /// What is to be sent next.
    ready: VecDeque<Bytes>,
    state: Reach,
    shutdown: Option<Shutdown>,
    _turn: OwnedSemaphorePermit,
    _place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// There may be more in the journal.
    Behind,
    /// It was read to its end.
    Current,
}

impl Streaming {
    /// The next bytes; `None` at the end of the server.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Error> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Ok(Some((bytes, self)));
            }
            if self.state == Reach::Current && !self.wait().await {
                return Ok(None);
            }
            let known = self.feed.cursor();
            match self.feed.read().await? {
                Fed::Records(records) => self.ready.extend(records.iter().flat_map(events)),
                Fed::Reset(at) => {
                    self.ready.push_back(event(&Happening::Reset { modseq: at.0 }, Some(at)));
                }
            }
            self.state = match self.feed.cursor() == known {
                true => Reach::Current,
                false => Reach::Behind,
            };
        }
    }

    /// Waits for something to happen, or for the time to say that nothing has; false when the
    /// server goes down.
    async fn wait(&mut self) -> bool {
        let heartbeat = sleep_until(Instant::now() + self.heartbeat);
        let shutdown = async {
            match &mut self.shutdown {
                Some(shutdown) => shutdown.begun().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.feed.changed() => {}
            () = heartbeat => self.ready.push_back(Bytes::from_static(b": nothing new\n\n")),
            () = shutdown => return false,
        }
        true
    }
}

/// The events of a record, in order. Only the last one has the id: who was cut off before it gets
/// the record again.
fn events(record: &Record) -> Vec<Bytes> {
    let all: Vec<_> = record.entries.iter().flat_map(|one| happenings(one, record)).collect();
    let id = |at: usize| (at + 1 == all.len()).then_some(record.modseq);
    all.iter().enumerate().map(|(at, happening)| event(happening, id(at))).collect()
}

fn happenings(entry: &Entry, record: &Record) -> Vec<Happening> {
    let (mailbox, modseq) = (entry.mailbox.0, record.modseq.0);
    let at = crate::date::utc(record.at);
    let (kind, uids) = match &entry.event {
        Event::Arrived(range) => (Kind::Arrived, &UidSet::range(range.clone())),
        Event::Flags(uids) => (Kind::Flags, uids),
        Event::Expunged(uids) => (Kind::Expunged, uids),
        Event::Mailbox(change) => {
            return vec![Happening::Mailbox { mailbox, change: (*change).into(), modseq, at }];
        }
        Event::Property => return vec![Happening::Property { mailbox, modseq, at }],
        _ => return Vec::new(),
    };
    let ranges: Vec<_> = uids.ranges().map(|one| (one.start().get(), one.end().get())).collect();
    let some = ranges.chunks(RANGES).map(|uids| {
        let (uids, at) = (uids.to_vec(), at.clone());
        match kind {
            Kind::Arrived => Happening::Arrived { mailbox, uids, modseq, at },
            Kind::Flags => Happening::Flags { mailbox, uids, modseq, at },
            Kind::Expunged => Happening::Expunged { mailbox, uids, modseq, at },
        }
    });
    some.collect()
}

/// What happened to messages.
#[derive(Clone, Copy)]
enum Kind {
    Arrived,
    Flags,
    Expunged,
}

impl From<MailboxEvent> for Change {
    fn from(event: MailboxEvent) -> Self {
        match event {
            MailboxEvent::Created => Self::Created,
            MailboxEvent::Renamed => Self::Renamed,
            MailboxEvent::Deleted => Self::Deleted,
            MailboxEvent::Subscribed => Self::Subscribed,
        }
    }
}

fn event(happening: &Happening, id: Option<ModSeq>) -> Bytes {
    let name = match happening {
        Happening::Arrived { .. } => "arrived",
        Happening::Flags { .. } => "flags",
        Happening::Expunged { .. } => "expunged",
        Happening::Mailbox { .. } => "mailbox",
        Happening::Property { .. } => "property",
        Happening::Reset { .. } => "reset",
    };
    let data = serde_json::to_string(happening).unwrap_or_default();
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {name}\ndata: {data}\n\n").into()
}
