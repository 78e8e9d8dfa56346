//! APPEND (RFC 9051 6.3.12, RFC 4315 3): the bytes are stored as they came.
//!
//! Their size was checked and memory taken for them before the client was told to send them. An
//! empty message is refused, as other servers do: it is how a client that has changed its mind
//! gives up (RFC 3502 6.3.11).

use std::borrow::Cow;

use bytes::Bytes;
use mailstore::{Incoming, Mailstore, Prepared};

use crate::codec::command::{Append, AppendMessage};
use crate::outcome::{Done, Failed, Note, Outcome};
use crate::refusal::{self, Role};
use crate::state::Authenticated;

/// The client has changed its mind.
pub(super) fn cancelled() -> Failed {
    Failed::No(None, Cow::Borrowed("Append cancelled: the message is empty"))
}

/// From this size on a message is parsed where it does not hold up other sessions.
const LARGE: usize = 256 * 1024;

pub(super) async fn run(user: &Authenticated, append: Append) -> Outcome {
    if append.messages.iter().any(|message| message.data.is_empty()) {
        return Err(cancelled());
    }
    let (by, to) = user.find(&append.mailbox, Role::Target).await?;
    let mut messages = Vec::with_capacity(append.messages.len());
    for AppendMessage { flags, date, data } in append.messages {
        let message = prepare(user.store(), data).await?;
        messages.push(Incoming { flags, internal_date: date, ..Incoming::new(message) });
    }
    let appended = user.store().append(by, to, messages).await;
    let appended = appended.map_err(refusal::of_target)?;
    let note = Note::Appended { validity: appended.uid_validity, uids: appended.uids };
    Ok(Done::noting(note, "Stored"))
}

pub(super) async fn prepare(store: &Mailstore, data: Bytes) -> Result<Prepared, Failed> {
    if data.len() < LARGE {
        return Ok(store.prepare(data)?);
    }
    let store = store.clone();
    match tokio::task::spawn_blocking(move || store.prepare(data)).await {
        Ok(prepared) => Ok(prepared?),
        Err(error) => {
            tracing::error!(%error, "a message could not be parsed");
            Err(Failed::no(crate::codec::reply::Code::ServerBug, "Internal error"))
        }
    }
}
