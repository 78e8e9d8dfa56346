//! BDAT (RFC 3030 2, RFC 2033 4.3).

use wire::Ended;

use crate::codec::chunk::Chunk;
use crate::codec::command::{Bdat, Position};
use crate::codec::reply::Reply;
use crate::intake::Intake;
use crate::refusal::No;
use crate::session::{Next, Session};

impl Session {
    /// Reads a chunk, and delivers the message if it is the last. The bytes of a chunk that is
    /// refused are read too, for they follow in any case.
    pub(super) async fn bdat(&mut self, bdat: Bdat) -> Result<Next, Ended> {
        let ready = self.transaction.as_ref().is_some_and(|it| !it.recipients.is_empty());
        if ready {
            self.chunk(bdat).await?
        } else {
            self.stray_chunk(bdat).await?
        }
        Ok(Next::Command)
    }

    async fn chunk(&mut self, bdat: Bdat) -> Result<(), Ended> {
        let mut intake = self.chunks(bdat).await;
        self.receive(&mut Chunk::new(bdat.size), &mut intake).await?;
        if bdat.position == Position::Last {
            return self.deliver(intake).await;
        }
        let reply = match intake.unkept() {
            Some(unkept) => No::from(unkept).reply(),
            None => Reply::new(250, (0, 0), format!("{} bytes", bdat.size)),
        };
        self.say(&reply);
        if let Some(transaction) = &mut self.transaction {
            transaction.chunks = Some(intake);
        }
        Ok(())
    }

    /// What earlier chunks brought, or the beginning of a message.
    async fn chunks(&mut self, bdat: Bdat) -> Intake {
        let transaction = self.transaction.as_mut();
        if let Some(chunks) = transaction.and_then(|it| it.chunks.take()) {
            return chunks;
        }
        let declared = self.transaction.as_ref().and_then(|it| it.mail.parameters.size);
        let declared = declared.unwrap_or(0).max(bdat.size);
        Intake::open(&self.lmtp, declared).await
    }

    /// A chunk of a message to nobody. The last one gets as many replies as there are recipients:
    /// none.
    async fn stray_chunk(&mut self, bdat: Bdat) -> Result<(), Ended> {
        self.receive(&mut Chunk::new(bdat.size), &mut Intake::closed(0)).await?;
        match bdat.position {
            Position::More => {
                let reply = self.out_of_order("no valid recipients");
                self.say(&reply);
            }
            Position::Last => self.transaction = None,
        }
        Ok(())
    }
}
