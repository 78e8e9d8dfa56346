//! STARTTLS (RFC 9051 6.2.1).

use crate::codec::Tag;
use crate::outcome::Failed;
use crate::session::Session;
use crate::state::State;

/// Answers, then does the handshake. Nothing the client said before counts afterwards.
pub(crate) async fn run(session: &mut Session, tag: &Tag) -> Result<(), Failed> {
    if !matches!(session.state, State::NotAuthenticated { .. }) {
        return Err(Failed::bad("You have logged in already"));
    }
    if !session.talk.connection.offers_start_tls() {
        return Err(Failed::bad("TLS is not available here"));
    }
    if session.talk.framer.pending() > 0 {
        return Err(Failed::Bye(None, "Clear text after STARTTLS"));
    }
    session.talk.reply.ok(tag, "Begin TLS");
    session.talk.flush().await?;
    session.talk.framer.discard();
    let unread = session.talk.framer.input();
    Box::pin(session.talk.connection.start_tls(unread)).await?;
    Ok(())
}
