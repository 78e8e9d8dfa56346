//! Many clients, random commands, checkpoints, as imaptest's stress test has them: each client
//! checks all that it hears against what it believes of the mailbox, and from time to time all of
//! them stop, and must believe the same.
//!
//! `STRESS_SEED` has what happened happen again, as far as several clients at once allow;
//! `STRESS_SECONDS` is for how long (for each backend), in place of a number of rounds;
//! `STRESS_OWNED=1` has each client change flags of its own only, which then are as it has left them.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, dead_code)]

mod check;
mod checkpoint;
#[path = "../common/mod.rs"]
mod common;
mod dice;
mod order;
mod player;
mod search;
mod value;
mod view;
mod world;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::client::Client;
use common::{On, Options, Server};
use dice::Dice;
use mailstore::random::Random;
use player::Player;
use tokio::task::JoinSet;
use world::World;

const CLIENTS: usize = 10;
/// How many batches of commands each client sends between two checkpoints.
const TURNS: usize = 12;
const ROUNDS: usize = 12;

/// Flags that one client alone changes, of ten: no other sets or removes them.
fn own(index: usize) -> BTreeSet<String> {
    let system = ["\\Deleted", "\\Seen", "\\Flagged", "\\Answered", "\\Draft"].get(index);
    let keyword = format!("own{index}");
    system.map(|flag| (*flag).to_owned()).into_iter().chain([keyword]).collect()
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

/// Whether it goes on: so many rounds, or so many seconds.
struct Length {
    until: Option<Instant>,
    over: AtomicBool,
}

impl Length {
    fn new() -> Self {
        let until = setting("STRESS_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
        Self { until, over: AtomicBool::new(false) }
    }

    /// Asked by the first client only; the others follow it after the next checkpoint.
    fn decide(&self, round: usize) {
        let over = self.until.map_or(round >= ROUNDS, |until| Instant::now() >= until);
        self.over.store(over, Ordering::SeqCst);
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

async fn stress(on: On) {
    let seed = setting("STRESS_SEED").unwrap_or_else(|| Random::draw().0 as u64 >> 1);
    eprintln!("STRESS_SEED={seed}");
    let server = Arc::new(Server::start(on, Options::default()).await);
    let mut first = Client::connect(server.address).await;
    first.ok("LOGIN joe secret").await;
    first.ok("CREATE Other").await;
    let (world, checkpoint) = (Arc::new(World::default()), checkpoint::Checkpoint::of(CLIENTS));
    let (checkpoint, length) = (Arc::new(checkpoint), Arc::new(Length::new()));
    let mut players = JoinSet::new();
    for index in 0..CLIENTS {
        let owned = setting("STRESS_OWNED").is_some();
        let mut player = Player {
            index,
            dice: Dice::another(seed, index as u64),
            world: Arc::clone(&world),
            address: server.address,
            own: if owned { own(index) } else { BTreeSet::new() },
            owned,
            line: None,
            left: HashMap::new(),
            log: VecDeque::new(),
        };
        let (server, checkpoint, length) =
            (Arc::clone(&server), Arc::clone(&checkpoint), Arc::clone(&length));
        players.spawn(async move {
            for round in 1.. {
                for _ in 0..TURNS {
                    player.wander().await;
                    player.play().await;
                }
                if index == 0 {
                    length.decide(round);
                }
                checkpoint.meet(&mut player, &server).await;
                let over = length.is_over();
                checkpoint.part().await;
                if over {
                    return;
                }
            }
        });
    }
    while let Some(outcome) = players.join_next().await {
        outcome.unwrap();
    }
    server.shut_down();
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded() {
    stress(On::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_with_a_deaf_beacon() {
    stress(On::DeafMemory).await;
}
