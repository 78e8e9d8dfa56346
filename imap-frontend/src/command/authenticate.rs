//! AUTHENTICATE: SASL (RFC 9051 6.2.2, RFC 4422, RFC 4959).

use bytes::Bytes;
use mailstore::store::directory::Service;
use wire::sasl::{Exchange, Mechanism, Response, SaslError, Step, decode_response};

use super::login;
use crate::codec::command::Authenticate;
use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::session::Session;
use crate::state::Authenticated;

pub(super) async fn run(
    session: &mut Session,
    command: Authenticate,
) -> Result<Authenticated, Failed> {
    login::private(session)?;
    let Some(mechanism) = Mechanism::named(&command.mechanism) else {
        return Err(Failed::no(Code::Cannot, "That mechanism is not supported"));
    };
    let mut step = Exchange::start(mechanism, command.initial.as_deref());
    loop {
        match step {
            Step::Challenge(challenge, exchange) => {
                session.talk.reply.challenge(&challenge);
                let response = respond(&line(session).await?)?;
                step = exchange.step(&response);
            }
            Step::Credentials(credentials) => {
                let peer = session.talk.connection.peer_ip();
                let attempt = credentials.into_attempt(Service::Imap, peer);
                return login::admit(session, &attempt).await;
            }
            Step::Failed(error) => return Err(failed(error)),
        }
    }
}

/// The client's next line.
async fn line(session: &mut Session) -> Result<Bytes, Failed> {
    let until = session.command_until();
    session.talk.flush().await?;
    loop {
        match session.talk.framer.next_line() {
            Ok(Some(line)) => return Ok(line),
            Ok(None) => session.talk.await_more(until).await?,
            Err(_) => return Err(failed(SaslError::TooLong)),
        }
    }
}

fn respond(line: &[u8]) -> Result<Vec<u8>, Failed> {
    match decode_response(line) {
        Ok(Response::Message(message)) => Ok(message),
        Ok(Response::Cancelled) => Err(failed(SaslError::Cancelled)),
        Err(error) => Err(failed(error)),
    }
}

/// All of these are the client's mistakes; a cancelled exchange is BAD too (RFC 9051 6.2.2).
fn failed(error: SaslError) -> Failed {
    Failed::bad(error.to_string())
}
