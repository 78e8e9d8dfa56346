//! UTF8 (RFC 6856 2).

use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// The client can read UTF-8 in headers. Those that have not said so get the same bytes
    /// nevertheless: docs/decisions says why.
    pub(super) fn utf8(&mut self) -> Result<(), Failed> {
        self.before_login()?;
        self.reply.ok("UTF-8 it is");
        Ok(())
    }
}
