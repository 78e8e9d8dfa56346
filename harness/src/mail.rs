//! What an account holds, looked at and changed behind the server's back.

use bytes::Bytes;
use mailstore::change::{ExpungeGuard, Transfer};
use mailstore::flags::SystemFlag;
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::message::{Fetched, Presence, Row, Want};
use mailstore::time::Timestamp;
use mailstore::uid::{Uid, UidSet};
use mailstore::{Incoming, Mailstore};

use crate::server::Server;

/// The mail of an account.
#[derive(Debug)]
pub struct Mail<'a> {
    store: &'a Mailstore,
    account: AccountId,
}

impl Server {
    /// The mail of the account of this number.
    pub fn mail(&self, number: i64) -> Mail<'_> {
        Mail { store: &self.store, account: crate::account(number) }
    }
}

impl Mail<'_> {
    /// Puts a message into INBOX.
    pub async fn append(&self, raw: impl Into<Bytes>) {
        let message = self.store.prepare(raw.into()).unwrap();
        let messages = vec![Incoming::new(message)];
        self.store.append(self.account.into(), MailboxId::INBOX, messages).await.unwrap();
    }

    /// Expunges from INBOX, whatever the flags.
    pub async fn expunge(&self, uids: UidSet) {
        let guard = ExpungeGuard::All;
        self.store.expunge(self.account.into(), MailboxId::INBOX, uids, guard).await.unwrap();
    }

    /// A mailbox, made if there is none of the name.
    pub async fn mailbox(&self, name: &str) -> MailboxId {
        if name == "INBOX" {
            return MailboxId::INBOX;
        }
        match self.store.mailboxes(self.account).await.unwrap().find(name) {
            Some(found) => found.id,
            None => self.store.create(self.account.into(), name, None).await.unwrap(),
        }
    }

    /// Copies or moves all messages.
    pub async fn transfer(&self, from: &str, to: &str, mode: Transfer) {
        let route = (self.mailbox(from).await, self.mailbox(to).await);
        let all = self.rows(from).await.iter().map(|row| row.uid).collect();
        self.store.transfer(self.account.into(), route, all, mode).await.unwrap();
    }

    /// Sets a property of the account.
    pub async fn set(&self, key: &str, value: &str) {
        let value = Bytes::copy_from_slice(value.as_bytes());
        let set = [(key.to_owned(), Some(value))].into();
        self.store.set_properties(self.account.into(), None, set).await.unwrap();
    }

    /// The rows of a mailbox.
    pub async fn rows(&self, mailbox: &str) -> Vec<Row> {
        self.found(mailbox, Want::Row).await.into_iter().map(|found| found.row).collect()
    }

    /// The messages of a mailbox.
    pub async fn messages(&self, mailbox: &str) -> Vec<Bytes> {
        let mut messages = Vec::new();
        for found in self.found(mailbox, Want::Email).await {
            let plan = found.tree.expect("a tree").plan();
            messages.push(self.store.read(plan).to_bytes().await.unwrap());
        }
        messages
    }

    /// The messages of a mailbox, as text.
    pub async fn texts(&self, mailbox: &str) -> Vec<String> {
        let messages = self.messages(mailbox).await;
        messages.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    async fn found(&self, mailbox: &str, want: Want) -> Vec<Fetched> {
        let at = MailboxKey { account: self.account, mailbox: self.mailbox(mailbox).await };
        let (mut found, mut rest) = (Vec::new(), UidSet::range(Uid::MIN..=Uid::MAX));
        while !rest.is_empty() {
            let page = self.store.ledger().fetch(at, &rest, want).await.unwrap();
            found.extend(page.messages.into_iter().filter(|m| m.presence == Presence::Live));
            rest = page.rest;
        }
        found
    }

    /// Does or checks what a line of a script says: `append TEXT`, `expunge FIRST LAST`,
    /// `sweep` (as in a year from now), `create NAME`, `move FROM TO`, `copy FROM TO` (all messages), `set PROPERTY VALUE`,
    /// `NAME has 2` messages, `NAME has 2 seen 1`, `NAME holds 1 TEXT` (the first of them).
    ///
    /// Says what is not so.
    pub async fn act(&self, what: &str) -> Result<(), String> {
        let words: Vec<_> = what.split(' ').collect();
        match words.as_slice() {
            ["append", ..] => self.append(what["append ".len()..].to_owned()).await,
            ["expunge", first, last] => {
                let uid = |text: &str| Uid::new(text.parse().unwrap()).unwrap();
                self.expunge(UidSet::range(uid(first)..=uid(last))).await;
            }
            ["sweep"] => {
                let year = Timestamp::from_millis(Timestamp::now().millis() + 366 * 86_400_000);
                self.store.sweep(year).await.unwrap();
            }
            ["create", name] => drop(self.mailbox(name).await),
            ["set", key, value] => self.set(key, value).await,
            ["move", from, to] => self.transfer(from, to, Transfer::Move).await,
            ["copy", from, to] => self.transfer(from, to, Transfer::Copy).await,
            [mailbox, "has", counts @ ..] => return self.has(mailbox, counts).await,
            [mailbox, "holds", number, ..] => {
                let text = &what[mailbox.len() + number.len() + " holds  ".len()..];
                return self.holds(mailbox, number.parse().unwrap(), text).await;
            }
            _ => return Err(format!("not an action: {what}")),
        }
        Ok(())
    }

    async fn has(&self, mailbox: &str, counts: &[&str]) -> Result<(), String> {
        let rows = self.rows(mailbox).await;
        let seen = rows.iter().filter(|row| row.flags.has(SystemFlag::Seen)).count();
        let has = [rows.len().to_string(), "seen".to_owned(), seen.to_string()];
        let asked = counts.len().clamp(1, has.len());
        match has[..asked] == *counts {
            true => Ok(()),
            false => Err(format!("{mailbox} has {}", has.join(" "))),
        }
    }

    async fn holds(&self, mailbox: &str, number: usize, text: &str) -> Result<(), String> {
        let texts = self.texts(mailbox).await;
        match texts.get(number - 1) {
            Some(found) if found == text => Ok(()),
            found => Err(format!("{mailbox} holds {found:?}, not {text:?}")),
        }
    }
}
