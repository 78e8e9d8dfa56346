//! A client that believes what it is told, and nothing else.

use std::collections::BTreeMap;

use mailstore::flags::{FlagUpdate, Flags};
use mailstore::id::{AccountId, MailboxId, SessionId};
use mailstore::message::{Presence, Want};
use mailstore::store::Purge;
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, Seq, Uid, UidSet};
use mailstore::{Access, Actor, Error, Mailstore, Notice, Selected};

/// The account of all these tests.
pub(crate) fn account() -> AccountId {
    AccountId::new(1).unwrap()
}

/// All records go; sessions that have not read them are resynchronised.
pub(crate) async fn trim(store: &Mailstore) {
    let never = Timestamp::from_millis(0);
    let purge = Purge {
        expunged_before: never,
        journal_before: Timestamp::from_millis(i64::MAX),
        claims_before: never,
        pack_before: never,
    };
    while store.ledger().purge(&purge).await.unwrap().more {}
}

/// What a client believes of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Belief {
    pub(crate) uid: Uid,
    pub(crate) flags: Flags,
    pub(crate) modseq: ModSeq,
}

/// A client and its session.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) selected: Selected,
    /// In the order of their numbers.
    pub(crate) believed: Vec<Belief>,
}

/// Says a STORE what it did?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Flags,
    Silent,
}

impl Client {
    /// Selects INBOX and reads all flags.
    pub(crate) async fn select(store: &Mailstore, session: u64) -> Self {
        let by = Actor::new(account(), SessionId(session));
        let selected = store.select(by, MailboxId::INBOX, Access::ReadWrite);
        let selected = selected.await.unwrap().unwrap();
        let mut client = Self { selected, believed: Vec::new() };
        let all = client.selected.uids().to_set();
        client.learn(&all).await;
        client
    }

    /// The connection is lost; selects INBOX again, and asks only what it has missed (RFC 7162
    /// 3.2.5), giving some of its messages with their numbers.
    pub(crate) async fn reconnect(&mut self, sample: usize) {
        let (store, by) = (self.selected.store().clone(), self.selected.by());
        let since = self.selected.modseq();
        let selected = store.select(by, MailboxId::INBOX, Access::ReadWrite);
        self.selected = selected.await.unwrap().unwrap();
        let all = UidSet::range(Uid::MIN..=Uid::MAX);
        let changes = self.selected.changes(since, &all).await.unwrap();
        let sampled = self.believed.iter().enumerate().step_by(sample.max(1));
        let pairs = sampled.map(|(at, belief)| (Uid::new(at as u32 + 1).unwrap(), belief.uid));
        let (seqs, uids): (Vec<_>, Vec<_>) = pairs.unzip();
        let view = self.selected.view();
        let agreed = view.agreed(&seqs.into_iter().collect(), &uids.into_iter().collect());
        let vanished = changes.vanished.difference(&agreed);
        self.believed.retain(|belief| !vanished.contains(belief.uid));
        let known: UidSet = self.believed.iter().map(|belief| belief.uid).collect();
        self.believed.extend(changes.touched.difference(&known).iter().map(unknown));
        self.believed.sort_by_key(|belief| belief.uid);
        let believed: UidSet = self.believed.iter().map(|belief| belief.uid).collect();
        assert_eq!(believed, self.selected.uids().to_set(), "what was missed was not told");
        self.refresh(&changes.touched).await;
    }

    /// NOOP; after an EXISTS the client fetches what is new.
    pub(crate) async fn sync(&mut self) -> Result<(), Error> {
        let notices = self.selected.news().await?;
        let mut new = self.hear(notices);
        while let Some(flags) = self.selected.flags().await? {
            new = new.union(&self.hear(flags));
        }
        self.refresh(&new).await;
        Ok(())
    }

    /// Believes what it is told; gives what is new.
    fn hear(&mut self, notices: Vec<Notice>) -> UidSet {
        let mut new = UidSet::new();
        for notice in notices {
            match notice {
                Notice::Expunged(expunged) => {
                    for (seq, uid) in expunged.numbered() {
                        let gone = self.believed.remove(index(seq));
                        assert_eq!(gone.uid, uid, "number {seq} was told to be another message");
                    }
                }
                Notice::Exists { count, arrived } => {
                    let known = self.believed.len() as u64;
                    assert_eq!(u64::from(count), known + arrived.len());
                    new = arrived;
                    self.believed.extend(new.iter().map(unknown));
                }
                Notice::Flags { seq, row } => {
                    let belief = &mut self.believed[index(seq)];
                    assert_eq!(belief.uid, row.uid, "flags of another message");
                    (belief.flags, belief.modseq) = (row.flags, row.modseq);
                }
                Notice::Gone => self.believed.clear(),
            }
        }
        assert!(self.believed.is_sorted_by(|a, b| a.uid < b.uid), "UIDs ascend");
        new
    }

    /// STORE or STORE .SILENT; under CONDSTORE even a silent one tells the MODSEQ.
    pub(crate) async fn store(
        &mut self,
        uids: UidSet,
        (update, unchanged_since): (FlagUpdate, Option<ModSeq>),
        echo: Echo,
    ) -> Result<(), Error> {
        let uids = self.selected.uids().intersection(&uids);
        let change = (update.clone(), unchanged_since);
        let (changed, stale) = self.selected.flag(uids.clone(), change).await?;
        let passed = uids.difference(&stale);
        let rows = self.rows(&passed).await;
        for belief in self.believed.iter_mut().filter(|belief| passed.contains(belief.uid)) {
            let Some((flags, modseq, presence)) = rows.get(&belief.uid) else { continue };
            match echo {
                // Nothing is said of a message that is gone: there will be an EXPUNGE.
                _ if *presence == Presence::Expunged => {}
                Echo::Flags => (belief.flags, belief.modseq) = (flags.clone(), *modseq),
                Echo::Silent => {
                    belief.flags = update.apply(&belief.flags);
                    if changed.contains(belief.uid) {
                        belief.modseq = *modseq;
                    }
                }
            }
        }
        Ok(())
    }

    /// Believes exactly what the store holds.
    pub(crate) async fn check(&self) {
        let present = self.selected.present().await.unwrap().unwrap();
        assert_eq!(self.selected.uids().to_set(), present.uids.to_set());
        assert_eq!(self.selected.modseq(), present.mailbox.modseq);
        let rows = self.rows(&present.uids.to_set()).await;
        let held: Vec<Belief> = rows
            .into_iter()
            .map(|(uid, (flags, modseq, _))| Belief { uid, flags, modseq })
            .collect();
        assert_eq!(self.believed, held);
    }

    async fn learn(&mut self, uids: &UidSet) {
        self.believed = uids.iter().map(unknown).collect();
        self.refresh(uids).await;
    }

    async fn refresh(&mut self, uids: &UidSet) {
        let rows = self.rows(uids).await;
        assert_eq!(rows.len() as u64, uids.len(), "what was announced is not readable");
        for belief in &mut self.believed {
            if let Some((flags, modseq, _)) = rows.get(&belief.uid) {
                (belief.flags, belief.modseq) = (flags.clone(), *modseq);
            }
        }
    }

    async fn rows(&self, uids: &UidSet) -> BTreeMap<Uid, (Flags, ModSeq, Presence)> {
        let mut rows = BTreeMap::new();
        let mut rest = uids.clone();
        while !rest.is_empty() {
            let page = self.selected.fetch(&rest, Want::Row).await.unwrap();
            rows.extend(
                page.messages.into_iter().map(|found| {
                    (found.row.uid, (found.row.flags, found.row.modseq, found.presence))
                }),
            );
            rest = page.rest;
        }
        rows
    }
}

fn unknown(uid: Uid) -> Belief {
    Belief { uid, flags: Flags::NONE, modseq: ModSeq::ZERO }
}

fn index(seq: Seq) -> usize {
    seq.get() as usize - 1
}
