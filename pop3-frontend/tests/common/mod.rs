//! POP3 in front of a store of choice, and a client for it.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used
)]

pub mod client;

use std::sync::Arc;
use std::time::Duration;

use harness::{Front, JOE, People, Scene, account, set_timeout, wire_settings};
pub use harness::{On, Server};
use mailstore::store::directory::{Directory, Service};
use mailstore::store::{LeaseAsk, LeaseHolder, LeaseOp};
use mailstore::{Backend, Mailstore};
use pop3_frontend::{Dele, LineEnds, Pop3, Retr, Settings};

use client::Client;

/// What a test wants otherwise than usual.
pub struct Options {
    pub store: mailstore::Settings,
    pub pop3: Settings,
    pub wire: wire::Settings,
    pub directory: Arc<dyn Directory>,
}

/// Of POP3 only.
fn people(people: People) -> Arc<dyn Directory> {
    Arc::new(People { service: Some(Service::Pop3), ..people })
}

impl Default for Options {
    fn default() -> Self {
        Self {
            store: mailstore::Settings::default(),
            pop3: Settings::default(),
            wire: wire_settings(),
            directory: people(People::default()),
        }
    }
}

impl Front for Options {
    type Protocol = Pop3;

    fn store(&self, backend: Backend) -> Mailstore {
        Mailstore::new(backend, self.store.clone())
    }

    fn serve(self, store: Mailstore) -> (Pop3, wire::Settings) {
        (Pop3::new(store, self.directory, self.pop3), self.wire)
    }
}

impl Scene for Options {
    type Client = Client;

    fn set(&mut self, name: &str, value: &str) {
        if set_timeout(&mut self.wire.timeouts, name, value) {
            return;
        }
        let number = || value.parse::<u64>().expect("a number");
        match name {
            "takes" => self.directory = people(People::who_take(value)),
            "dele" if value == "trash" => self.pop3.dele = Dele::Trash,
            "retr" if value == "unchanged" => self.pop3.retr = Retr::Unchanged,
            "line_ends" if value == "any" => self.pop3.line_ends = LineEnds::AnyLf,
            "login_delay_s" => self.pop3.login_delay = Duration::from_secs(number()),
            "deletions" => self.pop3.deletions = number(),
            "errors" => self.pop3.errors = number() as u32,
            "commands_before_login" => self.pop3.commands_before_login = number() as u32,
            other => panic!("unknown setting {other} {value}"),
        }
    }

    /// In joe's mail. `is free` waits until no session has the maildrop.
    async fn act(server: &Server, what: &str) -> Result<(), String> {
        match what {
            "is free" => until_free(&server.store).await,
            _ => return server.mail(JOE).act(what).await,
        }
        Ok(())
    }
}

async fn until_free(store: &Mailstore) {
    let (account, holder, op) = (account(JOE), LeaseHolder(7), LeaseOp::Release);
    let ask = LeaseAsk { account, name: "pop3".into(), holder, op };
    while store.ledger().lease(&ask).await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
