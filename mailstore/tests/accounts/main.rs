//! The rules of users, addresses and logins.
#![cfg(feature = "accounts")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod out_of_reach;
mod routing;
mod scram;

use std::sync::Arc;

use async_trait::async_trait;
use mailstore::accounts::*;
use mailstore::id::AccountId;
use mailstore::store::directory::{
    Attempt, Credentials, Directory, Identity, Proven, Route, ScramKeys, Secret, Service, Takes,
    Verdict,
};
use mailstore::store::{Fault, StoreError};
use mailstore::time::Timestamp;

fn accounts() -> Accounts {
    let home = [Domain::new("localhost").unwrap()];
    Accounts::new(Arc::new(MemoryAccounts::default())).with_home_domains(home)
}

fn alice() -> NewUser {
    NewUser::new("alice").password(Secret::new("sesame")).address("Alice@Example.com")
}

fn attempt(name: &str, password: &str) -> Attempt {
    let credentials = Credentials::Plain { name: name.into(), password: Secret::new(password) };
    Attempt { service: Service::Imap, peer: None, authzid: None, credentials }
}

async fn verdict(accounts: &Accounts, name: &str, password: &str) -> Verdict {
    accounts.authenticate(&attempt(name, password)).await.unwrap()
}

fn accepted(user: &User) -> Verdict {
    let name = user.profile.name.to_string();
    Verdict::Accepted(Identity { account: user.account, name })
}

fn local(user: &User, label: Option<&str>) -> Route {
    Route::Local { account: user.account, label: label.map(str::to_owned) }
}

#[tokio::test]
async fn accounts_ascend_from_one() {
    let accounts = accounts();
    for (name, number) in [("a", 1), ("b", 2), ("c", 3)] {
        let user = accounts.add(NewUser::new(name)).await.unwrap();
        assert_eq!((user.account.get(), user.version), (number, 1));
    }
    let page = accounts.list(AccountId::new(1), 1).await.unwrap();
    assert_eq!(page[0].profile.name.as_str(), "b");
    assert_eq!(accounts.list(None, 100).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_user_logs_in_by_name_and_by_every_address() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    accounts.add_address("alice", "a@b.example").await.unwrap();
    for name in ["alice", "ALICE", "alice@example.com", "A@B.example", "alice@localhost"] {
        assert_eq!(verdict(&accounts, name, "sesame").await, accepted(&user), "{name}");
    }
    for name in ["alice+x", "alice@elsewhere.example", "", "bob", "al ice", "\u{0}"] {
        assert_eq!(verdict(&accounts, name, "sesame").await, Verdict::Rejected, "{name}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_rejected_whatever_went_before() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(verdict(&accounts, "alice", "wrong").await, Verdict::Rejected);
        assert_eq!(verdict(&accounts, "alice", "").await, Verdict::Rejected);
        assert_eq!(verdict(&accounts, "alice", "sesame").await, accepted(&user));
        assert_eq!(verdict(&accounts, "alice", "sesame ").await, Verdict::Rejected);
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_old_one_at_once() {
    let accounts = accounts();
    accounts.add(alice()).await.unwrap();
    assert!(matches!(verdict(&accounts, "alice", "sesame").await, Verdict::Accepted(_)));
    let user = accounts.set_password("Alice", &Secret::new("other")).await.unwrap();
    assert_eq!(user.version, 2);
    assert_eq!(verdict(&accounts, "alice", "sesame").await, Verdict::Rejected);
    assert_eq!(verdict(&accounts, "alice", "other").await, accepted(&user));
}

#[tokio::test]
async fn without_a_password_there_is_no_login() {
    let accounts = accounts();
    accounts.add(NewUser::new("list")).await.unwrap();
    assert_eq!(verdict(&accounts, "list", "").await, Verdict::Rejected);
    let credentials = Credentials::Bearer { name: "list".into(), token: Secret::new("x") };
    let bearer = Attempt { credentials, ..attempt("", "") };
    assert_eq!(accounts.authenticate(&bearer).await.unwrap(), Verdict::Rejected);
}

#[tokio::test]
async fn only_the_right_password_learns_that_an_account_is_disabled() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    assert_eq!(verdict(&accounts, "alice", "sesame").await, accepted(&user));
    accounts.set_status("alice", Status::Disabled).await.unwrap();
    assert_eq!(verdict(&accounts, "alice", "sesame").await, Verdict::Disabled);
    assert_eq!(verdict(&accounts, "alice", "wrong").await, Verdict::Rejected);
    assert_eq!(accounts.route("alice+x@example.com").await.unwrap(), Route::Disabled);
    accounts.set_status("alice", Status::Active).await.unwrap();
    assert_eq!(verdict(&accounts, "alice", "sesame").await, accepted(&user));
    assert_eq!(accounts.route("alice@example.com").await.unwrap(), local(&user, None));
}

#[tokio::test]
async fn a_user_acts_for_nobody_else() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    accounts.add(NewUser::new("bob")).await.unwrap();
    let cases = [
        ("", accepted(&user)),
        ("alice", accepted(&user)),
        ("alice@EXAMPLE.com", accepted(&user)),
        ("bob", Verdict::Forbidden),
        ("nobody", Verdict::Forbidden),
        ("not a name", Verdict::Forbidden),
    ];
    for (authzid, expected) in cases {
        let as_other = Attempt { authzid: Some(authzid.into()), ..attempt("alice", "sesame") };
        assert_eq!(accounts.authenticate(&as_other).await.unwrap(), expected, "{authzid}");
    }
    let wrong = Attempt { authzid: Some("bob".into()), ..attempt("alice", "wrong") };
    assert_eq!(accounts.authenticate(&wrong).await.unwrap(), Verdict::Rejected);
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let accounts = accounts();
    let said = |error: AccountError| error.to_string();
    assert_eq!(
        said(accounts.add(NewUser::new("al ice")).await.unwrap_err()),
        "\"al ice\" is refused: the character ' ' at byte 2 is not allowed in a name"
    );
    assert_eq!(
        said(accounts.add(NewUser::new("a").address("b")).await.unwrap_err()),
        "\"b\" is refused: an address needs an @ and a domain"
    );
    let empty = NewUser::new("a").password(Secret::new(""));
    assert_eq!(said(accounts.add(empty).await.unwrap_err()), "the password is empty");
    let missing = accounts.set_quota("bob", Quota::default()).await.unwrap_err();
    assert_eq!(said(missing), "there is no user \"bob\"");
}

#[tokio::test]
async fn a_quota_is_part_of_the_user() {
    let accounts = accounts();
    let quota = Quota { bytes: Some(1 << 30), messages: None };
    let user = accounts.add(NewUser::new("a").quota(quota)).await.unwrap();
    assert_eq!(user.profile.quota, quota);
    let none = accounts.set_quota("a", Quota::default()).await.unwrap();
    assert_eq!(accounts.find("a").await.unwrap(), none);
    assert_eq!(none.profile.quota, Quota { bytes: None, messages: None });
}

/// Every change is based on what it read: none is lost, however many run at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_one_user_do_not_overwrite_each_other() {
    let accounts = accounts();
    accounts.add(NewUser::new("a")).await.unwrap();
    let quota = Quota { bytes: Some(7), messages: Some(7) };
    let changes = (0..8).map(|number| {
        let accounts = accounts.clone();
        tokio::spawn(async move {
            match number % 2 {
                0 => accounts.set_quota("a", quota).await,
                _ => accounts.set_status("a", Status::Disabled).await,
            }
        })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.unwrap().unwrap();
    }
    let user = accounts.find("a").await.unwrap();
    assert_eq!((user.version, user.profile.quota), (9, quota));
    assert_eq!(user.profile.status, Status::Disabled);
}

#[tokio::test]
async fn a_suspended_user_takes_mail_and_is_not_let_in() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    accounts.set_status("alice", Status::Suspended).await.unwrap();
    assert_eq!(accounts.route("alice").await.unwrap(), local(&user, None));
    assert_eq!(verdict(&accounts, "alice", "sesame").await, Verdict::Disabled);
}

/// Nothing of the user is left, and the name is another's who asks for it.
#[tokio::test]
async fn a_removed_user_is_gone_with_all_mail() {
    use mailstore::backends::memory;
    use mailstore::id::MailboxId;
    use mailstore::{Incoming, Mailstore, Settings};

    let mail = Mailstore::new(memory::backend(), Settings::default());
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    let message = mail.prepare("Subject: x\r\n\r\n".into()).unwrap();
    let incoming = Incoming::new(message);
    mail.append(user.account.into(), MailboxId::INBOX, vec![incoming]).await.unwrap();
    assert!(!mail.mailboxes(user.account).await.unwrap().list.is_empty());
    accounts.remove("Alice@example.com", &mail).await.unwrap();
    assert!(mail.ledger().mailboxes(user.account).await.unwrap().list.is_empty());
    assert_eq!(accounts.route("alice@example.com").await.unwrap(), Route::Unknown);
    assert_eq!(verdict(&accounts, "alice", "sesame").await, Verdict::Rejected);
    let again = accounts.remove("alice", &mail).await;
    assert!(matches!(again, Err(AccountError::NoSuchUser(_))));
    assert!(accounts.add(alice()).await.unwrap().account > user.account);
}

/// A delivery that asked where to before the user was removed, and appends after it.
#[tokio::test]
async fn mail_that_comes_after_its_user_is_gone_goes_with_a_sweep() {
    use mailstore::backends::memory;
    use mailstore::id::MailboxId;
    use mailstore::time::Timestamp;
    use mailstore::{Incoming, Mailstore, Settings};

    let mail = Mailstore::new(memory::backend(), Settings::default());
    let accounts = accounts();
    let (alice, bob) = (accounts.add(alice()), accounts.add(NewUser::new("bob")));
    let (alice, bob) = (alice.await.unwrap().account, bob.await.unwrap().account);
    accounts.remove("alice", &mail).await.unwrap();
    for account in [alice, bob] {
        let incoming = Incoming::new(mail.prepare("Subject: x\r\n\r\n".into()).unwrap());
        mail.append(account.into(), MailboxId::INBOX, vec![incoming]).await.unwrap();
    }
    let mailboxes = async |account| mail.ledger().mailboxes(account).await.unwrap().list.len();
    assert_ne!(mailboxes(alice).await, 0);
    let now = Timestamp::now();
    assert_eq!(accounts.sweep(now, &mail).await.unwrap(), 0);
    assert_eq!(mailboxes(alice).await, 0);
    assert_ne!(mailboxes(bob).await, 0);
    // A day later nothing more is expected.
    let later = Timestamp::from_millis(now.millis() + 25 * 60 * 60 * 1000);
    assert_eq!(accounts.sweep(later, &mail).await.unwrap(), 1);
    assert_eq!(accounts.sweep(later, &mail).await.unwrap(), 0);
}

#[tokio::test]
async fn a_hash_from_elsewhere_is_good_until_it_is_made_anew() {
    let accounts = accounts().with_scram(Scram::Kept);
    accounts.add(NewUser::new("alice")).await.unwrap();
    let made = "{CRYPT}$1$abcdefgh$5XhrJpGu.bBXAZh4lT8oY/";
    let user = accounts.set_password_hash("alice", PasswordHash::import(made).unwrap()).await;
    let user = user.unwrap();
    assert_eq!(verdict(&accounts, "alice", "wrong").await, Verdict::Rejected);
    assert_eq!(accounts.find("alice").await.unwrap(), user);
    for _ in 0..2 {
        assert_eq!(verdict(&accounts, "alice", "sesame").await, accepted(&user));
        let profile = accounts.find("alice").await.unwrap().profile;
        assert!(profile.password.unwrap().as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(profile.scram.is_some());
    }
    assert_eq!(verdict(&accounts, "alice", "wrong").await, Verdict::Rejected);
}

#[test]
fn what_is_no_hash_is_not_imported() {
    let import = |text: &str| PasswordHash::import(text).unwrap_err();
    assert_eq!(import("sesame"), PasswordError::UnknownHash);
    assert_eq!(import("$argon2id$v=19$m=x"), PasswordError::UnknownHash);
    let (salt, digest) = ("bm9ib2R5J3Mgc2FsdC4uLg", "A".repeat(43));
    let of = |params: &str| format!("$argon2id$v=19${params}${salt}${digest}");
    assert_eq!(import(&of("m=4194304,t=1,p=1")), PasswordError::CostlyHash);
    assert_eq!(import(&of("m=65536,t=1000,p=1")), PasswordError::CostlyHash);
    assert!(PasswordHash::import(&of("m=65536,t=3,p=4")).is_ok());
}
