//! COMPRESS (RFC 4978). Only after login, so that nobody who is not known costs the memory for it.

use crate::codec::Tag;
use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::session::Session;
use crate::state::State;

/// Answers in the clear; what follows is compressed.
pub(crate) async fn run(session: &mut Session, tag: &Tag) -> Result<(), Failed> {
    if matches!(session.state, State::NotAuthenticated { .. }) {
        return Err(Failed::bad("Log in first"));
    }
    if session.talk.connection.is_compressed() {
        return Err(Failed::no(Code::CompressionActive, "DEFLATE is active already"));
    }
    if session.talk.framer.pending() > 0 {
        return Err(Failed::bad("Wait for the answer to COMPRESS"));
    }
    session.talk.reply.ok(tag, "DEFLATE active");
    session.talk.flush().await?;
    session.talk.connection.compress();
    Ok(())
}
