//! AUTH: SASL (RFC 5034, RFC 4422).

use bytes::Bytes;
use mailstore::store::directory::Service;
use wire::line::Line;
use wire::sasl::{
    Exchange, Mechanism, Response, SaslError, Step, decode_initial, decode_response, encode,
};

use crate::codec::command::Auth;
use crate::codec::reply::{Code, No};
use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// Logs in, or lists how to (as clients older than CAPA ask).
    pub(super) async fn auth(&mut self, auth: Option<Auth>) -> Result<(), Failed> {
        self.before_login()?;
        let Some(auth) = auth else {
            self.list_mechanisms();
            return Ok(());
        };
        self.private()?;
        let Some(mechanism) = Mechanism::named(&auth.mechanism) else {
            return Err(Failed::bad("that mechanism is not offered"));
        };
        let initial = auth.initial.as_deref().map(decode_initial).transpose().map_err(failed)?;
        let mut step = Exchange::start(mechanism, initial.as_deref());
        loop {
            match step {
                Step::Challenge(challenge, exchange) => {
                    self.reply.challenge(&encode(&challenge));
                    step = exchange.step(&self.response().await?);
                }
                Step::Credentials(login) => {
                    let attempt = login.into_attempt(Service::Pop3, self.connection.peer_ip());
                    return self.admit(&attempt).await;
                }
                Step::Failed(error) => return Err(failed(error)),
            }
        }
    }

    fn list_mechanisms(&mut self) {
        self.reply.ok("Mechanisms follow");
        if self.connection.may_log_in() {
            for mechanism in Mechanism::ALL {
                self.reply.line(mechanism);
            }
        }
        self.reply.end();
    }

    /// The client's answer to a challenge.
    async fn response(&mut self) -> Result<Vec<u8>, Failed> {
        let line: Bytes = match self.line().await? {
            Line::Complete(line) => line,
            Line::TooLong => return Err(failed(SaslError::TooLong)),
            Line::BareNewline => return Err(failed(SaslError::NotBase64)),
        };
        match decode_response(&line) {
            Ok(Response::Message(message)) => Ok(message),
            Ok(Response::Cancelled) => Err(failed(SaslError::Cancelled)),
            Err(error) => Err(failed(error)),
        }
    }
}

/// The client's mistake; AUTH says that it is about the login (RFC 3206 6).
fn failed(error: SaslError) -> Failed {
    Failed::Bad(No::new(Code::Auth, error.to_string()))
}
