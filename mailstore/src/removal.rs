//! Removing messages in one commit.

use crate::actor::Actor;
use crate::change::{ExpungeGuard, MAX_COPY, Op, Outcome, Refusal, Transfer};
use crate::error::Error;
use crate::id::MailboxId;
use crate::mailstore::Mailstore;
use crate::uid::UidSet;

/// What becomes of messages that [`Mailstore::remove`] removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// They are expunged.
    Expunge,
    /// They are moved to this mailbox.
    Into(MailboxId),
}

impl Mailstore {
    /// What POP3's QUIT does (RFC 1939 6): removes messages in one commit, all or none; those that
    /// are gone already are passed over. Refused above [`MAX_COPY`] messages. Returns the UIDs that
    /// went away.
    pub async fn remove(
        &self,
        by: Actor,
        at: MailboxId,
        uids: UidSet,
        how: Removal,
    ) -> Result<UidSet, Error> {
        if uids.len() > MAX_COPY {
            let what = "messages removed at once";
            return Err(Refusal::TooMany { what, limit: MAX_COPY }.into());
        }
        let op = match how {
            Removal::Expunge => Op::Expunge { at, uids, guard: ExpungeGuard::All },
            Removal::Into(to) => Op::Transfer { from: at, to, uids, mode: Transfer::Move },
        };
        match self.submit(by, op).await?.outcome {
            Outcome::Expunged { uids } | Outcome::Transferred { from: uids, .. } => Ok(uids),
            other => Err(Error::unexpected("remove", &other)),
        }
    }
}
