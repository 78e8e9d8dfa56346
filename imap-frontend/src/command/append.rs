//! APPEND (RFC 9051 6.3.12, RFC 4315 3): the bytes are stored as they came.
//!
//! Their size was checked and memory taken for them before the client was told to send them; for
//! those that are put together from parts (RFC 4469), before the parts are read. An
//! empty message is refused, as other servers do: it is how a client that has changed its mind
//! gives up (RFC 3502 6.3.11).

use std::borrow::Cow;

use bytes::Bytes;
use mailstore::{Incoming, Mailstore, Prepared};

use super::catenate::Sources;
use crate::codec::command::{Append, AppendMessage, CatenatePart, MessageData};
use crate::listed;
use crate::message_limit;
use crate::outcome::{Done, Failed, Note, Outcome};
use crate::refusal::{self, Role};
use crate::state::State;
use crate::talk::Talk;

/// The client has changed its mind.
pub(super) fn cancelled() -> Failed {
    Failed::No(None, Cow::Borrowed("Append cancelled: the message is empty"))
}

/// Is all that came of it empty, and nothing meant but that?
pub(super) fn is_cancelled(data: &MessageData) -> bool {
    match data {
        MessageData::Literal(bytes) | MessageData::Binary(bytes) => bytes.is_empty(),
        MessageData::Catenate(parts) => parts.iter().all(|part| match part {
            CatenatePart::Text(bytes) => bytes.is_empty(),
            CatenatePart::Url(_) => false,
        }),
    }
}

/// From this size on a message is parsed where it does not hold up other sessions.
const LARGE: usize = 256 * 1024;

pub(super) async fn run(talk: &mut Talk, state: &State, append: Append) -> Outcome {
    let Some(mut sources) = Sources::of(state) else { return Err(Failed::bad("Log in first")) };
    if append.messages.iter().any(|message| is_cancelled(&message.data)) {
        return Err(cancelled());
    }
    let user = sources.user();
    message_limit::check_append(&user.server, append.messages.len())?;
    let (by, to) = user.find(&append.mailbox, Role::Target).await?;
    let mut messages = Vec::with_capacity(append.messages.len());
    for AppendMessage { flags, date, data } in append.messages {
        let way = way(&data);
        let message = prepare(user.store(), sources.bytes(data).await?, way).await?;
        messages.push(Incoming { flags, internal_date: date, ..Incoming::appended(message) });
    }
    let appended = user.store().append(by, to, messages).await;
    let appended = appended.map_err(refusal::of_target)?;
    listed::tell_written(talk, user, &append.mailbox).await?;
    let note = Note::Appended { validity: appended.uid_validity, uids: appended.uids };
    Ok(Done::noting(note, "Stored"))
}

/// How a message is prepared.
type Way = fn(&Mailstore, Bytes) -> Result<Prepared, mailstore::change::Refusal>;

/// What comes as binary content may have to be encoded.
pub(super) fn way(data: &MessageData) -> Way {
    match data {
        MessageData::Binary(_) => Mailstore::prepare_binary,
        MessageData::Literal(_) | MessageData::Catenate(_) => Mailstore::prepare,
    }
}

pub(super) async fn prepare(store: &Mailstore, data: Bytes, way: Way) -> Result<Prepared, Failed> {
    if data.len() < LARGE {
        return Ok(way(store, data)?);
    }
    let store = store.clone();
    match tokio::task::spawn_blocking(move || way(&store, data)).await {
        Ok(prepared) => Ok(prepared?),
        Err(error) => {
            tracing::error!(%error, "a message could not be parsed");
            Err(Failed::no(crate::codec::reply::Code::ServerBug, "Internal error"))
        }
    }
}
