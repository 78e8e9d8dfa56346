//! A client that loses its connection again and again, and each time asks only what it has missed
//! (RFC 7162 3.2.5), ends with what the store holds: with its journal, and with none.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::client::Client;
use common::{On, Options, Server};
use mailstore::time::Timestamp;

/// What a client keeps of INBOX while it is away.
#[derive(Debug, Default)]
struct Kept {
    validity: u32,
    modseq: u64,
    /// Flags by UID.
    messages: BTreeMap<u32, String>,
}

impl Kept {
    /// Takes in one line; numbers mean nothing to it.
    fn hear(&mut self, line: &str) {
        if let Some(set) = line.strip_prefix("* VANISHED ") {
            let set = set.strip_prefix("(EARLIER) ").unwrap_or(set);
            set.split(',').for_each(|range| {
                let (from, to) = range.split_once(':').unwrap_or((range, range));
                let (from, to): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
                self.messages.retain(|uid, _| !(from..=to).contains(uid));
            });
        } else if let Some(code) = after(line, "[HIGHESTMODSEQ ") {
            self.modseq = digits(code);
        } else if let Some(code) = after(line, "[UIDVALIDITY ") {
            self.validity = digits(code) as u32;
        } else if let (Some(uid), Some(flags)) = (after(line, "UID "), after(line, "FLAGS (")) {
            let flags = flags.split(')').next().unwrap().split(' ');
            let mut flags: Vec<_> = flags.filter(|flag| *flag != "\\Recent").collect();
            flags.sort_unstable();
            self.messages.insert(digits(uid) as u32, flags.join(" "));
        }
    }

    async fn connect(&mut self, server: &Server) -> Client {
        let mut client = Client::connect(server.address).await;
        client.ok("LOGIN joe secret").await;
        client.ok("ENABLE QRESYNC").await;
        let select = match self.validity {
            0 => "SELECT INBOX".to_owned(),
            validity => {
                let agreed = self.messages.keys().zip(1..).last();
                let agreed = agreed.map(|(uid, seq)| format!(" ({seq} {uid})"));
                let agreed = agreed.unwrap_or_default();
                format!("SELECT INBOX (QRESYNC ({validity} {}{agreed}))", self.modseq)
            }
        };
        self.say(&mut client, &select).await;
        client
    }

    async fn say(&mut self, client: &mut Client, command: &str) {
        for line in client.ok(command).await {
            self.hear(&line);
        }
    }
}

fn after<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.split_once(start).map(|(_, rest)| rest)
}

fn digits(text: &str) -> u64 {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().unwrap()
}

/// Numbers that look random, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Does the journal go from time to time?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trims {
    None,
    Some,
}

/// Something that another session does.
async fn disturb(other: &mut Client, dice: &mut Dice) {
    let uid = dice.roll(30) + 1;
    match dice.roll(5) {
        0 | 1 => drop(other.append("INBOX", b"x").await),
        2 => drop(other.ok(&format!("UID STORE {uid} +FLAGS.SILENT (\\Flagged)")).await),
        3 => drop(other.ok(&format!("UID STORE {uid} -FLAGS.SILENT (\\Flagged)")).await),
        _ => {
            other.ok(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")).await;
            other.ok("EXPUNGE").await;
        }
    }
}

async fn live(on: On, seed: u64, trims: Trims) {
    let store = mailstore::Settings {
        journal: Duration::ZERO,
        grace: Duration::ZERO,
        ..mailstore::Settings::default()
    };
    let server = Server::start(on, Options { store, ..Options::default() }).await;
    let mut other = Client::select(server.address, "INBOX").await;
    let (mut dice, mut kept) = (Dice(seed), Kept::default());
    let mut client = kept.connect(&server).await;
    for _ in 0..60 {
        match dice.roll(10) {
            0..6 => disturb(&mut other, &mut dice).await,
            6 => kept.say(&mut client, "NOOP").await,
            7 => {
                let uid = dice.roll(30) + 1;
                let store = format!("UID STORE {uid} +FLAGS (\\Seen)");
                kept.say(&mut client, &store).await;
            }
            8 if trims == Trims::Some => {
                let later = Timestamp::from_millis(Timestamp::now().millis() + 3_600_000);
                server.store.sweep(later).await.unwrap();
            }
            _ => client = kept.connect(&server).await,
        }
    }
    drop(kept.connect(&server).await);
    let mut fresh = Kept::default();
    let mut client = fresh.connect(&server).await;
    fresh.say(&mut client, "UID FETCH 1:* (FLAGS)").await;
    assert_eq!(kept.messages, fresh.messages, "seed {seed}");
    server.stop().await;
}

#[tokio::test]
async fn memory() {
    for seed in 0..12 {
        live(On::Memory, seed, Trims::None).await;
        live(On::Memory, seed, Trims::Some).await;
    }
}

#[tokio::test]
async fn embedded() {
    for seed in 100..103 {
        live(On::Embedded, seed, Trims::None).await;
        live(On::Embedded, seed, Trims::Some).await;
    }
}

#[cfg(feature = "cluster-tests")]
#[tokio::test]
async fn cluster() {
    live(On::Cluster, 200, Trims::None).await;
    live(On::Cluster, 201, Trims::Some).await;
}
