//! POST of a bulk change: something is done with all messages that match, in steps, and told while
//! it goes on.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use mailstore::change::{ExpungeGuard, Transfer, split};
use mailstore::flags::FlagUpdate;
use mailstore::id::MailboxId;
use mailstore::uid::UidSet;
use mailstore::{Error, Mailstore};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::flags::FlagChange;
use super::search::{Query, find};
use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Place;

/// What is to be done with which messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    /// Which.
    query: Query,
    /// What.
    action: Act,
}

/// What is to be done with messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = BulkAction)]
pub(crate) enum Act {
    /// Their flags are changed.
    Flags(FlagChange),
    /// They are copied to the mailbox of that number.
    Copy(u32),
    /// They are moved there.
    Move(u32),
    /// They are deleted for good.
    Delete,
}

/// How far it is: one line of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Progress {
    /// Messages that it is done with.
    done: u64,
    /// Messages that were found.
    total: u64,
    /// Why it ends here, if it fails: what is done stays done.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Does something with all messages that match, in steps of 256. The answer is a line of JSON after
/// each step; who closes the connection stops it there.
#[utoipa::path(post, path = "/users/{user}/mailboxes/{mailbox}/bulk", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox), request_body = Bulk,
    responses((status = 200, body = Progress, content_type = "application/x-ndjson"), Problems))]
pub(crate) async fn change_messages(
    State(api): State<Arc<Api>>,
    place: Place,
    Given(Bulk { query, action }): Given<Bulk>,
) -> Result<Response, Problem> {
    let step = Step::of(&action)?;
    let found = find(&api, &place, &query).await?;
    let total = found.len();
    let rest = split(found).into_iter().filter(|uids| !uids.is_empty()).collect();
    let work = Work { store: api.store.clone(), place, step, rest, done: 0, total };
    let lines = stream::unfold(Some((work, Told::Nothing)), |state| async move {
        let (work, told) = state?;
        Some(work.next(told).await)
    });
    let lines = futures::StreamExt::map(lines, Ok::<_, std::convert::Infallible>);
    let kind = HeaderValue::from_static("application/x-ndjson");
    Ok(([(CONTENT_TYPE, kind)], Body::from_stream(lines)).into_response())
}

/// One thing to be done with each step.
enum Step {
    Flags(Vec<FlagUpdate>),
    Transfer(MailboxId, Transfer),
    Delete,
}

impl Step {
    fn of(action: &Act) -> Result<Self, Problem> {
        Ok(match action {
            Act::Flags(change) => Self::Flags(change.updates("action.flags")?),
            Act::Copy(to) => Self::Transfer(MailboxId(*to), Transfer::Copy),
            Act::Move(to) => Self::Transfer(MailboxId(*to), Transfer::Move),
            Act::Delete => Self::Delete,
        })
    }
}

/// What the client has been told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Some,
}

/// A bulk change under way.
struct Work {
    store: Mailstore,
    place: Place,
    step: Step,
    rest: VecDeque<UidSet>,
    done: u64,
    total: u64,
}

impl Work {
    /// A line, and what is left to be done.
    async fn next(mut self, told: Told) -> (Bytes, Option<(Self, Told)>) {
        // How much there is comes first, before any of it is done.
        let some = match told {
            Told::Nothing => None,
            Told::Some => self.rest.pop_front(),
        };
        let outcome = match &some {
            Some(uids) => self.act(uids.clone()).await,
            None => Ok(()),
        };
        let error = match outcome {
            Ok(()) => {
                self.done += some.map_or(0, |uids| uids.len());
                None
            }
            Err(Error::Refused(refusal)) => Some(refusal.to_string()),
            Err(error) => {
                tracing::warn!(%error, "a bulk change failed");
                Some("the store failed".to_owned())
            }
        };
        let ends = error.is_some() || self.rest.is_empty();
        let progress = Progress { done: self.done, total: self.total, error };
        let mut line = serde_json::to_vec(&progress).unwrap_or_default();
        line.push(b'\n');
        (line.into(), (!ends).then_some((self, Told::Some)))
    }

    async fn act(&self, uids: UidSet) -> Result<(), Error> {
        let (by, at) = (self.place.owner.actor(), self.place.mailbox);
        match &self.step {
            Step::Flags(updates) => {
                for update in updates {
                    self.store.flag(by, at, uids.clone(), (update.clone(), None)).await?;
                }
            }
            Step::Transfer(to, mode) => {
                self.store.transfer(by, (at, *to), uids, *mode).await?;
            }
            Step::Delete => {
                self.store.expunge(by, at, uids, ExpungeGuard::All).await?;
            }
        }
        Ok(())
    }
}
