//! AUTH: SASL (RFC 5034, RFC 4422).

use bytes::Bytes;
use mailstore::store::directory::{Service, Verdict};
use wire::line::Line;
use wire::sasl::{
    Exchange, Login, Mechanism, SaslError, Step, decode_initial, decode_response, encode,
};

use crate::codec::command::Auth;
use crate::codec::reply::{Code, No};
use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// The mechanisms that may be used, the better first.
    pub(super) fn mechanisms(&self) -> Vec<Mechanism> {
        if !self.connection.may_log_in() {
            return Vec::new();
        }
        let takes = self.pop3.directory.takes(Service::Pop3);
        Mechanism::offered(takes, &self.connection.channel_bindings()).collect()
    }

    /// Logs in, or lists how to (as clients older than CAPA ask).
    pub(super) async fn auth(&mut self, auth: Option<Auth>) -> Result<(), Failed> {
        self.before_login()?;
        let Some(auth) = auth else {
            self.list_mechanisms();
            return Ok(());
        };
        self.private()?;
        let named = Mechanism::named(&auth.mechanism);
        let Some(mechanism) = self.mechanisms().into_iter().find(|one| Some(*one) == named) else {
            return Err(Failed::bad("that mechanism is not offered"));
        };
        let initial = auth.initial.as_deref().map(decode_initial).transpose().map_err(failed)?;
        let bindings = self.connection.channel_bindings();
        let mut step = Exchange::start(mechanism, &bindings, initial);
        loop {
            step = match step {
                Step::Challenge(challenge, exchange) => {
                    let response = respond(self.answer(&challenge).await?)?;
                    exchange.step(response)
                }
                Step::Keys(wanted) => {
                    let keys = self.pop3.directory.scram(wanted.name(), Service::Pop3).await?;
                    wanted.answer(keys)
                }
                Step::Credentials(login) => return self.conclude(login).await,
                Step::Failed(error) => return Err(failed(error)),
            }
        }
    }

    /// Asks the directory; sends the mechanism's last challenge, if there is one. A client that is
    /// refused may answer to it what it likes.
    async fn conclude(&mut self, login: Login) -> Result<(), Failed> {
        let (attempt, epilogue) = login.into_attempt(Service::Pop3, self.connection.peer_ip());
        let verdict = self.pop3.directory.authenticate(&attempt).await?;
        if let Some(last) = epilogue.after(&verdict) {
            let line = self.answer(&last).await?;
            if let Verdict::Accepted(_) = verdict {
                respond(line)?;
            }
        }
        self.admit(&attempt, verdict).await
    }

    fn list_mechanisms(&mut self) {
        self.reply.ok("Mechanisms follow");
        for mechanism in self.mechanisms() {
            self.reply.line(mechanism);
        }
        self.reply.end();
    }

    /// The client's answer to a challenge.
    async fn answer(&mut self, challenge: &[u8]) -> Result<Bytes, Failed> {
        self.reply.challenge(&encode(challenge));
        match self.line().await? {
            Line::Complete(line) => Ok(line),
            Line::TooLong => Err(failed(SaslError::TooLong)),
            Line::BareNewline => Err(failed(SaslError::NotBase64)),
        }
    }
}

fn respond(line: Bytes) -> Result<Vec<u8>, Failed> {
    decode_response(line.into()).map_err(failed)
}

/// The client's mistake; AUTH says that it is about the login (RFC 3206 6).
fn failed(error: SaslError) -> Failed {
    Failed::Bad(No::new(Code::Auth, error.to_string()))
}
