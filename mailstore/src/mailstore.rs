//! The façade that front-ends and embedding programs hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::actor::Actor;
use crate::budget::{Admission, Budget};
use crate::change::{
    Change, Committed, ExpungeGuard, MAX_MAILBOXES, MailboxOp, NewMessage, Op, Outcome, Refusal,
    Transfer, split,
};
use crate::contents::Contents;
use crate::encrypting::Encrypting;
use crate::error::Error;
use crate::flags::FlagUpdate;
use crate::id::{AccountId, ChangeId, MailboxId, MailboxKey};
use crate::intake::{Incoming, Prepared, in_time};
use crate::lanes::Lanes;
use crate::mailbox::{INBOX, Mailbox, Mailboxes, Quota, SpecialUse};
use crate::mime::Plan;
use crate::property::{Property, Scope, WantedProperties};
use crate::random::Random;
use crate::reader::Reader;
use crate::searching::{SummaryCache, TextCache};
use crate::selected::{Access, Selected};
use crate::settings::Settings;
use crate::store::{Beacon, BlobStore, CommitError, KeyBook, Ledger, Opened, Shared};
use crate::time::Timestamp;
use crate::uid::{ModSeq, Uid, UidSet};

/// A mail store: a ledger, a blob store and a beacon, and the operations on them. Cheap to clone.
///
/// # Errors
/// All operations fail in the same ways. [`Error::Refused`]: a rule says no, [`Refusal`] which one,
/// and nothing has happened; of an operation of several commits, such as MOVE, those before stay.
/// [`Error::NotEncrypted`]: a message was to be encrypted, could not be, and is not stored.
/// [`Error::Store`]: the backend failed; a change may have been made or not.
#[derive(Clone, Debug)]
pub struct Mailstore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    backend: Backend,
    lanes: Arc<Lanes>,
    budget: Budget,
    contents: Contents,
    texts: TextCache,
    summaries: SummaryCache,
    encrypting: Encrypting,
    settings: Settings,
}

/// What a store is made of.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The truth.
    pub ledger: Arc<dyn Ledger>,
    /// Blobs too big for the ledger.
    pub blobs: Arc<dyn BlobStore>,
    /// The hint that something happened.
    pub beacon: Arc<dyn Beacon>,
    /// What may be lost.
    pub shared: Arc<dyn Shared>,
}

/// Where a message went (RFC 4315 APPENDUID).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The mailbox.
    pub mailbox: MailboxKey,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
    /// The UIDs, in the order of the messages.
    pub uids: UidSet,
    /// The commit.
    pub modseq: ModSeq,
}

impl Mailstore {
    /// A store on this backend, which stores mail as it comes.
    pub fn new(backend: Backend, settings: Settings) -> Self {
        Self::with(backend, settings, Encrypting::default())
    }

    /// A store on this backend, which encrypts what `keys` has a key for
    /// ([`encryption`](crate::encryption)).
    pub fn encrypting(backend: Backend, settings: Settings, keys: Arc<dyn KeyBook>) -> Self {
        Self::with(backend, settings, Encrypting::to(keys))
    }

    fn with(backend: Backend, settings: Settings, encrypting: Encrypting) -> Self {
        let lanes = Lanes::new(Arc::clone(&backend.ledger));
        let budget = Budget::new(settings.memory, settings.max_message);
        let contents = Contents::new(settings.content_cache);
        let texts = TextCache::new(settings.search_cache);
        let summaries = SummaryCache::new(settings.sort_cache);
        let inner =
            Inner { backend, lanes, budget, contents, texts, summaries, encrypting, settings };
        Self { inner: Arc::new(inner) }
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Its ledger, for what the façade does not offer.
    pub fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.inner.backend.ledger
    }

    pub(crate) fn blobs(&self) -> &Arc<dyn BlobStore> {
        &self.inner.backend.blobs
    }

    pub(crate) fn beacon(&self) -> &Arc<dyn Beacon> {
        &self.inner.backend.beacon
    }

    /// Contents that were read.
    pub(crate) fn contents(&self) -> &Contents {
        &self.inner.contents
    }

    /// Texts that were searched.
    pub(crate) fn texts(&self) -> &TextCache {
        &self.inner.texts
    }

    /// What messages are sorted and threaded by.
    pub(crate) fn summaries(&self) -> &SummaryCache {
        &self.inner.summaries
    }

    /// The counters that processes share.
    pub fn shared(&self) -> &Arc<dyn Shared> {
        &self.inner.backend.shared
    }

    /// Takes memory for a message of that declared size, before its bytes are read.
    pub async fn admit(&self, bytes: u64) -> Admission {
        self.inner.budget.admit(bytes).await
    }

    /// Takes memory for a message of that size, or for a result, out of the share of an account.
    pub async fn admit_for(&self, account: AccountId, bytes: u64) -> Admission {
        self.inner.budget.admit_for(account, bytes).await
    }

    /// Parses a message, checks that it can be rebuilt, and takes it apart for storing. Refuses
    /// only what is too large.
    pub fn prepare(&self, raw: Bytes) -> Result<Prepared, Refusal> {
        Prepared::new(raw, &self.inner.settings)
    }

    /// As [`prepare`](Self::prepare), of a message that came as binary content (RFC 3516 4.4): what IMAP
    /// could not show of it, bodies that are `binary` and have NUL in them, is base64 then.
    pub fn prepare_binary(&self, raw: Bytes) -> Result<Prepared, Refusal> {
        let encoded = crate::mime::encode_nul(&raw, &self.inner.settings.limits);
        self.prepare(encoded.unwrap_or(raw))
    }

    /// A prepared message with header fields in front of it, as [`prepare`](Self::prepare) would
    /// give it for the two together, but without parsing the message again: for copies that differ
    /// only in what stands in front of them. `None` if the fields are not whole, say something of
    /// the content, or stand before a message for which this cannot be done; then the two are to
    /// be prepared together.
    pub fn prepare_behind(&self, fields: &[u8], message: &Prepared) -> Option<Prepared> {
        message.behind(fields, &self.inner.settings)
    }

    /// Appends messages, all or none; durable when it returns. An account that has never been used
    /// gets its INBOX on the way.
    pub async fn append(
        &self,
        by: Actor,
        to: MailboxId,
        messages: Vec<Incoming>,
    ) -> Result<Appended, Error> {
        let at = Timestamp::now();
        let mut placed: Vec<NewMessage> = Vec::with_capacity(messages.len());
        for incoming in messages {
            placed.push(self.place(by.account, incoming, at).await?);
        }
        in_time(at, Timestamp::now())?;
        let op = Op::Append { to, messages: placed };
        let committed = match self.submit(by, op.clone()).await {
            Err(Error::Refused(Refusal::NoSuchMailbox)) if to == MailboxId::INBOX => {
                self.provision(by.account).await?;
                self.submit(by, op).await?
            }
            other => other?,
        };
        let mailbox = MailboxKey { account: by.account, mailbox: to };
        match committed.outcome {
            Outcome::Appended { uid_validity, uids } => {
                Ok(Appended { mailbox, uid_validity, uids, modseq: committed.modseq })
            }
            other => Err(Error::unexpected("append", &other)),
        }
    }

    /// Puts the big blobs where they belong, and makes the message one of this account.
    pub(crate) async fn place(
        &self,
        account: AccountId,
        incoming: Incoming,
        at: Timestamp,
    ) -> Result<NewMessage, Error> {
        let incoming = self.inner.encrypting.run(self, account, incoming).await?;
        let thread = incoming.message.thread();
        let content = incoming.message.place(self, account, at).await?;
        Ok(NewMessage {
            content: Arc::new(content),
            flags: incoming.flags,
            internal_date: incoming.internal_date.unwrap_or_else(|| at.into()),
            thread,
            uidl: incoming.uidl,
        })
    }

    /// Gives an account its INBOX and the usual mailboxes, unless it has them.
    pub async fn provision(&self, account: AccountId) -> Result<(), Error> {
        let mailboxes = self.inner.settings.provision.clone();
        self.submit(account.into(), Op::Provision { mailboxes }).await?;
        Ok(())
    }

    /// Sets what an account may hold.
    pub async fn set_quota(&self, account: AccountId, quota: Quota) -> Result<(), Error> {
        self.submit(account.into(), Op::Quota(quota)).await?;
        Ok(())
    }

    /// Sets and removes properties of a mailbox, or of the account as such: all or none.
    pub async fn set_properties(
        &self,
        by: Actor,
        at: Option<MailboxId>,
        set: BTreeMap<String, Option<Bytes>>,
    ) -> Result<(), Error> {
        // A new account gets its first mailboxes first.
        self.mailboxes(by.account).await?;
        self.submit(by, Op::Property { at, set }).await?;
        Ok(())
    }

    /// The properties whose keys begin with `prefix`. Of one mailbox, or of the account as such,
    /// they have at most [`MAX_TOTAL`](crate::property::MAX_TOTAL) bytes.
    pub async fn properties(
        &self,
        account: AccountId,
        scope: Scope,
        prefix: &str,
    ) -> Result<Vec<Property>, Error> {
        let mut all = Vec::new();
        let mut wanted = WantedProperties { scope, prefix: prefix.to_owned(), after: None };
        loop {
            let page = self.ledger().properties(account, &wanted).await?;
            wanted.after = page.list.last().map(|last| (last.mailbox, last.key.clone()));
            all.extend(page.list);
            if !page.more {
                return Ok(all);
            }
        }
    }

    /// All mailboxes of an account.
    pub async fn mailboxes(&self, account: AccountId) -> Result<Mailboxes, Error> {
        let found = self.ledger().mailboxes(account).await?;
        if found.head.last_mailbox == 0 {
            self.provision(account).await?;
            return Ok(self.ledger().mailboxes(account).await?);
        }
        Ok(found)
    }

    /// No account has more mailboxes than this says: how much memory a list of them may take.
    pub async fn most_mailboxes(&self, account: AccountId) -> Result<u32, Error> {
        Ok(self.ledger().created(account).await?.min(MAX_MAILBOXES as u32))
    }

    /// CREATE.
    pub async fn create(
        &self,
        by: Actor,
        name: &str,
        special_use: Option<SpecialUse>,
    ) -> Result<MailboxId, Error> {
        self.mailboxes(by.account).await?;
        let op = MailboxOp::Create { name: name.to_owned(), special_use };
        match self.submit(by, Op::Mailbox(op)).await?.outcome {
            Outcome::Mailbox { id } => Ok(id),
            other => Err(Error::unexpected("create", &other)),
        }
    }

    /// RENAME. Renaming INBOX moves its messages into a new mailbox and leaves it empty
    /// (RFC 9051 6.3.6).
    pub async fn rename(&self, by: Actor, from: &str, to: &str) -> Result<(), Error> {
        if !from.eq_ignore_ascii_case(INBOX) {
            self.mailboxes(by.account).await?;
            let op = MailboxOp::Rename { from: from.to_owned(), to: to.to_owned() };
            self.submit(by, Op::Mailbox(op)).await?;
            return Ok(());
        }
        let target = self.create(by, to, None).await?;
        let all = UidSet::range(Uid::MIN..=Uid::MAX);
        let inbox = MailboxKey { account: by.account, mailbox: MailboxId::INBOX };
        let Some(opened) = self.ledger().open(inbox).await? else {
            return Err(Refusal::NoSuchMailbox.into());
        };
        let uids = opened.uids.intersection(&all);
        self.transfer(by, (MailboxId::INBOX, target), uids, Transfer::Move).await?;
        Ok(())
    }

    /// DELETE, SUBSCRIBE, UNSUBSCRIBE and other changes to the hierarchy.
    pub async fn change_mailbox(&self, by: Actor, op: MailboxOp) -> Result<(), Error> {
        // A new account gets its first mailboxes first.
        self.mailboxes(by.account).await?;
        self.submit(by, Op::Mailbox(op)).await?;
        Ok(())
    }

    /// STORE. Returns the UIDs whose flags changed, and those that UNCHANGEDSINCE passed over.
    pub async fn flag(
        &self,
        by: Actor,
        at: MailboxId,
        uids: UidSet,
        (update, unchanged_since): (FlagUpdate, Option<ModSeq>),
    ) -> Result<(UidSet, UidSet), Error> {
        let (mut all_changed, mut all_stale) = (UidSet::new(), UidSet::new());
        for uids in split(uids) {
            let op = Op::Flag { at, uids, update: update.clone(), unchanged_since };
            match self.submit(by, op).await?.outcome {
                Outcome::Flagged { changed, stale } => {
                    all_changed = all_changed.union(&changed);
                    all_stale = all_stale.union(&stale);
                }
                other => return Err(Error::unexpected("flag", &other)),
            }
        }
        Ok((all_changed, all_stale))
    }

    /// EXPUNGE. Returns the UIDs that went away.
    pub async fn expunge(
        &self,
        by: Actor,
        at: MailboxId,
        uids: UidSet,
        guard: ExpungeGuard,
    ) -> Result<UidSet, Error> {
        let mut gone = UidSet::new();
        for uids in split(uids) {
            match self.submit(by, Op::Expunge { at, uids, guard }).await?.outcome {
                Outcome::Expunged { uids } => gone = gone.union(&uids),
                other => return Err(Error::unexpected("expunge", &other)),
            }
        }
        Ok(gone)
    }

    /// COPY (one commit) or MOVE (in steps; each message is moved in one). Returns UIDVALIDITY of
    /// the target and the UIDs there and here, which match in ascending order (RFC 4315 COPYUID).
    pub async fn transfer(
        &self,
        by: Actor,
        (from, to): (MailboxId, MailboxId),
        uids: UidSet,
        mode: Transfer,
    ) -> Result<Transferred, Error> {
        let steps = match mode {
            Transfer::Copy => vec![uids],
            Transfer::Move => split(uids),
        };
        let mut all = Transferred::default();
        for uids in steps {
            match self.submit(by, Op::Transfer { from, to, uids, mode }).await?.outcome {
                Outcome::Transferred { uid_validity, from, to } => {
                    all.uid_validity = uid_validity;
                    all.from = all.from.union(&from);
                    all.to = all.to.union(&to);
                }
                other => return Err(Error::unexpected("transfer", &other)),
            }
        }
        Ok(all)
    }

    /// Takes what is `\Recent` in a mailbox of the UIDs below a number; returns the first UID, as a
    /// number, that is. No other session gets these as `\Recent`.
    pub async fn take_recent(&self, by: Actor, at: MailboxId, below: u64) -> Result<u64, Error> {
        match self.submit(by, Op::TakeRecent { at, below }).await?.outcome {
            Outcome::Recent { from } => Ok(from),
            other => Err(Error::unexpected("take recent", &other)),
        }
    }

    /// A mailbox with its UIDs; an account that has never been used gets its INBOX on the way.
    pub async fn open(&self, at: MailboxKey) -> Result<Option<Opened>, Error> {
        let opened = self.ledger().open(at).await?;
        if opened.is_none() && at.mailbox == MailboxId::INBOX {
            self.provision(at.account).await?;
            return Ok(self.ledger().open(at).await?);
        }
        Ok(opened)
    }

    /// SELECT or EXAMINE; `None` if there is no such mailbox.
    pub async fn select(
        &self,
        by: Actor,
        mailbox: MailboxId,
        access: Access,
    ) -> Result<Option<Selected>, Error> {
        Ok(self.select_with_head(by, mailbox, access).await?.map(|(selected, _)| selected))
    }

    /// As [`Self::select`], and the mailbox as it was at that moment.
    pub async fn select_with_head(
        &self,
        by: Actor,
        mailbox: MailboxId,
        access: Access,
    ) -> Result<Option<(Selected, Mailbox)>, Error> {
        Selected::open(self, by, mailbox, access).await
    }

    /// Reads the bytes of a plan, piece by piece, each checked before it is given out.
    pub fn read(&self, plan: Plan) -> Reader {
        Reader::new(self.clone(), plan)
    }

    /// Commits one change; tells the beacon. Tried again, under the same id, while others are in
    /// the way.
    pub(crate) async fn submit(&self, by: Actor, op: Op) -> Result<Committed, Error> {
        let at = Timestamp::now();
        let id = ChangeId::new(at, Random::draw());
        let change =
            Arc::new(Change { id, account: by.account, actor: by.user, by: by.session, at, op });
        let mut tries = 0;
        loop {
            match self.inner.lanes.commit(Arc::clone(&change)).await {
                Ok(committed) => {
                    self.beacon().light(by.account, committed.modseq);
                    return Ok(committed);
                }
                Err(CommitError::Refused(refusal)) => return Err(refusal.into()),
                Err(CommitError::Store(error)) => {
                    tries += 1;
                    if tries >= self.inner.settings.commit_tries || !error.may_be_retried() {
                        return Err(error.into());
                    }
                    tracing::debug!(%error, tries, "a commit is tried again");
                }
            }
        }
    }
}

/// What COPY or MOVE did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transferred {
    /// UIDVALIDITY of the target.
    pub uid_validity: u32,
    /// The UIDs at the source.
    pub from: UidSet,
    /// The UIDs at the target.
    pub to: UidSet,
}
