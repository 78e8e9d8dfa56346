//! Mailboxes that several accounts have rights to: what is shared with whom, and copies from one
//! account to another.

use std::collections::{BTreeMap, BTreeSet};

use crate::actor::Actor;
use crate::change::{ExpungeGuard, MAX_APPEND, Refusal, Transfer};
use crate::error::Error;
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::intake::Incoming;
use crate::mailstore::{Appended, Mailstore, Transferred};
use crate::message::{Fetched, Presence, Want};
use crate::property::Scope;
use crate::rights::{ACL, Grant, Right, Rights, Who};
use crate::store::StoreError;
use crate::uid::UidSet;

/// Most mailboxes looked at that are shared with one account, and as many that are with everybody.
const MAX_SHARED: usize = 20_000;
/// Most bytes that one copy from account to account may have: they are read and prepared again.
const MAX_BYTES: u64 = 256 << 20;

/// Messages of one account that are to be copied to another, as they were found
/// ([`Mailstore::crossing`]).
#[derive(Clone, Debug)]
pub struct Crossing {
    by: Actor,
    from: MailboxId,
    /// Those that could be read.
    uids: UidSet,
    bytes: u64,
    mode: Transfer,
}

impl Crossing {
    /// How many bytes they have, all of which are held while they are copied.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn at(&self) -> MailboxKey {
        MailboxKey { account: self.by.account, mailbox: self.from }
    }
}

/// MOVE passes over what was expunged.
fn is_taken(found: &Fetched, mode: Transfer) -> bool {
    mode == Transfer::Copy || found.presence == Presence::Live
}

impl Mailstore {
    /// What a user may do with a mailbox. Whether there is one is not looked at.
    pub async fn rights(&self, user: AccountId, at: MailboxKey) -> Result<Rights, Error> {
        if user == at.account {
            return Ok(Rights::ALL);
        }
        let list = self.properties(at.account, Scope::Mailbox(at.mailbox), ACL).await?;
        let list = list.iter().map(|entry| (entry.key.as_str(), &entry.value[..]));
        Ok(Rights::given((at.account, user), list))
    }

    /// What a user may do with each mailbox of an account; those that give no right are left out.
    pub async fn all_rights(
        &self,
        user: AccountId,
        account: AccountId,
    ) -> Result<BTreeMap<MailboxId, Rights>, Error> {
        let mut lists: BTreeMap<MailboxId, Vec<(String, bytes::Bytes)>> = BTreeMap::new();
        for entry in self.properties(account, Scope::Mailboxes, ACL).await? {
            if let Some(mailbox) = entry.mailbox {
                lists.entry(mailbox).or_default().push((entry.key, entry.value));
            }
        }
        let given = lists.into_iter().map(|(mailbox, list)| {
            let list = list.iter().map(|(key, value)| (key.as_str(), &value[..]));
            (mailbox, Rights::given((account, user), list))
        });
        Ok(given.filter(|(_, rights)| !rights.is_empty()).collect())
    }

    /// The other accounts that have a mailbox whose access list names the user, or everybody.
    pub async fn sharers(&self, user: AccountId) -> Result<BTreeSet<AccountId>, Error> {
        let mut accounts = BTreeSet::new();
        for who in [Who::Account(user), Who::Anyone] {
            let key = Grant::to(who).key();
            let found = self.ledger().mailboxes_with(&key, MAX_SHARED).await?;
            accounts.extend(found.into_iter().map(|at| at.account));
        }
        accounts.remove(&user);
        Ok(accounts)
    }

    /// Finds what [`transfer_across`](Self::transfer_across) is to copy or move. Whoever calls the
    /// two takes memory for its [bytes](Crossing::bytes) between them
    /// ([`admit_for`](Self::admit_for)), and decides how long to wait for it.
    ///
    /// # Errors
    /// More messages, or more bytes, than one such copy may have.
    pub async fn crossing(
        &self,
        (by, from): (Actor, MailboxId),
        uids: UidSet,
        mode: Transfer,
    ) -> Result<Crossing, Error> {
        check_count(&uids)?;
        let mut crossing = Crossing { by, from, uids: UidSet::new(), bytes: 0, mode };
        let mut rest = uids;
        while !rest.is_empty() {
            let page = self.ledger().fetch(crossing.at(), &rest, Want::Row).await?;
            rest = page.rest;
            for fetched in page.messages.iter().filter(|found| is_taken(found, mode)) {
                crossing.uids.insert(fetched.row.uid);
                crossing.bytes = crossing.bytes.saturating_add(fetched.row.size);
            }
        }
        if crossing.bytes > MAX_BYTES {
            let what = "bytes from account to account";
            return Err(Refusal::TooMany { what, limit: MAX_BYTES }.into());
        }
        Ok(crossing)
    }

    /// COPY or MOVE from one account to another. COPY is an append there, all or none; messages
    /// expunged meanwhile are copied too, as far as they can still be read (RFC 2180 4.4). MOVE
    /// expunges what it has appended: should that fail, the messages are in both.
    pub async fn transfer_across(
        &self,
        crossing: &Crossing,
        to: (Actor, MailboxId),
    ) -> Result<Transferred, Error> {
        let &Crossing { by, from, mode, .. } = crossing;
        self.check_source(by, crossing.at(), mode).await?;
        let copied = self.copy_across(crossing, to).await?;
        if mode == Transfer::Move && !copied.from.is_empty() {
            self.expunge(by, from, copied.from.clone(), ExpungeGuard::All).await?;
        }
        Ok(copied)
    }

    /// What [`Change::decide`](crate::change::Change::decide) asks of a transfer, before anything
    /// is copied.
    async fn check_source(&self, by: Actor, at: MailboxKey, mode: Transfer) -> Result<(), Error> {
        let rights = self.rights(by.user, at).await?;
        let needed = match mode {
            Transfer::Copy => Rights::of([Right::Read]),
            Transfer::Move => Rights::of([Right::Read, Right::DeleteMessages, Right::Expunge]),
        };
        match needed.without(rights).is_empty() {
            true => Ok(()),
            false if rights.has(Right::Lookup) => Err(Refusal::NoRight.into()),
            false => Err(Refusal::NoSuchMailbox.into()),
        }
    }

    async fn copy_across(
        &self,
        crossing: &Crossing,
        (by, to): (Actor, MailboxId),
    ) -> Result<Transferred, Error> {
        let (mut copied, mut incoming) = (UidSet::new(), Vec::new());
        let mut rest = crossing.uids.clone();
        while !rest.is_empty() {
            let page = self.ledger().fetch(crossing.at(), &rest, Want::Email).await?;
            rest = page.rest;
            for fetched in page.messages.into_iter().filter(|found| is_taken(found, crossing.mode))
            {
                copied.insert(fetched.row.uid);
                incoming.push(self.again(fetched).await?);
            }
        }
        if incoming.is_empty() {
            return Ok(Transferred::default());
        }
        let Appended { uid_validity, uids, .. } = self.append(by, to, incoming).await?;
        Ok(Transferred { uid_validity, from: copied, to: uids })
    }

    /// A stored message, to be appended once more.
    async fn again(&self, fetched: Fetched) -> Result<Incoming, Error> {
        let Fetched { row, tree, .. } = fetched;
        let tree = tree.ok_or_else(|| StoreError::corrupt("copy", "a message has no content"))?;
        let raw = self.read(tree.plan()).to_bytes().await?;
        let message = self.prepare(raw)?;
        let internal_date = Some(row.internal_date);
        Ok(Incoming { flags: row.flags, internal_date, ..Incoming::appended(message) })
    }
}

/// No more messages than one copy may have.
fn check_count(uids: &UidSet) -> Result<(), Refusal> {
    let limit = MAX_APPEND as u64;
    match uids.len() > limit {
        true => Err(Refusal::TooMany { what: "messages from account to account", limit }),
        false => Ok(()),
    }
}
