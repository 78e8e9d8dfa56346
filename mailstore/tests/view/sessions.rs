//! Several clients of one mailbox, any commands in any order: each believes the truth in the end.

use bytes::Bytes;
use mailstore::backends::embedded::Embedded;
use mailstore::backends::memory;
use mailstore::change::{ExpungeGuard, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, Keyword};
use mailstore::id::{MailboxId, SessionId};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Actor, Incoming, Mailstore, Settings};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::client::{Client, Echo, account, trim};

/// Sessions 1 to this have INBOX selected; 0 is nobody.
const CLIENTS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Append {
        by: usize,
        count: usize,
    },
    Store {
        by: usize,
        uids: Some_,
        update: FlagUpdate,
        echo: Echo,
        conditional: Condition,
    },
    /// By a session that has not selected the mailbox.
    Flag {
        uids: Some_,
        update: FlagUpdate,
    },
    Expunge {
        by: usize,
        uids: Some_,
    },
    Copy {
        by: usize,
        uids: Some_,
    },
    Move {
        by: usize,
        uids: Some_,
    },
    Sync {
        by: usize,
    },
    /// The connection is lost, and a new one made.
    Reconnect {
        by: usize,
        /// Of how many messages the client names one with its number.
        sample: usize,
    },
    Trim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    No,
    Unchanged,
}

/// Some of the UIDs there are, by two places among them.
type Some_ = (Index, Index);

fn update() -> impl Strategy<Value = FlagUpdate> {
    let mode = prop_oneof![Just(FlagMode::Replace), Just(FlagMode::Add), Just(FlagMode::Remove)];
    let keyword = proptest::option::of(Just("k"));
    (mode, 0_u8..32, keyword).prop_map(|(mode, bits, keyword)| {
        let keyword = keyword.and_then(Keyword::new);
        FlagUpdate { mode, flags: Flags::new(Flags::from_bits(bits).system(), keyword) }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let by = 0..=CLIENTS;
    let client = 1..=CLIENTS;
    let uids = || any::<(Index, Index)>();
    let echo = prop_oneof![Just(Echo::Flags), Just(Echo::Silent)];
    let conditional = prop_oneof![3 => Just(Condition::No), 1 => Just(Condition::Unchanged)];
    prop_oneof![
        3 => (by.clone(), 1..4_usize).prop_map(|(by, count)| Step::Append { by, count }),
        6 => (client.clone(), uids(), update(), echo, conditional).prop_map(
            |(by, uids, update, echo, conditional)| {
                Step::Store { by, uids, update, echo, conditional }
            }
        ),
        2 => (uids(), update()).prop_map(|(uids, update)| Step::Flag { uids, update }),
        2 => (by.clone(), uids()).prop_map(|(by, uids)| Step::Expunge { by, uids }),
        1 => (by.clone(), uids()).prop_map(|(by, uids)| Step::Copy { by, uids }),
        1 => (by, uids()).prop_map(|(by, uids)| Step::Move { by, uids }),
        5 => client.clone().prop_map(|by| Step::Sync { by }),
        2 => (client, 1..5_usize).prop_map(|(by, sample)| Step::Reconnect { by, sample }),
        1 => Just(Step::Trim),
    ]
}

struct World {
    store: Mailstore,
    clients: Vec<Client>,
}

impl World {
    async fn new(store: Mailstore) -> Self {
        let mut world = Self { store, clients: Vec::new() };
        world.append(0, 3).await;
        for session in 1..=CLIENTS {
            let client = Client::select(&world.store, session as u64).await;
            world.clients.push(client);
        }
        world
    }

    fn actor(session: usize) -> Actor {
        Actor::new(account(), SessionId(session as u64))
    }

    async fn append(&self, by: usize, count: usize) {
        let message = self.store.prepare(Bytes::from_static(b"a: b\r\n\r\n")).unwrap();
        let messages = (0..count).map(|_| Incoming::new(message.clone())).collect();
        self.store.append(Self::actor(by), MailboxId::INBOX, messages).await.unwrap();
    }

    /// UIDs between two of those that were ever given out, now or in the past.
    async fn some(&self, (a, b): Some_) -> UidSet {
        let key = self.clients[0].selected.mailbox();
        let opened = self.store.open(key).await.unwrap().unwrap();
        let most = (opened.mailbox.uid_next as usize - 1).max(1);
        let (a, b) = (a.index(most) as u32 + 1, b.index(most) as u32 + 1);
        UidSet::range(Uid::new(a.min(b)).unwrap()..=Uid::new(a.max(b).min(a.min(b) + 4)).unwrap())
    }

    async fn run(&mut self, step: Step) {
        let inbox = MailboxId::INBOX;
        match step {
            Step::Append { by, count } => self.append(by, count).await,
            Step::Store { by, uids, update, echo, conditional } => {
                let uids = self.some(uids).await;
                let client = &mut self.clients[by - 1];
                let since = client.selected.modseq();
                let since = (conditional == Condition::Unchanged).then_some(since);
                client.store(uids, (update, since), echo).await.unwrap();
            }
            Step::Flag { uids, update } => {
                let uids = self.some(uids).await;
                let nobody = Self::actor(0);
                self.store.flag(nobody, inbox, uids, (update, None)).await.unwrap();
            }
            Step::Expunge { by, uids } => {
                let uids = self.some(uids).await;
                let all = ExpungeGuard::All;
                self.store.expunge(Self::actor(by), inbox, uids, all).await.unwrap();
            }
            Step::Copy { by, uids } => self.transfer(by, uids, Transfer::Copy).await,
            Step::Move { by, uids } => self.transfer(by, uids, Transfer::Move).await,
            Step::Sync { by } => self.clients[by - 1].sync().await.unwrap(),
            Step::Reconnect { by, sample } => self.clients[by - 1].reconnect(sample).await,
            Step::Trim => trim(&self.store).await,
        }
    }

    async fn transfer(&self, by: usize, uids: Some_, mode: Transfer) {
        let uids = self.some(uids).await;
        let places = (MailboxId::INBOX, MailboxId::INBOX);
        self.store.transfer(Self::actor(by), places, uids, mode).await.unwrap();
    }

    async fn finish(mut self) {
        for client in &mut self.clients {
            client.sync().await.unwrap();
            client.check().await;
            // Whoever selects now learns the same.
            let fresh = Client::select(&self.store, 99).await;
            assert_eq!(fresh.believed, client.believed);
        }
    }
}

fn run(store: Mailstore, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(store).await;
        for step in steps {
            world.run(step).await;
        }
        world.finish().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_client_believes_the_truth(steps in proptest::collection::vec(step(), 1..60)) {
        run(Mailstore::new(memory::backend(), Settings::default()), steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_client_believes_the_truth_embedded(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let embedded = Embedded::open(dir.path()).unwrap();
        run(Mailstore::new(embedded.backend(), Settings::default()), steps);
    }
}
