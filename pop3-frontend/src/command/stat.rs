//! STAT (RFC 1939 5).

use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// How many messages there are, and how many bytes.
    pub(super) fn stat(&mut self) -> Result<(), Failed> {
        let (messages, bytes) = self.user()?.maildrop.count();
        self.reply.ok(format_args!("{messages} {bytes}"));
        Ok(())
    }
}
