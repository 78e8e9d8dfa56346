//! Removes what nothing refers to any more.

use crate::error::Error;
use crate::id::AccountId;
use crate::mailstore::Mailstore;
use crate::store::{Purge, Purged};
use crate::time::Timestamp;

/// How long a claim stands for an email that does not exist, in milliseconds.
pub(crate) const CLAIM_LIVES: i64 = 2 * 3600 * 1000;

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Messages whose last trace is gone.
    pub messages: u64,
    /// Blobs that nothing referred to.
    pub blobs: u64,
    /// Objects that no row named: what a crash had left behind.
    pub orphans: u64,
}

impl Mailstore {
    /// Removes expunged messages whose grace is over, deleted mailboxes, old journal records, and
    /// blobs that nothing refers to. Safe at any time, also from several processes.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, Error> {
        let before = |duration: std::time::Duration| {
            let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
            Timestamp::from_millis(now.millis().saturating_sub(millis))
        };
        let purge = Purge {
            expunged_before: before(self.settings().grace),
            journal_before: before(self.settings().journal),
            claims_before: Timestamp::from_millis(now.millis() - CLAIM_LIVES),
            pack_before: before(self.settings().pack_after),
        };
        let mut swept = Swept::default();
        loop {
            let Purged { messages, blobs, objects, more } = self.ledger().purge(&purge).await?;
            swept.messages += messages;
            swept.blobs += blobs + objects.len() as u64;
            for name in &objects {
                self.blobs().delete(name).await?;
            }
            if !more {
                break;
            }
        }
        swept.orphans = self.sweep_orphans(purge.claims_before).await?;
        Ok(swept)
    }

    /// Removes an account and all that it holds. Its blobs go with the next sweep.
    pub async fn forget(&self, account: AccountId) -> Result<(), Error> {
        while self.ledger().forget(account).await? {}
        self.contents().forget(account);
        self.texts().forget(account);
        self.summaries().forget(account);
        Ok(())
    }

    /// Deletes objects, older than any claim, that no row names.
    async fn sweep_orphans(&self, before: Timestamp) -> Result<u64, Error> {
        let mut orphans = 0;
        for folder in 0..=u8::MAX {
            for name in self.blobs().list(folder).await? {
                let old = name.time().is_some_and(|time| time < before);
                if old && !self.ledger().is_live(&name).await? {
                    self.blobs().delete(&name).await?;
                    orphans += 1;
                }
            }
        }
        Ok(orphans)
    }
}
