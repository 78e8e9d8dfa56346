//! Databases as earlier releases wrote them are opened, brought up to date, and hold what they held.
#![allow(clippy::unwrap_used, reason = "tests")]

use mailstore::backends::embedded::{Embedded, FORMAT, check};
use mailstore::flags::{Flags, Keyword, SystemFlag};
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::message::{Presence, Uidl, Want};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Incoming, Mailstore, Settings};
use tempfile::TempDir;

/// A directory with the database of that format.
fn image(format: i64) -> TempDir {
    let path = format!("{}/tests/formats/{format}.sqlite.zst", env!("CARGO_MANIFEST_DIR"));
    let packed = std::fs::read(path).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("mail.sqlite");
    std::fs::write(database, zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    directory
}

fn version(directory: &TempDir) -> i64 {
    let db = rusqlite::Connection::open(directory.path().join("mail.sqlite")).unwrap();
    db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// Three messages were put into INBOX, the second `\Seen` and `work`; then the first was copied to
/// `Archive` and the third moved there.
#[tokio::test]
async fn format_1() {
    let directory = image(1);
    assert_eq!(version(&directory), 1);
    let embedded = Embedded::open(directory.path()).unwrap();
    let store = Mailstore::new(embedded.backend(), Settings::default());
    let joe = AccountId::new(1).unwrap();
    let mailboxes = store.mailboxes(joe).await.unwrap().list;
    let archive = mailboxes.iter().find(|mailbox| mailbox.leaf == "Archive").unwrap().id;

    assert_eq!(subjects(&store, joe, MailboxId::INBOX).await, ["number 1", "number 2"]);
    assert_eq!(subjects(&store, joe, archive).await, ["number 1", "number 3"]);
    let second = UidSet::single(Uid::new(2).unwrap());
    let inbox = MailboxKey { account: joe, mailbox: MailboxId::INBOX };
    let page = store.ledger().fetch(inbox, &second, Want::Row).await.unwrap();
    let flags = Flags::new([SystemFlag::Seen], [Keyword::new("work").unwrap()]);
    assert_eq!((&page.messages[0].row.flags, &page.messages[0].row.uidl), (&flags, &Uidl::OfEmail));

    let message = store.prepare("Subject: number 4\r\n\r\n".into()).unwrap();
    let incoming = Incoming { uidl: Uidl::given("new").unwrap(), ..Incoming::new(message) };
    store.append(joe.into(), MailboxId::INBOX, vec![incoming]).await.unwrap();
    assert_eq!(subjects(&store, joe, MailboxId::INBOX).await.len(), 3);
    drop((store, embedded));
    assert_eq!(version(&directory), FORMAT);
    let findings = check(directory.path()).unwrap().findings;
    assert!(findings.is_empty(), "{findings:?}");
}

/// There were `alice`, with an address and keys for SCRAM, and `bob@b.example`, who was disabled; and
/// a message was delivered to her.
#[cfg(feature = "accounts")]
#[tokio::test]
async fn format_2() {
    use std::sync::Arc;

    use mailstore::accounts::{Accounts, NewAppPassword, Scopes, Scram, Status};
    use mailstore::store::directory::{Attempt, Credentials, Directory, Secret, Service, Verdict};

    let directory = image(2);
    assert_eq!(version(&directory), 2);
    let embedded = Embedded::open(directory.path()).unwrap();
    let accounts = Accounts::new(Arc::new(embedded.accounts())).with_scram(Scram::Kept);
    let alice = accounts.find("a@b.example").await.unwrap();
    assert_eq!(accounts.find("bob@b.example").await.unwrap().profile.status, Status::Disabled);
    let keys = accounts.scram("alice", Service::Imap).await.unwrap().unwrap();
    assert_eq!(keys.identity.unwrap().account, alice.account);
    let new = NewAppPassword { label: "new".into(), scopes: Scopes::mail(), until: None };
    let (_, drawn) = accounts.add_app_password(alice.account, new).await.unwrap();
    for password in [Secret::new("sesame"), drawn] {
        let credentials = Credentials::Plain { name: "alice".into(), password };
        let attempt = Attempt { service: Service::Imap, peer: None, authzid: None, credentials };
        let verdict = accounts.authenticate(&attempt).await.unwrap();
        assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    }
    let keys = accounts.scram("alice", Service::Imap).await.unwrap().unwrap();
    assert_eq!(keys.keys.len(), 2, "after a login the old keys have the salt of the new");

    let store = Mailstore::new(embedded.backend(), Settings::default());
    assert_eq!(subjects(&store, alice.account, MailboxId::INBOX).await, ["number 1"]);
    drop((store, accounts, embedded));
    assert_eq!(version(&directory), FORMAT);
    let report = check(directory.path()).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!((report.users, report.addresses), (2, 2));
    // The password, and what the log has of it.
    assert!(report.records >= 3, "{}", report.records);
}

async fn subjects(store: &Mailstore, account: AccountId, mailbox: MailboxId) -> Vec<String> {
    let at = MailboxKey { account, mailbox };
    let all = UidSet::range(Uid::MIN..=Uid::MAX);
    let page = store.ledger().fetch(at, &all, Want::Tree).await.unwrap();
    let mut subjects = Vec::new();
    for found in page.messages.iter().filter(|found| found.presence == Presence::Live) {
        let plan = found.tree.as_ref().unwrap().plan();
        let raw = store.read(plan).to_bytes().await.unwrap();
        let text = String::from_utf8(raw.to_vec()).unwrap();
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: "));
        subjects.push(subject.unwrap().to_owned());
    }
    subjects
}
