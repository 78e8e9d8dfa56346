//! IMAP in front of a store of choice, and clients for it.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used
)]

pub mod client;
pub mod model;
pub mod sections;

use std::sync::Arc;
use std::time::Duration;

use harness::{Front, People, Scene, set_timeout, wire_settings};
pub use harness::{On, Server};
use imap_frontend::{Imap, Literals, MessageLimit, Settings};
use mailstore::store::directory::{Directory, Service};
use mailstore::{Backend, Mailstore};

use client::Client;

/// What a test wants otherwise than usual.
pub struct Options {
    pub store: mailstore::Settings,
    pub imap: Settings,
    pub wire: wire::Settings,
    pub directory: Arc<dyn Directory>,
}

/// Of IMAP only.
fn people(people: People) -> Arc<dyn Directory> {
    Arc::new(People { service: Some(Service::Imap), ..people })
}

fn at_least_one(number: u64) -> std::num::NonZeroU32 {
    std::num::NonZeroU32::new(number as u32).expect("one at least")
}

impl Default for Options {
    fn default() -> Self {
        Self {
            store: mailstore::Settings::default(),
            // Short, since a deaf beacon leaves nothing else.
            imap: Settings { idle_poll: Duration::from_millis(100), ..Settings::default() },
            wire: wire_settings(),
            directory: people(People::default()),
        }
    }
}

impl Front for Options {
    type Protocol = Imap;

    fn store(&self, backend: Backend) -> Mailstore {
        Mailstore::new(backend, self.store.clone())
    }

    fn serve(self, store: Mailstore) -> (Imap, wire::Settings) {
        (Imap::new(store, self.directory, self.imap), self.wire)
    }
}

impl Scene for Options {
    type Client = Client;

    fn set(&mut self, name: &str, value: &str) {
        if set_timeout(&mut self.wire.timeouts, name, value) {
            return;
        }
        if name == "takes" {
            self.directory = people(People::who_take(value));
            return;
        }
        if name == "filter" {
            let (name, keys) = value.split_once(' ').expect("a name and keys");
            self.imap.filters.insert(name.to_owned(), keys.to_owned());
            return;
        }
        let number: u64 = value.parse().expect("a number");
        match name {
            "max_message" => self.store.max_message = number,
            "memory" => self.store.memory = number,
            "memory_wait_ms" => self.imap.memory_wait = Duration::from_millis(number),
            "sessions_per_account" => self.imap.sessions_per_account = number as u32,
            "commands_before_login" => self.imap.commands_before_login = number as u32,
            "progress_ms" => self.imap.progress = Duration::from_millis(number),
            "message_limit" => {
                self.imap.message_limit = MessageLimit::Commands(at_least_one(number))
            }
            "save_limit" => self.imap.message_limit = MessageLimit::Saves(at_least_one(number)),
            "literal_minus" => self.imap.literals = Literals::Minus,
            "bad_commands" => self.imap.bad_commands = number as u32,
            other => panic!("unknown setting {other}"),
        }
    }
}
