//! GET of the threads of a mailbox.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mailstore::id::SessionId;
use mailstore::search::thread::{Algorithm, Root, Threads};
use mailstore::uid::Uid;
use mailstore::{Access, Actor, Threaded};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Asked;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::Place;

/// A conversation within a mailbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Thread {
    /// Its messages, each after the one that it answers.
    messages: Vec<InThread>,
    /// The highest UID in it, by which threads are in order: the newest first.
    last: u32,
}

/// A message in a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InThread {
    /// Its UID.
    uid: u32,
    /// The UID of the message that it answers, if that is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<u32>,
}

/// The threads of a mailbox (RFC 5256 REFERENCES), those with the newest message first.
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}/threads", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox, Paging),
    responses((status = 200, body = Page<Thread>), Problems))]
pub(crate) async fn list_threads(
    State(api): State<Arc<Api>>,
    place: Place,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Thread>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<u32>()?);
    let by = Actor::new(place.owner.account(), SessionId::NONE);
    let selected = api.store.select(by, place.mailbox, Access::ReadOnly).await?;
    let selected = selected.ok_or_else(|| Problem::not_found("mailbox"))?;
    let Threaded { uids, threads } =
        selected.thread(&selected.uids().to_set(), Algorithm::References).await?;
    let all = threads.roots.iter().map(|root| thread(root, &uids, &threads));
    let mut items: Vec<_> =
        all.filter(|thread| after.is_none_or(|after| thread.last < after)).collect();
    items.sort_by_key(|thread| std::cmp::Reverse(thread.last));
    items.truncate(limit + 1);
    Ok(Json(Page::of(items, limit, |thread| thread.last)))
}

/// Walks a thread without recursion: it may be as deep as the mailbox has messages.
fn thread(root: &Root, uids: &[Uid], threads: &Threads) -> Thread {
    let uid = |at: u32| uids.get(at as usize).map_or(0, |uid| uid.get());
    let mut open: Vec<(u32, Option<u32>)> = match root {
        Root::Message(at) => vec![(*at, None)],
        Root::Siblings(all) => all.iter().rev().map(|at| (*at, None)).collect(),
    };
    let mut messages = Vec::new();
    while let Some((at, answers)) = open.pop() {
        messages.push(InThread { uid: uid(at), answers });
        open.extend(threads.children(at).iter().rev().map(|child| (*child, Some(uid(at)))));
    }
    let last = messages.iter().map(|message| message.uid).max().unwrap_or_default();
    Thread { messages, last }
}
