//! What a watcher of an account is told.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use bytes::Bytes;
use mailstore::backends::memory;
use mailstore::change::{ExpungeGuard, MailboxOp};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{AccountId, MailboxId, SessionId};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Actor, Happening, Incoming, Mailstore, Messages, Settings, Watched};

fn actor(session: u64) -> Actor {
    Actor::new(AccountId::new(1).unwrap(), SessionId(session))
}

const ME: u64 = 1;
const OTHER: u64 = 2;

async fn watched() -> (Mailstore, Watched) {
    let store = Mailstore::new(memory::backend(), Settings::default());
    store.provision(actor(OTHER).account).await.unwrap();
    let (watched, mailboxes) = store.watch(actor(ME)).await.unwrap();
    assert!(mailboxes.find("INBOX").is_some());
    (store, watched)
}

async fn told(watched: &mut Watched) -> Vec<Happening> {
    watched.sync().await.unwrap().unwrap().happenings
}

async fn append(store: &Mailstore, by: u64) {
    let message = store.prepare(Bytes::from_static(b"x")).unwrap();
    store.append(actor(by), MailboxId::INBOX, vec![Incoming::new(message)]).await.unwrap();
}

async fn subscribe(store: &Mailstore, by: u64, name: &str) {
    let op = MailboxOp::Subscribe { name: name.into() };
    store.change_mailbox(actor(by), op).await.unwrap();
}

fn name(name: &str) -> Happening {
    Happening::Name(name.into())
}

#[tokio::test]
async fn messages_of_others() {
    let (store, mut watched) = watched().await;
    assert_eq!(told(&mut watched).await, []);
    append(&store, OTHER).await;
    append(&store, OTHER).await;
    let arrived = Messages { arrived: true, ..Messages::default() };
    assert_eq!(told(&mut watched).await, [Happening::Messages(MailboxId::INBOX, arrived)]);
    let one = UidSet::range(Uid::MIN..=Uid::MIN);
    let flags = Flags::new([SystemFlag::Deleted], []);
    let update = FlagUpdate { mode: FlagMode::Add, flags };
    store.flag(actor(OTHER), MailboxId::INBOX, one.clone(), (update, None)).await.unwrap();
    store.expunge(actor(OTHER), MailboxId::INBOX, one, ExpungeGuard::Deleted).await.unwrap();
    let changed = Messages { expunged: true, flags: true, ..Messages::default() };
    assert_eq!(told(&mut watched).await, [Happening::Messages(MailboxId::INBOX, changed)]);
}

#[tokio::test]
async fn names() {
    let (store, mut watched) = watched().await;
    store.create(actor(OTHER), "a/b", None).await.unwrap();
    assert_eq!(told(&mut watched).await, [name("a"), name("a/b")]);
    store.rename(actor(OTHER), "a", "c").await.unwrap();
    let renamed = Happening::Renamed { from: "a".into(), to: "c".into() };
    assert_eq!(told(&mut watched).await, [renamed], "and not of the one below");
    store.rename(actor(OTHER), "c/b", "b").await.unwrap();
    let renamed = Happening::Renamed { from: "c/b".into(), to: "b".into() };
    assert_eq!(told(&mut watched).await, [renamed]);
    let gone = MailboxOp::Delete { name: "b".into() };
    store.change_mailbox(actor(OTHER), gone).await.unwrap();
    assert_eq!(told(&mut watched).await, [name("b")]);
    store.create(actor(OTHER), "d", None).await.unwrap();
    let gone = MailboxOp::Delete { name: "d".into() };
    store.change_mailbox(actor(OTHER), gone).await.unwrap();
    assert_eq!(told(&mut watched).await, [], "it came and went");
}

#[tokio::test]
async fn subscriptions() {
    let (store, mut watched) = watched().await;
    subscribe(&store, OTHER, "nowhere").await;
    assert_eq!(told(&mut watched).await, [Happening::Subscription("nowhere".into())]);
    let op = MailboxOp::Unsubscribe { name: "nowhere".into() };
    store.change_mailbox(actor(OTHER), op).await.unwrap();
    assert_eq!(told(&mut watched).await, [Happening::Subscription("nowhere".into())]);
}

#[tokio::test]
async fn what_one_did_oneself_is_known() {
    let (store, mut watched) = watched().await;
    append(&store, ME).await;
    store.create(actor(ME), "mine", None).await.unwrap();
    subscribe(&store, ME, "nowhere").await;
    assert_eq!(told(&mut watched).await, []);
    store.rename(actor(OTHER), "mine", "yours").await.unwrap();
    let renamed = Happening::Renamed { from: "mine".into(), to: "yours".into() };
    assert_eq!(told(&mut watched).await, [renamed]);
}

/// A lost account, or a journal that no longer reaches back, is no error.
#[tokio::test]
async fn what_was_missed_is_said() {
    let (store, mut watched) = watched().await;
    append(&store, OTHER).await;
    while store.ledger().forget(actor(ME).account).await.unwrap() {}
    assert!(watched.sync().await.unwrap().is_none());
    assert_eq!(told(&mut watched).await, []);
}

async fn set(store: &Mailstore, by: u64, at: Option<MailboxId>, values: &[(&str, Option<&str>)]) {
    let value = |value: &str| Bytes::from(value.to_owned());
    let values = values.iter().map(|(key, text)| ((*key).to_owned(), text.map(value))).collect();
    store.set_properties(actor(by), at, values).await.unwrap();
}

fn properties(at: Option<MailboxId>, keys: &[&str]) -> Happening {
    Happening::Properties(at, keys.iter().map(|key| (*key).to_owned()).collect())
}

#[tokio::test]
async fn properties_of_others() {
    let (store, _) = watched().await;
    let inbox = Some(MailboxId::INBOX);
    set(&store, OTHER, inbox, &[("a/kept", Some("1")), ("a/gone", Some("1")), ("b/x", None)]).await;
    let (watched, _) = store.watch(actor(ME)).await.unwrap();
    let mut watched = watched.with_properties("a/").await.unwrap();
    // Set, removed, and set to what it was; other areas are nobody's business.
    let values =
        [("a/new", Some("1")), ("a/gone", None), ("a/kept", Some("1")), ("b/y", Some("1"))];
    set(&store, OTHER, inbox, &values).await;
    set(&store, OTHER, None, &[("a/account", Some("1"))]).await;
    let expected = [properties(None, &["a/account"]), properties(inbox, &["a/gone", "a/new"])];
    assert_eq!(told(&mut watched).await, expected);
    set(&store, OTHER, inbox, &[("a/new", Some("2"))]).await;
    assert_eq!(told(&mut watched).await, [properties(inbox, &["a/new"])]);
    // What the session itself does is known, and not told.
    set(&store, ME, inbox, &[("a/own", Some("1"))]).await;
    assert_eq!(told(&mut watched).await, []);
    set(&store, OTHER, inbox, &[("a/own", Some("2"))]).await;
    assert_eq!(told(&mut watched).await, [properties(inbox, &["a/own"])]);
    set(&store, OTHER, inbox, &[("b/y", Some("2"))]).await;
    assert_eq!(told(&mut watched).await, []);
}
