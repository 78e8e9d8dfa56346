//! RETR (RFC 1939 5).

use mailstore::uid::Seq;
use wire::Ended;

use crate::codec::stuffing::Stuffing;
use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// Sends a message: the bytes of the store, from the first to the last. If the store fails in
    /// the midst of it the connection ends, so that no client takes a part for the whole.
    pub(super) async fn retr(&mut self, number: Seq) -> Result<(), Failed> {
        let maildrop = &self.user()?.maildrop;
        let uid = maildrop.uid(number)?;
        let tree = maildrop.message(uid).await?;
        let mut reader = self.pop3.store.read(tree.plan());
        // Most of what can go wrong has not once the first piece is there.
        let mut piece = reader.next().await?;
        self.reply.ok(format_args!("{} octets", tree.size()));
        let mut stuffing = Stuffing::new(self.pop3.settings.line_ends);
        while let Some(bytes) = piece {
            stuffing.put(&bytes, self.reply.buffer());
            self.flush_full().await?;
            piece = reader.next().await.map_err(|error| {
                tracing::error!(%error, "a message could not be read to its end");
                Ended::Closed
            })?;
        }
        stuffing.finish(self.reply.buffer());
        self.user()?.maildrop.note_retrieved(uid);
        Ok(())
    }
}
