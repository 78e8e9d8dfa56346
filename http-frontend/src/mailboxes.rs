//! `/users/{user}/mailboxes`: the mailboxes of a user.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::change::MailboxOp;
use mailstore::mailbox::{Mailbox, MailboxState, Mailboxes, SpecialUse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::{Asked, Given};
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::request::{Owner, Place};

/// A mailbox.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mailbox)]
pub(crate) struct Shown {
    /// Its number, which a rename keeps.
    id: u32,
    /// Its full name; `/` separates the levels.
    name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    special_use: Option<Use>,
    /// Can it hold messages? One that was deleted while there were others below it cannot.
    selectable: bool,
    /// Is the user subscribed to it?
    subscribed: bool,
    /// Messages in it.
    messages: u32,
    /// Messages that have not been read.
    unseen: u32,
    /// Bytes of all messages.
    bytes: u64,
    /// UIDVALIDITY: while it stays, a UID means the same message.
    uid_validity: u32,
    /// The UID that the next message gets; 4294967296 when there are none left.
    uid_next: u64,
    /// The last change to it.
    modseq: u64,
}

/// What a mailbox is for (RFC 6154, RFC 8457).
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SpecialUse)]
pub(crate) enum Use {
    All,
    Archive,
    Drafts,
    Flagged,
    Junk,
    Sent,
    Trash,
    Important,
}

impl From<SpecialUse> for Use {
    fn from(special: SpecialUse) -> Self {
        match special {
            SpecialUse::All => Self::All,
            SpecialUse::Archive => Self::Archive,
            SpecialUse::Drafts => Self::Drafts,
            SpecialUse::Flagged => Self::Flagged,
            SpecialUse::Junk => Self::Junk,
            SpecialUse::Sent => Self::Sent,
            SpecialUse::Trash => Self::Trash,
            SpecialUse::Important => Self::Important,
        }
    }
}

impl From<Use> for SpecialUse {
    fn from(special: Use) -> Self {
        match special {
            Use::All => Self::All,
            Use::Archive => Self::Archive,
            Use::Drafts => Self::Drafts,
            Use::Flagged => Self::Flagged,
            Use::Junk => Self::Junk,
            Use::Sent => Self::Sent,
            Use::Trash => Self::Trash,
            Use::Important => Self::Important,
        }
    }
}

/// A mailbox to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMailbox {
    /// Its full name. What is missing above it is made too.
    #[schema(min_length = 1)]
    name: String,
    /// What it is for.
    special_use: Option<Use>,
}

/// What is to become of a mailbox.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailboxChange {
    /// Its new full name. What is below it goes with it; of INBOX it is the messages that go.
    #[schema(min_length = 1)]
    name: Option<String>,
    /// Is the user to be subscribed to it?
    subscribed: Option<bool>,
}

fn shown(all: &Mailboxes, name: String, mailbox: &Mailbox) -> Shown {
    Shown {
        id: mailbox.id.0,
        subscribed: all.subscriptions.contains(&name),
        name,
        special_use: mailbox.special_use.map(Use::from),
        selectable: mailbox.state == MailboxState::Live,
        messages: mailbox.counts.messages,
        unseen: mailbox.counts.unseen,
        bytes: mailbox.counts.bytes,
        uid_validity: mailbox.uid_validity,
        uid_next: mailbox.uid_next,
        modseq: mailbox.modseq.0,
    }
}

fn find<'a>(all: &'a Mailboxes, place: &Place) -> Result<(String, &'a Mailbox), Problem> {
    let found = all.get(place.mailbox).filter(|mailbox| mailbox.is_listed());
    let mailbox = found.ok_or_else(|| Problem::not_found("mailbox"))?;
    Ok((all.name(mailbox), mailbox))
}

/// The mailboxes of a user, in the order in which they were made.
#[utoipa::path(get, path = "/users/{user}/mailboxes", tag = "Mailboxes",
    params(crate::doc::User, Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn list_mailboxes(
    State(api): State<Arc<Api>>,
    Owner(owner): Owner,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<u32>()?.unwrap_or(0));
    let all = api.store.mailboxes(owner.account()).await?;
    let mut names = all.names();
    names.retain(|(_, mailbox)| mailbox.id.0 > after && mailbox.is_listed());
    names.sort_by_key(|(_, mailbox)| mailbox.id);
    names.truncate(limit + 1);
    let items = names.into_iter().map(|(name, mailbox)| shown(&all, name, mailbox)).collect();
    Ok(Json(Page::of(items, limit, |mailbox| mailbox.id)))
}

/// Makes a mailbox.
#[utoipa::path(post, path = "/users/{user}/mailboxes", tag = "Mailboxes",
    params(crate::doc::User), request_body = NewMailbox,
    responses((status = 201, body = Shown), Problems))]
pub(crate) async fn create_mailbox(
    State(api): State<Arc<Api>>,
    Owner(owner): Owner,
    Given(new): Given<NewMailbox>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let special_use = new.special_use.map(SpecialUse::from);
    let mailbox = api.store.create(owner.actor(), &new.name, special_use).await?;
    let made = status(&api, &Place { owner, mailbox }).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One mailbox, with what it counts.
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}", tag = "Mailboxes",
    params(crate::doc::User, crate::doc::Mailbox),
    responses((status = 200, body = Shown), Problems))]
pub(crate) async fn read_mailbox(
    State(api): State<Arc<Api>>,
    place: Place,
) -> Result<Json<Shown>, Problem> {
    Ok(Json(status(&api, &place).await?))
}

/// Renames a mailbox, or subscribes to it.
#[utoipa::path(patch, path = "/users/{user}/mailboxes/{mailbox}", tag = "Mailboxes",
    params(crate::doc::User, crate::doc::Mailbox), request_body = MailboxChange,
    responses((status = 200, body = Shown), Problems))]
pub(crate) async fn change_mailbox(
    State(api): State<Arc<Api>>,
    place: Place,
    Given(change): Given<MailboxChange>,
) -> Result<Json<Shown>, Problem> {
    let all = api.store.mailboxes(place.owner.account()).await?;
    let (mut name, _) = find(&all, &place)?;
    let actor = place.owner.actor();
    if let Some(new) = change.name.filter(|new| *new != name) {
        api.store.rename(actor, &name, &new).await?;
        name = new;
    }
    if let Some(subscribed) = change.subscribed {
        let op = match subscribed {
            true => MailboxOp::Subscribe { name },
            false => MailboxOp::Unsubscribe { name },
        };
        api.store.change_mailbox(actor, op).await?;
    }
    Ok(Json(status(&api, &place).await?))
}

/// Deletes a mailbox and the messages in it.
#[utoipa::path(delete, path = "/users/{user}/mailboxes/{mailbox}", tag = "Mailboxes",
    params(crate::doc::User, crate::doc::Mailbox),
    responses((status = 204, description = "It is gone."), Problems))]
pub(crate) async fn delete_mailbox(
    State(api): State<Arc<Api>>,
    place: Place,
) -> Result<StatusCode, Problem> {
    let all = api.store.mailboxes(place.owner.account()).await?;
    let (name, _) = find(&all, &place)?;
    api.store.change_mailbox(place.owner.actor(), MailboxOp::Delete { name }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn status(api: &Api, place: &Place) -> Result<Shown, Problem> {
    let all = api.store.mailboxes(place.owner.account()).await?;
    let (name, mailbox) = find(&all, place)?;
    Ok(shown(&all, name, mailbox))
}
