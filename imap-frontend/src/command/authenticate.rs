//! AUTHENTICATE: SASL (RFC 9051 6.2.2, RFC 4422, RFC 4959).

use bytes::Bytes;
use mailstore::store::directory::{Service, Verdict};
use wire::sasl::{Exchange, Login, MAX_SHORT_LINE, Mechanism, SaslError, Step, decode_response};

use super::login;
use crate::codec::command::Authenticate;
use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::session::Session;
use crate::state::Authenticated;

/// The mechanisms that the session may use, the better first.
pub(super) fn mechanisms(session: &Session) -> Vec<Mechanism> {
    let takes = session.server.directory().takes(Service::Imap);
    Mechanism::offered(takes, &session.talk.connection.channel_bindings()).collect()
}

pub(super) async fn run(
    session: &mut Session,
    command: Authenticate,
) -> Result<Authenticated, Failed> {
    login::private(session)?;
    let named = Mechanism::named(&command.mechanism);
    let Some(mechanism) = mechanisms(session).into_iter().find(|offered| Some(*offered) == named)
    else {
        return Err(Failed::no(Code::Cannot, "That mechanism is not supported"));
    };
    let bindings = session.talk.connection.channel_bindings();
    let mut step = Exchange::start(mechanism, &bindings, command.initial);
    loop {
        step = match step {
            Step::Challenge(challenge, exchange) => {
                let line = answer(session, &challenge, mechanism.max_line()).await?;
                exchange.step(respond(line)?)
            }
            Step::Keys(wanted) => {
                let keys = session.server.directory().scram(wanted.name(), Service::Imap).await?;
                wanted.answer(keys)
            }
            Step::Credentials(login) => return conclude(session, login).await,
            Step::Failed(error) => return Err(failed(error)),
        }
    }
}

/// Asks the directory; sends the mechanism's last challenge, if there is one. A client that is
/// refused may answer to it what it likes.
async fn conclude(session: &mut Session, login: Login) -> Result<Authenticated, Failed> {
    let (attempt, epilogue) = login.into_attempt(Service::Imap, session.talk.connection.peer_ip());
    let verdict = session.server.directory().authenticate(&attempt).await?;
    if let Some(last) = epilogue.after(&verdict) {
        let line = answer(session, &last, MAX_SHORT_LINE).await?;
        if let Verdict::Accepted(_) = verdict {
            respond(line)?;
        }
    }
    login::admit(session, &attempt, verdict).await
}

/// The client's answer to a challenge: a line of no more than so many bytes.
async fn answer(session: &mut Session, challenge: &[u8], most: usize) -> Result<Bytes, Failed> {
    session.talk.reply.challenge(challenge);
    let until = session.command_until();
    session.talk.rest().await?;
    loop {
        match session.talk.framer.next_line(most) {
            Ok(Some(line)) => return Ok(line),
            Ok(None) => session.talk.await_more(until).await?,
            Err(_) => return Err(failed(SaslError::TooLong)),
        }
    }
}

fn respond(line: Bytes) -> Result<Vec<u8>, Failed> {
    decode_response(line.into()).map_err(failed)
}

/// All of these are the client's mistakes; a cancelled exchange is BAD too (RFC 9051 6.2.2).
fn failed(error: SaslError) -> Failed {
    Failed::bad(error.to_string())
}
