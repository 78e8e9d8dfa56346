//! All accounts behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::account::Account;
use crate::backends::leases::Leases;
use crate::blob::{BlobRef, Digest, ObjectName, Place};
use crate::change::{Change, Committed, Delta};
use crate::id::{AccountId, EmailId, MailboxId, MailboxKey};
use crate::journal::Replay;
use crate::mailbox::{MailboxState, Mailboxes};
use crate::message::Want;
use crate::property::{PropertyPage, WantedProperties};
use crate::store::{
    BlobState, Claim, CommitError, Held, LeaseAsk, Ledger, Opened, Page, Purge, Purged, StoreError,
};
use crate::uid::{ModSeq, UidArray, UidSet};

/// A ledger in memory.
#[derive(Debug)]
pub struct MemoryLedger {
    state: Mutex<State>,
    leases: Leases,
    keeps_up_to: u64,
}

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<AccountId, Account>,
    blobs: HashMap<Digest, Blob>,
    claims: BTreeSet<(Digest, AccountId, EmailId)>,
}

#[derive(Clone, Debug)]
enum Blob {
    Kept(Bytes),
    Object(ObjectName),
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self::keeping_up_to(256 << 10)
    }
}

impl MemoryLedger {
    /// A ledger that keeps blobs up to this many bytes itself.
    pub fn keeping_up_to(bytes: u64) -> Self {
        Self { state: Mutex::default(), leases: Leases::default(), keeps_up_to: bytes }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn commit(&self, group: Vec<Arc<Change>>) -> Vec<Result<Committed, CommitError>> {
        let mut state = self.state();
        group.iter().map(|change| state.commit(change)).collect()
    }

    async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, StoreError> {
        let state = self.state();
        let Some(account) = state.accounts.get(&account) else { return Ok(Mailboxes::default()) };
        Ok(Mailboxes {
            head: account.head.clone(),
            list: account.listed().cloned().collect(),
            subscriptions: account.subscriptions.clone(),
        })
    }

    async fn created(&self, account: AccountId) -> Result<u32, StoreError> {
        Ok(self.state().accounts.get(&account).map_or(0, |account| account.head.last_mailbox))
    }

    async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, StoreError> {
        let state = self.state();
        let Some(account) = state.accounts.get(&at.account) else { return Ok(None) };
        let found = account.mailboxes.get(&at.mailbox);
        Ok(found.filter(|mailbox| mailbox.state == MailboxState::Live).map(|mailbox| {
            let uids = account.rows.keys().filter(|key| key.0 == at.mailbox).map(|key| key.1);
            Opened {
                mailbox: mailbox.clone(),
                uids: UidArray::from_set(&uids.collect()),
                cursor: account.head.modseq,
            }
        }))
    }

    async fn fetch(&self, at: MailboxKey, uids: &UidSet, want: Want) -> Result<Page, StoreError> {
        let state = self.state();
        let account = state.accounts.get(&at.account);
        Ok(account.map_or_else(Page::default, |account| account.fetch(at.mailbox, uids, want)))
    }

    async fn journal(
        &self,
        account: AccountId,
        since: ModSeq,
        mailbox: Option<MailboxId>,
        limit: usize,
    ) -> Result<Replay, StoreError> {
        let state = self.state();
        let unused = Account::default();
        Ok(state.accounts.get(&account).unwrap_or(&unused).replay(since, mailbox, limit))
    }

    async fn properties(
        &self,
        account: AccountId,
        wanted: &WantedProperties,
    ) -> Result<PropertyPage, StoreError> {
        let state = self.state();
        let account = state.accounts.get(&account);
        Ok(account.map(|account| account.properties(wanted)).unwrap_or_default())
    }

    async fn mailboxes_with(&self, key: &str, limit: usize) -> Result<Vec<MailboxKey>, StoreError> {
        let state = self.state();
        let found = state.accounts.iter().flat_map(|(id, account)| {
            let of_key = account.properties.keys().filter(|known| known.1 == key);
            of_key.filter_map(|known| Some(MailboxKey { account: *id, mailbox: known.0? }))
        });
        Ok(found.take(limit).collect())
    }

    async fn kept(&self, digest: Digest, range: Range<u64>) -> Result<Bytes, StoreError> {
        let state = self.state();
        match state.blobs.get(&digest) {
            Some(Blob::Kept(bytes)) if range.end <= bytes.len() as u64 => {
                Ok(bytes.slice(range.start as usize..range.end as usize))
            }
            _ => Err(StoreError::corrupt("read a kept blob", format!("{digest} is missing"))),
        }
    }

    fn keeps_up_to(&self) -> u64 {
        self.keeps_up_to
    }

    async fn claim(&self, claim: &Claim) -> Result<BlobState, StoreError> {
        let mut state = self.state();
        state.claims.insert((claim.digest, claim.account, claim.email));
        Ok(match state.blobs.get(&claim.digest) {
            Some(Blob::Object(name)) => BlobState::Live(Place::Object(name.clone())),
            Some(Blob::Kept(_)) => BlobState::Live(Place::Ledger),
            None => BlobState::Vacant,
        })
    }

    async fn settle(&self, blob: &BlobRef, name: &ObjectName) -> Result<Place, StoreError> {
        let mut state = self.state();
        let row = state.blobs.entry(blob.digest).or_insert_with(|| Blob::Object(name.clone()));
        Ok(match row {
            Blob::Object(name) => Place::Object(name.clone()),
            Blob::Kept(_) => Place::Ledger,
        })
    }

    async fn lease(&self, ask: &LeaseAsk) -> Result<Option<Held>, StoreError> {
        Ok(self.leases.ask(ask))
    }

    async fn purge(&self, purge: &Purge) -> Result<Purged, StoreError> {
        Ok(self.state().purge(purge))
    }

    async fn is_live(&self, name: &ObjectName) -> Result<bool, StoreError> {
        let state = self.state();
        Ok(state.blobs.values().any(|blob| matches!(blob, Blob::Object(live) if live == name)))
    }

    async fn sharing(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let state = self.state();
        let exists = |of: &AccountId, email: &EmailId| {
            state.accounts.get(of).is_some_and(|account| account.emails.contains_key(email))
        };
        let claims = state.claims.iter().filter(|(of, ..)| *of == digest);
        let theirs = claims.filter(|(_, of, _)| account.is_none_or(|account| account == *of));
        Ok(theirs.filter(|(_, of, email)| exists(of, email)).take(limit).count())
    }

    async fn forget(&self, account: AccountId) -> Result<bool, StoreError> {
        let mut state = self.state();
        state.accounts.remove(&account);
        state.claims.retain(|claim| claim.1 != account);
        self.leases.forget(account);
        Ok(false)
    }
}

impl State {
    fn commit(&mut self, change: &Change) -> Result<Committed, CommitError> {
        // A refused change must not even leave an empty account behind.
        let mut fresh = Account::default();
        let account = self.accounts.get_mut(&change.account).unwrap_or(&mut fresh);
        let (committed, delta) = account.commit(change)?;
        if fresh.head.modseq > ModSeq::ZERO {
            self.accounts.insert(change.account, fresh);
        }
        if let Some(delta) = delta {
            self.keep(change.account, &delta);
        }
        Ok(committed)
    }

    /// Stores the blobs that travel in the change, and the claims of all blobs it refers to.
    fn keep(&mut self, account: AccountId, delta: &Delta) {
        for new in &delta.emails {
            for (blob, bytes) in &new.kept {
                self.blobs.entry(blob.digest).or_insert_with(|| Blob::Kept(bytes.clone()));
            }
            for blob in new.email.tree.blobs() {
                self.claims.insert((blob.digest, account, new.email.id));
            }
        }
    }

    fn purge(&mut self, purge: &Purge) -> Purged {
        let mut purged = Purged::default();
        for (id, account) in &mut self.accounts {
            for email in account.purge(purge, &mut purged) {
                self.claims.retain(|claim| (claim.1, claim.2) != (*id, email));
            }
        }
        self.claims.retain(|(_, account, email)| {
            let exists = self.accounts.get(account).is_some_and(|a| a.emails.contains_key(email));
            exists || email.time() >= purge.claims_before
        });
        let claimed: BTreeSet<_> = self.claims.iter().map(|claim| claim.0).collect();
        self.blobs.retain(|digest, blob| {
            if claimed.contains(digest) {
                return true;
            }
            match blob {
                Blob::Kept(_) => purged.blobs += 1,
                Blob::Object(name) => purged.objects.push(name.clone()),
            }
            false
        });
        purged
    }
}
