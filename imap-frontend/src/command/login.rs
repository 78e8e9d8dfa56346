//! LOGIN (RFC 9051 6.2.3), and what AUTHENTICATE has in common with it.

use mailstore::Actor;
use mailstore::store::directory::{Attempt, Credentials, Identity, Service, Verdict};

use crate::codec::command::Login;
use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::session::Session;
use crate::state::Authenticated;

pub(super) async fn run(session: &mut Session, login: Login) -> Result<Authenticated, Failed> {
    private(session)?;
    let credentials = Credentials::Plain { name: login.name, password: login.password };
    let peer = session.talk.connection.peer_ip();
    let attempt = Attempt { service: Service::Imap, peer, authzid: None, credentials };
    let verdict = session.server.directory().authenticate(&attempt).await?;
    admit(session, &attempt, verdict).await
}

/// Refuses to be told a password that others can read (RFC 8314 4.1).
pub(super) fn private(session: &Session) -> Result<(), Failed> {
    if session.talk.connection.may_log_in() {
        return Ok(());
    }
    Err(Failed::no(Code::PrivacyRequired, "Start TLS first"))
}

/// Does what the directory says.
pub(super) async fn admit(
    session: &mut Session,
    attempt: &Attempt,
    verdict: Verdict,
) -> Result<Authenticated, Failed> {
    match verdict {
        Verdict::Accepted(identity) => welcome(session, identity).await,
        Verdict::Throttled { seconds } => {
            let text = format!("Too many attempts; try again in {seconds} s");
            Err(Failed::no(Code::Limit, text))
        }
        verdict => {
            tracing::info!(?verdict, peer = ?attempt.peer, "login failed");
            session.talk.flush().await?;
            session.talk.connection.login_failed().await?;
            Err(match verdict {
                Verdict::Disabled => Failed::no(Code::ContactAdmin, "The account is disabled"),
                Verdict::Forbidden => Failed::no(Code::AuthorizationFailed, "Not allowed"),
                _ => Failed::no(Code::AuthenticationFailed, "Wrong name or password"),
            })
        }
    }
}

async fn welcome(session: &Session, identity: Identity) -> Result<Authenticated, Failed> {
    let most = session.server.settings().sessions_per_account;
    let Some(place) = session.server.places().take(identity.account, most).await else {
        return Err(Failed::no(Code::Limit, "Too many connections of this account"));
    };
    let by = Actor::new(identity.account, session.id);
    Ok(Authenticated::new(&session.server, by, identity, place))
}
