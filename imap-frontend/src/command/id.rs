//! ID (RFC 2971).

use crate::codec::command::Id;
use crate::outcome::{Done, Outcome};
use crate::talk::Talk;

pub(super) fn run(talk: &mut Talk, id: &Id) -> Outcome {
    tracing::debug!(client = ?id.fields, "the client says who it is");
    let version = Some(env!("CARGO_PKG_VERSION"));
    talk.reply.id(&[("name", Some("mailstore")), ("version", version)]);
    Ok(Done::new("Pleased to meet you"))
}
