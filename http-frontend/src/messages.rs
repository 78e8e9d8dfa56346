//! `/users/{user}/mailboxes/{mailbox}/messages`: the messages of a mailbox.

mod attachment;
mod bulk;
mod content;
mod flags;
mod html;
mod proof;
mod search;
mod source;
mod summary;
mod threads;
mod transfer;
mod tree;
mod upload;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::Mailstore;
use mailstore::change::ExpungeGuard;
use mailstore::id::MailboxKey;
use mailstore::mailbox::MailboxState;
use mailstore::message::{Fetched, Presence, Want};
use mailstore::mime::MimeTree;
use mailstore::store::StoreError;
use mailstore::uid::{Uid, UidSet};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Asked;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::request::{Place, Spot};
use content::Parsed;
use summary::Summary;

/// Adds the endpoints of messages.
pub(crate) fn endpoints(api: OpenApiRouter<Arc<Api>>) -> OpenApiRouter<Arc<Api>> {
    api.routes(routes!(list_messages, upload::upload_message))
        .routes(routes!(read_message, flags::change_flags, delete_message))
        .routes(routes!(source::read_source))
        .routes(routes!(attachment::read_part))
        .routes(routes!(tree::read_tree))
        .routes(routes!(proof::prove))
        .routes(routes!(transfer::copy_message))
        .routes(routes!(transfer::move_message))
        .routes(routes!(threads::list_threads))
        .routes(routes!(search::search_messages))
        .routes(routes!(bulk::change_messages))
}

/// Which messages, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Most messages of the page.
    #[param(minimum = 1, maximum = 250, default = 50)]
    limit: Option<usize>,
    /// `next` of the page before.
    #[param(max_length = 1000)]
    after: Option<String>,
    /// Which come first. Default: the newest.
    #[serde(default)]
    order: Order,
}

/// Which messages come first.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    #[default]
    Newest,
    Oldest,
}

/// The messages of a mailbox. A page begins where the one before ended, whatever came and went
/// meanwhile.
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}/messages", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox, Listing),
    responses((status = 200, body = Page<Summary>), Problems))]
pub(crate) async fn list_messages(
    State(api): State<Arc<Api>>,
    place: Place,
    Asked(listing): Asked<Listing>,
) -> Result<Json<Page<Summary>>, Problem> {
    let limit = page::limit(listing.limit)?;
    let after = page::after::<u32>(listing.after.as_deref())?;
    let all = uids(&api.store, place.key()).await?;
    let chosen = choose(&all, (listing.order, after), limit);
    Ok(Json(summaries(&api.store, place.key(), &chosen, limit).await?))
}

/// One message: its header, its text, its HTML made safe to show, and what is attached to it.
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    responses((status = 200, body = Parsed), Problems))]
pub(crate) async fn read_message(
    State(api): State<Arc<Api>>,
    spot: Spot,
) -> Result<Json<Parsed>, Problem> {
    let message = fetch(&api.store, &spot, Want::Email).await?;
    Ok(Json(content::parsed(&api.store, &message).await?))
}

/// Deletes a message for good.
#[utoipa::path(delete, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    responses((status = 204, description = "It is gone."), Problems))]
pub(crate) async fn delete_message(
    State(api): State<Arc<Api>>,
    Spot { place, uid }: Spot,
) -> Result<StatusCode, Problem> {
    let (by, one) = (place.owner.actor(), UidSet::single(uid));
    let gone = api.store.expunge(by, place.mailbox, one, ExpungeGuard::All).await?;
    match gone.is_empty() {
        true => Err(Problem::not_found("message")),
        false => Ok(StatusCode::NO_CONTENT),
    }
}

/// The UIDs of a mailbox.
pub(crate) async fn uids(store: &Mailstore, at: MailboxKey) -> Result<UidSet, Problem> {
    let opened = store.open(at).await?.ok_or_else(|| Problem::not_found("mailbox"))?;
    Ok(opened.uids.to_set())
}

/// Refuses a mailbox that is not there, before a message for it is read.
async fn check_mailbox(store: &Mailstore, at: MailboxKey) -> Result<(), Problem> {
    let all = store.mailboxes(at.account).await?;
    let found = all.get(at.mailbox).filter(|mailbox| mailbox.state == MailboxState::Live);
    found.map(|_| ()).ok_or_else(|| Problem::not_found("mailbox"))
}

/// Up to one more than `limit`, in order.
pub(crate) fn choose(all: &UidSet, (order, after): (Order, Option<u32>), limit: usize) -> Vec<Uid> {
    match order {
        Order::Newest => {
            let below = |uid: &Uid| after.is_none_or(|after| uid.get() < after);
            all.iter().rev().skip_while(|uid| !below(uid)).take(limit + 1).collect()
        }
        Order::Oldest => {
            let above = |uid: &Uid| after.is_none_or(|after| uid.get() > after);
            all.iter().skip_while(|uid| !above(uid)).take(limit + 1).collect()
        }
    }
}

/// A page of messages. The last of `chosen`, if it is beyond the limit, only tells that there are
/// more.
pub(crate) async fn summaries(
    store: &Mailstore,
    at: MailboxKey,
    chosen: &[Uid],
    limit: usize,
) -> Result<Page<Summary>, Problem> {
    let shown = chosen.get(..limit).unwrap_or(chosen);
    let (mut items, mut rest) = (Vec::with_capacity(shown.len()), shown.iter().copied().collect());
    while !UidSet::is_empty(&rest) {
        let page = store.ledger().fetch(at, &rest, Want::Email).await?;
        rest = page.rest;
        for message in page.messages.iter().filter(|found| found.presence == Presence::Live) {
            items.push(Summary::of(store, message).await?);
        }
    }
    let place = |uid: u32| shown.iter().position(|shown| shown.get() == uid);
    items.sort_by_key(|item| place(item.uid));
    // Of what was expunged this moment too: the next page begins after it.
    let last = shown.last().filter(|_| chosen.len() > limit);
    Ok(Page { items, next: last.map(page::cursor) })
}

/// One message, if it is there.
pub(crate) async fn fetch(store: &Mailstore, spot: &Spot, want: Want) -> Result<Fetched, Problem> {
    let uids = UidSet::single(spot.uid);
    let page = store.ledger().fetch(spot.place.key(), &uids, want).await?;
    let found = page.messages.into_iter().find(|found| found.presence == Presence::Live);
    found.ok_or_else(|| Problem::not_found("message"))
}

/// The tree of a message that was fetched with it.
pub(crate) fn tree(message: &Fetched) -> Result<Arc<MimeTree>, StoreError> {
    let missing = || StoreError::corrupt("read a message", "it has no content");
    message.tree.clone().ok_or_else(missing)
}
