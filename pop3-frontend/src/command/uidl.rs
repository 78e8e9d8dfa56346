//! UIDL (RFC 1939 7).

use mailstore::uid::Seq;

use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// Tells the unique-id of a message, or of each.
    pub(super) async fn uidl(&mut self, number: Option<Seq>) -> Result<(), Failed> {
        let line = |number: Seq, row: &mailstore::message::Row| {
            format!("{} {}", number.get(), row.uidl.name(row.email))
        };
        self.scan(number, line).await
    }
}
