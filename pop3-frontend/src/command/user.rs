//! USER (RFC 1939 7).

use crate::refusal::Failed;
use crate::session::{Session, State};

impl Session {
    /// Remembers a name. Says nothing of whether there is such a user.
    pub(super) fn user_name(&mut self, name: String) -> Result<(), Failed> {
        self.before_login()?;
        self.private()?;
        self.state = State::Authorization(Some(name));
        self.reply.ok("send PASS");
        Ok(())
    }
}
