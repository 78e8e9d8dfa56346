//! Copying and moving a message to another mailbox.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mailstore::change::Transfer;
use mailstore::id::MailboxId;
use mailstore::uid::UidSet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Spot;

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// The number of a mailbox of the same user.
    mailbox: u32,
}

/// Where a message is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Landed {
    /// The mailbox.
    mailbox: u32,
    /// Its UIDVALIDITY.
    uid_validity: u32,
    /// The UID of the message there.
    uid: u32,
}

/// Copies a message.
#[utoipa::path(post, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}/copy",
    tag = "Messages", params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    request_body = Target, responses((status = 200, body = Landed), Problems))]
pub(crate) async fn copy_message(
    State(api): State<Arc<Api>>,
    spot: Spot,
    Given(target): Given<Target>,
) -> Result<Json<Landed>, Problem> {
    transfer(&api, &spot, (target, Transfer::Copy)).await
}

/// Moves a message.
#[utoipa::path(post, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}/move",
    tag = "Messages", params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    request_body = Target, responses((status = 200, body = Landed), Problems))]
pub(crate) async fn move_message(
    State(api): State<Arc<Api>>,
    spot: Spot,
    Given(target): Given<Target>,
) -> Result<Json<Landed>, Problem> {
    transfer(&api, &spot, (target, Transfer::Move)).await
}

async fn transfer(
    api: &Api,
    spot: &Spot,
    (target, mode): (Target, Transfer),
) -> Result<Json<Landed>, Problem> {
    super::fetch(&api.store, spot, mailstore::message::Want::Row).await?;
    let (by, from) = (spot.place.owner.actor(), spot.place.mailbox);
    let (to, one) = (MailboxId(target.mailbox), UidSet::single(spot.uid));
    let done = api.store.transfer(by, (from, to), one, mode).await?;
    let uid = done.to.first().ok_or_else(|| Problem::not_found("message"))?;
    Ok(Json(Landed { mailbox: to.0, uid_validity: done.uid_validity, uid: uid.get() }))
}
