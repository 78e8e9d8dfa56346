//! UNAUTHENTICATE (RFC 8437): the connection is as it was before login, but for TLS.

use crate::codec::Tag;
use crate::codec::reply::{Code, Condition};
use crate::command::capability;
use crate::outcome::Failed;
use crate::session::Session;
use crate::state::State;

/// Nothing is expunged. Compression ends with the answer.
pub(crate) async fn run(session: &mut Session, tag: &Tag) -> Result<(), Failed> {
    if matches!(session.state, State::NotAuthenticated { .. }) {
        return Err(Failed::bad("Log in first"));
    }
    session.leave();
    let names = capability::names(session);
    let code = Some(Code::Capability(&names));
    session.talk.reply.tagged(tag, Condition::Ok, code, "Goodbye; who is next?");
    session.talk.flush().await?;
    let unread = session.talk.framer.input();
    session.talk.connection.end_compression(unread);
    Ok(())
}
