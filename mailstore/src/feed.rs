//! An account's journal as it grows, record by record, for those who tell others of it.

use crate::error::Error;
use crate::id::AccountId;
use crate::journal::{Record, Replay};
use crate::mailstore::Mailstore;
use crate::store::Watch;
use crate::uid::ModSeq;

/// Most records read at once.
const PAGE: usize = 256;

/// The journal of an account, from some point on.
#[derive(Debug)]
pub struct Feed {
    store: Mailstore,
    account: AccountId,
    watch: Watch,
    cursor: ModSeq,
}

/// What a feed gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fed {
    /// The next records, oldest first; none if there is nothing new.
    Records(Vec<Record>),
    /// The journal does not reach back that far: something was missed. It goes on from here.
    Reset(ModSeq),
}

impl Mailstore {
    /// The journal of an account after a MODSEQ; without one, from now on.
    pub async fn feed(&self, account: AccountId, since: Option<ModSeq>) -> Result<Feed, Error> {
        // Watch first, then read: what commits in between is after the cursor.
        let watch = self.beacon().watch(account);
        let cursor = match since {
            Some(since) => since,
            None => self.mailboxes(account).await?.head.modseq,
        };
        Ok(Feed { store: self.clone(), account, watch, cursor })
    }
}

impl Feed {
    /// How far the journal was read.
    pub fn cursor(&self) -> ModSeq {
        self.cursor
    }

    /// What has happened since the last time. If it fails, or is dropped half-way, nothing is
    /// skipped.
    pub async fn read(&mut self) -> Result<Fed, Error> {
        match self.store.ledger().journal(self.account, self.cursor, None, PAGE).await? {
            Replay::Records { records, upto, .. } => {
                self.cursor = upto;
                Ok(Fed::Records(records))
            }
            Replay::Trimmed => {
                self.cursor = self.store.mailboxes(self.account).await?.head.modseq;
                Ok(Fed::Reset(self.cursor))
            }
        }
    }

    /// Waits until the beacon says that the account moved on. May come for nothing, may fail to
    /// come: the caller adds a timer of its own.
    pub async fn changed(&mut self) {
        self.watch.past(self.cursor).await;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::backends::memory;
    use crate::id::MailboxId;
    use crate::intake::Incoming;
    use crate::journal::Event;
    use crate::settings::Settings;

    async fn append(store: &Mailstore, account: AccountId) {
        let message = store.prepare(Bytes::from_static(b"\r\nhello\r\n")).unwrap();
        let message = vec![Incoming::new(message)];
        store.append(account.into(), MailboxId::INBOX, message).await.unwrap();
    }

    fn arrivals(fed: &Fed) -> usize {
        let Fed::Records(records) = fed else { panic!("{fed:?}") };
        let events = records.iter().flat_map(|record| &record.entries);
        events.filter(|entry| matches!(entry.event, Event::Arrived(_))).count()
    }

    #[tokio::test]
    async fn it_gives_what_comes_and_goes_on_where_it_ended() {
        let store = Mailstore::new(memory::backend(), Settings::default());
        let account = AccountId::new(1).unwrap();
        append(&store, account).await;
        let mut feed = store.feed(account, None).await.unwrap();
        assert_eq!(feed.read().await.unwrap(), Fed::Records(Vec::new()));
        let before = feed.cursor();
        append(&store, account).await;
        feed.changed().await;
        assert_eq!(arrivals(&feed.read().await.unwrap()), 1);
        let mut again = store.feed(account, Some(before)).await.unwrap();
        assert_eq!(arrivals(&again.read().await.unwrap()), 1);
        let mut all = store.feed(account, Some(ModSeq::ZERO)).await.unwrap();
        assert_eq!(arrivals(&all.read().await.unwrap()), 2);
    }

    #[tokio::test]
    async fn a_point_that_is_not_there_is_a_reset() {
        let store = Mailstore::new(memory::backend(), Settings::default());
        let account = AccountId::new(1).unwrap();
        append(&store, account).await;
        let mut feed = store.feed(account, Some(ModSeq(1_000_000))).await.unwrap();
        let now = store.mailboxes(account).await.unwrap().head.modseq;
        assert_eq!(feed.read().await.unwrap(), Fed::Reset(now));
        append(&store, account).await;
        assert_eq!(arrivals(&feed.read().await.unwrap()), 1);
    }
}
