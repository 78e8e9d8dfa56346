//! LIST (RFC 1939 5).

use mailstore::message::Row;
use mailstore::uid::Seq;

use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// Tells the size of a message, or of each.
    pub(super) async fn list(&mut self, number: Option<Seq>) -> Result<(), Failed> {
        self.scan(number, |number, row| format!("{} {}", number.get(), row.size)).await
    }

    /// A line for a message, or for each that is not deleted.
    pub(super) async fn scan(
        &mut self,
        number: Option<Seq>,
        line: fn(Seq, &Row) -> String,
    ) -> Result<(), Failed> {
        let maildrop = &self.user()?.maildrop;
        if let Some(number) = number {
            let row = maildrop.row(maildrop.uid(number)?).await?;
            self.reply.ok(line(number, &row));
            return Ok(());
        }
        let (messages, bytes) = maildrop.count();
        let mut rest = maildrop.listed();
        // The first page is read before anything is promised.
        let (mut rows, mut more) = maildrop.rows(&rest).await?;
        self.reply.ok(format_args!("{messages} messages ({bytes} octets)"));
        loop {
            for row in &rows {
                if let Some(number) = self.user()?.maildrop.number(row.uid) {
                    self.reply.line(line(number, row));
                }
            }
            self.flush_full().await?;
            rest = more;
            if rest.is_empty() {
                break;
            }
            (rows, more) = self.next_rows(&rest).await?;
        }
        self.reply.end();
        Ok(())
    }

    /// More rows of a list that has begun: it cannot be taken back, so a failure ends the
    /// connection rather than the list.
    async fn next_rows(
        &mut self,
        rest: &mailstore::uid::UidSet,
    ) -> Result<(Vec<Row>, mailstore::uid::UidSet), Failed> {
        let read = self.user()?.maildrop.rows(rest).await;
        read.map_err(|_| Failed::Ended(wire::Ended::Closed))
    }
}
