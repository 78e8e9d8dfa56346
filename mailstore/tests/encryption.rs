//! Mail that is encrypted before it is stored: which mail, and that it is never stored otherwise.
#![cfg(all(feature = "accounts", feature = "encryption", feature = "embedded"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use mailstore::accounts::{AccountError, Accounts, Covers, Event, NewUser};
use mailstore::backends::embedded::Embedded;
use mailstore::change::Transfer;
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::Want;
use mailstore::store::{Arrival, KeyBook, KeyKind, PublicKey, StoreError};
use mailstore::uid::UidSet;
use mailstore::{Access, Actor, Error, Incoming, Mailstore, Settings};

const KEY: &[u8] = include_bytes!("keys/curve.asc");
const EXPIRED: &[u8] = include_bytes!("keys/expired.asc");
const SECRET: &str = "nobody else is to read this";

struct Bench {
    store: Mailstore,
    accounts: Accounts,
    alice: AccountId,
    _directory: tempfile::TempDir,
}

async fn bench() -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let embedded = Embedded::open(directory.path()).unwrap();
    let accounts = Accounts::new(Arc::new(embedded.accounts()));
    let keys = Arc::new(accounts.clone());
    let store = Mailstore::encrypting(embedded.backend(), Settings::default(), keys);
    let alice = accounts.add(NewUser::new("alice")).await.unwrap().account;
    Bench { store, accounts, alice, _directory: directory }
}

fn message() -> String {
    format!(
        "Subject: hello\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\
         Content-Language: en\r\n\r\n{SECRET}\r\n"
    )
}

impl Bench {
    fn prepared(&self, message: &str) -> mailstore::Prepared {
        self.store.prepare(Bytes::copy_from_slice(message.as_bytes())).unwrap()
    }

    async fn store(&self, incoming: Incoming) -> Result<(), Error> {
        let inbox = MailboxId::INBOX;
        self.store.append(self.alice.into(), inbox, vec![incoming]).await.map(|_| ())
    }

    async fn deliver(&self, message: &str) -> Result<(), Error> {
        self.store(Incoming::new(self.prepared(message))).await
    }

    /// All that is stored.
    async fn stored(&self) -> Vec<String> {
        stored(&self.store, self.alice).await
    }

    async fn events(&self) -> Vec<(Event, u64, String)> {
        let log = self.accounts.log(self.alice, None, 100).await.unwrap();
        log.into_iter().map(|entry| (entry.event, entry.times, entry.what)).collect()
    }
}

async fn stored(store: &Mailstore, account: AccountId) -> Vec<String> {
    let inbox = store.select(account.into(), MailboxId::INBOX, Access::ReadOnly).await;
    let inbox = inbox.unwrap().unwrap();
    let mut stored = Vec::new();
    for uid in inbox.uids().to_set().iter() {
        let page = inbox.fetch(&UidSet::single(uid), Want::Email).await.unwrap();
        let tree = page.messages[0].tree.clone().unwrap();
        let bytes = store.read(tree.plan()).to_bytes().await.unwrap();
        stored.push(String::from_utf8(bytes.to_vec()).unwrap());
    }
    stored
}

fn is_encrypted(message: &str) -> bool {
    let encrypted = message.contains("-----BEGIN PGP MESSAGE-----");
    assert_ne!(encrypted, message.contains(SECRET), "{message}");
    encrypted
}

#[tokio::test]
async fn the_header_stays_and_the_content_goes_inside() {
    let bench = bench().await;
    bench.accounts.set_mail_key(bench.alice, KEY, Covers::Delivered).await.unwrap();
    let prepared = bench.prepared(&message());
    let stamped = bench.store.prepare_behind(b"Received: here\r\n", &prepared).unwrap();
    bench.store(Incoming::new(stamped)).await.unwrap();
    let [stored] = &bench.stored().await[..] else { panic!("one message") };
    let outside = "Received: here\r\nSubject: hello\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";";
    assert!(stored.starts_with(outside) && is_encrypted(stored), "{stored}");
    assert!(!stored.contains("Content-Language"), "{stored}");
}

#[tokio::test]
async fn a_user_says_which_mail_is_encrypted() {
    for (covers, encrypted) in [
        (Covers::Nothing, [false, false]),
        (Covers::Delivered, [true, false]),
        (Covers::Everything, [true, true]),
    ] {
        let bench = bench().await;
        bench.accounts.set_mail_key(bench.alice, KEY, covers).await.unwrap();
        bench.deliver(&message()).await.unwrap();
        bench.store(Incoming::appended(bench.prepared(&message()))).await.unwrap();
        let stored: Vec<_> = bench.stored().await.iter().map(|it| is_encrypted(it)).collect();
        assert_eq!(stored, encrypted, "{covers:?}");
        assert!(bench.accounts.remove_mail_key(bench.alice).await.unwrap());
        bench.deliver(&message()).await.unwrap();
        assert!(!is_encrypted(&bench.stored().await[2]));
        assert!(!bench.accounts.remove_mail_key(bench.alice).await.unwrap());
    }
}

#[tokio::test]
async fn what_is_encrypted_already_stays_as_it_came() {
    let bench = bench().await;
    bench.accounts.set_mail_key(bench.alice, KEY, Covers::Everything).await.unwrap();
    let once = "Content-Type: multipart/encrypted; boundary=x\r\n\r\n--x\r\n\r\n\r\n--x--\r\n";
    bench.deliver(once).await.unwrap();
    bench.deliver(&message()).await.unwrap();
    let twice = bench.stored().await[1].clone();
    bench.deliver(&twice).await.unwrap();
    assert_eq!(bench.stored().await, [once, &twice, &twice]);
}

#[tokio::test]
async fn every_way_into_an_account_is_covered() {
    let bench = bench().await;
    let bob = bench.accounts.add(NewUser::new("bob")).await.unwrap().account;
    bench.deliver(&message()).await.unwrap();
    bench.accounts.set_mail_key(bench.alice, KEY, Covers::Everything).await.unwrap();
    bench.accounts.set_mail_key(bob, KEY, Covers::Everything).await.unwrap();
    // What is there already stays; also a copy of it within the account.
    let first = UidSet::single(mailstore::uid::Uid::MIN);
    let (inbox, me) = (MailboxId::INBOX, Actor::from(bench.alice));
    bench.store.transfer(me, (inbox, inbox), first.clone(), Transfer::Copy).await.unwrap();
    // A copy into another account is new there.
    bench.store.provision(bob).await.unwrap();
    let to = (Actor::from(bob), inbox);
    let crossing = bench.store.crossing((me, inbox), first, Transfer::Copy).await.unwrap();
    bench.store.transfer_across(&crossing, to).await.unwrap();
    let new = Incoming::appended(bench.prepared(&message()));
    let old = (inbox, mailstore::uid::Uid::MIN);
    bench.store.replace(me, old, inbox, new).await.unwrap();
    let alices: Vec<_> = bench.stored().await.iter().map(|it| is_encrypted(it)).collect();
    assert_eq!(alices, [false, true]);
    assert!(is_encrypted(&stored(&bench.store, bob).await[0]));
}

/// A key that was good once.
#[derive(Debug)]
struct Past(Accounts, &'static [u8]);

#[async_trait]
impl KeyBook for Past {
    async fn key(&self, _: AccountId, _: Arrival) -> Result<Option<PublicKey>, StoreError> {
        match self.1 {
            b"" => Err(StoreError::unavailable("read key", "the keys are out of reach")),
            key => {
                let bytes = Bytes::from_static(key);
                Ok(Some(PublicKey { kind: KeyKind::OpenPgp, bytes }))
            }
        }
    }

    async fn refused(&self, account: AccountId, why: &str) {
        self.0.refused(account, why).await;
    }
}

#[tokio::test]
async fn what_cannot_be_encrypted_is_not_stored() {
    let Bench { accounts, alice, _directory, store } = bench().await;
    drop(store);
    for key in [EXPIRED, b"no key at all"] {
        let backend = mailstore::backends::memory::backend();
        let keys = Arc::new(Past(accounts.clone(), key));
        let store = Mailstore::encrypting(backend, Settings::default(), keys);
        let bench = Bench {
            store,
            accounts: accounts.clone(),
            alice,
            _directory: tempfile::tempdir().unwrap(),
        };
        for _ in 0..2 {
            let refused = bench.deliver(&message()).await.unwrap_err();
            assert!(matches!(refused, Error::NotEncrypted(_)), "{refused}");
        }
        let appended = Incoming::appended(bench.prepared(&message()));
        assert!(bench.store(appended).await.is_err());
        assert_eq!(bench.stored().await, [""; 0]);
        // What is encrypted already needs no key.
        bench.deliver("Content-Type: multipart/encrypted\r\n\r\n").await.unwrap();
    }
    let log = accounts.log(alice, None, 100).await.unwrap();
    let times: Vec<_> = log
        .iter()
        .filter(|entry| entry.event == Event::MailNotEncrypted)
        .map(|entry| (entry.times, entry.what.contains("expired")))
        .collect();
    assert_eq!(times.len(), 2, "{log:?}");
    assert!(times.contains(&(3, true)) && times.contains(&(3, false)), "{log:?}");
}

#[tokio::test]
async fn without_an_answer_of_the_keys_nothing_is_stored() {
    let bench = bench().await;
    let backend = mailstore::backends::memory::backend();
    let keys = Arc::new(Past(bench.accounts.clone(), b""));
    let store = Mailstore::encrypting(backend, Settings::default(), keys);
    let message = Incoming::new(bench.prepared(&message()));
    let refused = store.append(bench.alice.into(), MailboxId::INBOX, vec![message]).await;
    assert!(matches!(refused, Err(Error::Store(_))), "{refused:?}");
    assert_eq!(stored(&store, bench.alice).await, [""; 0]);
}

#[tokio::test]
async fn a_key_is_looked_at_before_it_is_kept() {
    let bench = bench().await;
    let set =
        async |key: &[u8]| bench.accounts.set_mail_key(bench.alice, key, Covers::Delivered).await;
    let secret = include_bytes!("keys/curve.secret.asc");
    for bad in [EXPIRED, secret, b"", b"sesame", &[0x98; 100], &[0x30; 100_000]] {
        let refused = set(bad).await.unwrap_err();
        assert!(matches!(refused, AccountError::MailKey(_)), "{refused}");
    }
    assert_eq!(bench.accounts.mail_key(bench.alice).await.unwrap(), None);
    let info = set(KEY).await.unwrap();
    set(KEY).await.unwrap();
    let kept = bench.accounts.mail_key(bench.alice).await.unwrap().unwrap();
    assert_eq!((&kept.key.bytes[..], kept.covers), (KEY, Covers::Delivered));
    assert_eq!(kept.inspect().await.unwrap(), info);
    let changed = (Event::MailKeyChanged, 2, info.fingerprint);
    assert!(bench.events().await.contains(&changed), "{:?}", bench.events().await);
    let nobody = AccountId::new(99).unwrap();
    let refused = bench.accounts.set_mail_key(nobody, KEY, Covers::Delivered).await;
    assert!(matches!(refused, Err(AccountError::NoSuchUser(_))), "{refused:?}");
}
