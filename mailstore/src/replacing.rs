//! A message in the place of another.

use crate::actor::Actor;
use crate::change::{Op, Outcome};
use crate::error::Error;
use crate::id::{MailboxId, MailboxKey};
use crate::intake::{Incoming, in_time};
use crate::mailstore::{Appended, Mailstore};
use crate::time::Timestamp;
use crate::uid::{Uid, UidSet};

impl Mailstore {
    /// REPLACE (RFC 8508): appends a message and removes another, in one commit; durable when it
    /// returns. Refused if the other is gone.
    pub async fn replace(
        &self,
        by: Actor,
        (from, old): (MailboxId, Uid),
        to: MailboxId,
        new: Incoming,
    ) -> Result<Appended, Error> {
        let at = Timestamp::now();
        let new = Box::new(self.place(by.account, new, at).await?);
        in_time(at, Timestamp::now())?;
        let op = Op::Replace { from, old: UidSet::single(old), to, new };
        let committed = self.submit(by, op).await?;
        let mailbox = MailboxKey { account: by.account, mailbox: to };
        match committed.outcome {
            Outcome::Appended { uid_validity, uids } => {
                Ok(Appended { mailbox, uid_validity, uids, modseq: committed.modseq })
            }
            other => Err(Error::unexpected("replace", &other)),
        }
    }
}
