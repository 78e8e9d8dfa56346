//! STLS (RFC 2595 4).

use crate::refusal::Failed;
use crate::session::{Session, State};

impl Session {
    /// Goes on within TLS, and forgets what was said before. Bytes that came behind the command in
    /// the clear end the connection.
    pub(super) async fn stls(&mut self) -> Result<(), Failed> {
        self.before_login()?;
        if !self.connection.offers_start_tls() {
            return Err(Failed::bad("TLS cannot be started"));
        }
        self.reply.ok("go ahead");
        self.flush().await?;
        self.connection.start_tls(&mut self.input).await?;
        self.state = State::Authorization(None);
        Ok(())
    }
}
