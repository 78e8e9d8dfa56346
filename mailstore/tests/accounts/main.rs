//! The rules of users, addresses and logins.
#![cfg(feature = "accounts")]
#![allow(clippy::unwrap_used, reason = "tests")]

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
async fn mail_finds_its_user() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    let cases = [
        ("alice@example.com", local(&user, None)),
        ("ALICE+Lists@EXAMPLE.COM", local(&user, Some("Lists"))),
        ("\"alice+to do\"@example.com", local(&user, Some("to do"))),
        ("alice", local(&user, None)),
        ("alice+x", local(&user, Some("x"))),
        ("alice+x@LOCALHOST", local(&user, Some("x"))),
        ("alice@other.example", Route::Unknown),
        ("bob@localhost", Route::Unknown),
        ("+alice@example.com", Route::Unknown),
        ("", Route::Unknown),
        ("<alice@example.com>", Route::Unknown),
    ];
    for (address, expected) in cases {
        assert_eq!(accounts.route(address).await.unwrap(), expected, "{address}");
    }
}

#[tokio::test]
async fn who_owns_an_address_comes_before_who_has_the_name() {
    let accounts = accounts();
    accounts.add(alice()).await.unwrap();
    let bob = accounts.add(NewUser::new("bob").address("alice@localhost")).await.unwrap();
    assert_eq!(accounts.route("alice@localhost").await.unwrap(), local(&bob, None));
    assert_eq!(accounts.find("alice@localhost").await.unwrap(), bob);
}

#[tokio::test]
async fn names_and_addresses_are_unique() {
    let accounts = accounts();
    accounts.add(alice()).await.unwrap();
    let again = accounts.add(NewUser::new("ALICE")).await;
    assert!(matches!(again, Err(AccountError::NameTaken(name)) if name.as_str() == "alice"));
    let thief = accounts.add(NewUser::new("eve").address("alice@example.com")).await;
    assert!(matches!(thief, Err(AccountError::AddressTaken(_))));
    let thief = accounts.add(NewUser::new("alice@example.com")).await;
    assert!(matches!(thief, Err(AccountError::AddressTaken(_))), "a name that is an address");
    assert!(matches!(accounts.find("eve").await, Err(AccountError::NoSuchUser(_))));
    accounts.add(NewUser::new("eve")).await.unwrap();
    let thief = accounts.add_address("eve", "alice@example.com").await;
    assert!(matches!(thief, Err(AccountError::AddressTaken(_))));
}

#[tokio::test]
async fn addresses_come_and_go_but_not_the_login_name() {
    let accounts = accounts();
    let user = accounts.add(NewUser::new("a@b.example").address("c@d.example")).await.unwrap();
    accounts.add_address("a@b.example", "0@z.example").await.unwrap();
    let all = accounts.addresses(user.account, None, 10).await.unwrap();
    let text: Vec<_> = all.iter().map(Address::as_str).collect();
    assert_eq!(text, ["0@z.example", "a@b.example", "c@d.example"]);
    assert_eq!(accounts.addresses(user.account, Some(&all[0]), 1).await.unwrap(), all[1..2]);
    accounts.remove_address("a@b.example", "C@d.example").await.unwrap();
    assert_eq!(accounts.route("c@d.example").await.unwrap(), Route::Unknown);
    let again = accounts.remove_address("a@b.example", "c@d.example").await;
    assert!(matches!(again, Err(AccountError::NoSuchAddress(_))));
    let own = accounts.remove_address("a@b.example", "a@b.example").await;
    assert!(matches!(own, Err(AccountError::LoginName(_))));
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

/// Others find a user by login name or address; administrators are who is named so.
#[tokio::test]
async fn users_are_found_for_sharing() {
    let administrators = [Name::new("Alice").unwrap()];
    let accounts = accounts().with_administrators(administrators);
    let one = accounts.add(alice()).await.unwrap().account;
    let two = accounts.add(NewUser::new("bob")).await.unwrap().account;
    let alice = || Some(Identity { account: one, name: "alice".to_owned() });
    for name in ["alice", "Alice@example.com", "ALICE"] {
        assert_eq!(Directory::find(&accounts, name).await.unwrap(), alice(), "{name}");
    }
    for name in ["nobody", "", "al ice"] {
        assert_eq!(Directory::find(&accounts, name).await.unwrap(), None, "{name}");
    }
    assert_eq!(accounts.name_of(two).await.unwrap(), Some("bob".to_owned()));
    for number in [0, 3] {
        assert_eq!(accounts.name_of(AccountId::new(number).unwrap()).await.unwrap(), None);
    }
    assert!(accounts.administers(one, two).await.unwrap());
    assert!(!accounts.administers(two, two).await.unwrap());
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

async fn keys(accounts: &Accounts, name: &str) -> ScramKeys {
    accounts.scram(name, Service::Imap).await.unwrap().unwrap()
}

#[tokio::test]
async fn without_scram_no_keys_are_kept_or_given() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    assert_eq!(user.profile.scram, None);
    assert_eq!(accounts.takes(Service::Imap), Takes { scram: false, bearer: true });
    assert_eq!(accounts.scram("alice", Service::Imap).await.unwrap(), None);
}

#[tokio::test]
async fn keys_follow_the_password() {
    let accounts = accounts().with_scram(Scram::Kept);
    let user = accounts.add(alice()).await.unwrap();
    assert!(accounts.takes(Service::Imap).scram);
    let first = keys(&accounts, "alice").await;
    assert_eq!(keys(&accounts, "ALICE@example.com").await, first);
    let name = "alice".to_owned();
    assert_eq!(first.identity, Some(Identity { account: user.account, name }));
    accounts.set_password("alice", &Secret::new("other")).await.unwrap();
    assert_ne!(keys(&accounts, "alice").await.keys, first.keys);
}

/// Keys for names without any are always the same and look like others.
#[tokio::test]
async fn keys_do_not_tell_who_exists() {
    let accounts = accounts().with_scram(Scram::Kept);
    accounts.add(alice()).await.unwrap();
    accounts.add(NewUser::new("empty")).await.unwrap();
    let real = keys(&accounts, "alice").await;
    for name in ["bob", "empty", "bob@example.com", "", "al ice", "\u{0}"] {
        let none = keys(&accounts, name).await;
        assert_eq!(none.identity, None, "{name}");
        assert_eq!(none, keys(&accounts, name).await, "{name}");
        assert_eq!(none.salt.len(), real.salt.len(), "{name}");
        assert_eq!(none.iterations, real.iterations, "{name}");
    }
    for (one, other) in [("BOB", "bob"), ("bob@localhost", "bob"), ("b\u{d6}b", "bo\u{308}b")] {
        assert_eq!(keys(&accounts, one).await, keys(&accounts, other).await, "{one}");
    }
}

#[tokio::test]
async fn a_login_with_the_password_leaves_keys() {
    let store = Arc::new(MemoryAccounts::default());
    let user = Accounts::new(store.clone()).add(alice()).await.unwrap();
    let accounts = Accounts::new(store).with_scram(Scram::Kept);
    assert_eq!(keys(&accounts, "alice").await.identity, None);
    assert_eq!(verdict(&accounts, "alice", "wrong").await, Verdict::Rejected);
    assert_eq!(keys(&accounts, "alice").await.identity, None);
    assert_eq!(verdict(&accounts, "alice", "sesame").await, accepted(&user));
    assert_eq!(keys(&accounts, "alice").await.identity.unwrap().account, user.account);
}

/// All that may stand against a login does so after SCRAM too.
#[tokio::test]
async fn a_proof_is_not_yet_a_login() {
    let accounts = accounts().with_scram(Scram::Kept);
    let user = accounts.add(alice()).await.unwrap();
    let identity = keys(&accounts, "alice").await.identity;
    let attempt = |identity: Option<Identity>, authzid: Option<&str>| {
        let credential = String::new();
        let proven = identity.map(|identity| Proven { identity, credential });
        Attempt {
            service: Service::Imap,
            peer: None,
            authzid: authzid.map(str::to_owned),
            credentials: Credentials::Scram { name: "alice".into(), proven },
        }
    };
    let said = |attempt| async { accounts.authenticate(&{ attempt }).await.unwrap() };
    assert_eq!(said(attempt(None, None)).await, Verdict::Rejected);
    assert_eq!(said(attempt(identity.clone(), None)).await, accepted(&user));
    assert_eq!(said(attempt(identity.clone(), Some("bob"))).await, Verdict::Forbidden);
    accounts.set_status("alice", Status::Disabled).await.unwrap();
    assert_eq!(said(attempt(identity, None)).await, Verdict::Disabled);
}

/// A store that is out of reach.
#[derive(Debug)]
struct Down;

#[async_trait]
impl AccountStore for Down {
    async fn create(&self, _: &Profile, _: &[Address]) -> Result<Created, StoreError> {
        Err(StoreError::unavailable("create user", "down"))
    }
    async fn update(&self, _: &User) -> Result<Option<User>, StoreError> {
        Err(StoreError::unavailable("update user", "down"))
    }
    async fn user(&self, _: AccountId) -> Result<Option<User>, StoreError> {
        Err(StoreError::unavailable("user", "down"))
    }
    async fn named(&self, _: &Name) -> Result<Option<User>, StoreError> {
        Err(StoreError::unavailable("named", "down"))
    }
    async fn users(&self, _: Option<AccountId>, _: usize) -> Result<Vec<User>, StoreError> {
        Err(StoreError::unavailable("users", "down"))
    }
    async fn claim(&self, _: &Address, _: AccountId) -> Result<Claimed, StoreError> {
        Err(StoreError::unavailable("claim", "down"))
    }
    async fn release(&self, _: &Address, _: AccountId) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("release", "down"))
    }
    async fn owner(&self, _: &Address) -> Result<Option<AccountId>, StoreError> {
        Err(StoreError::unavailable("owner", "down"))
    }
    async fn addresses(
        &self,
        _: AccountId,
        _: Option<&Address>,
        _: usize,
    ) -> Result<Vec<Address>, StoreError> {
        Err(StoreError::unavailable("addresses", "down"))
    }
    async fn secret(&self) -> Result<[u8; 32], StoreError> {
        Err(StoreError::unavailable("secret", "down"))
    }
    async fn records(
        &self,
        _: AccountId,
        _: &str,
        _: Option<&str>,
        _: usize,
    ) -> Result<Vec<Record>, StoreError> {
        Err(StoreError::unavailable("records", "down"))
    }
    async fn swap(
        &self,
        _: AccountId,
        _: Option<&Record>,
        _: Option<&Record>,
    ) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("swap", "down"))
    }
    async fn expire(&self, _: Timestamp, _: usize) -> Result<usize, StoreError> {
        Err(StoreError::unavailable("expire", "down"))
    }
    async fn delete(&self, _: AccountId) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("delete", "down"))
    }
}

/// Neither "no such user" nor "wrong password": mail is tried again, and nobody is turned away.
#[tokio::test]
async fn a_store_out_of_reach_is_not_an_answer() {
    let accounts = Accounts::new(Arc::new(Down));
    for address in ["alice", "alice@example.com"] {
        assert_eq!(accounts.route(address).await.unwrap_err().fault, Fault::Unavailable);
        let refused = accounts.authenticate(&attempt(address, "sesame")).await;
        assert_eq!(refused.unwrap_err().fault, Fault::Unavailable);
    }
}

#[tokio::test]
async fn domains_have_aliases_and_catch_what_is_left() {
    let domain = |text: &str| text.parse::<mailstore::accounts::Domain>().unwrap();
    let accounts =
        accounts().with_domain_aliases([(domain("other.example"), domain("example.com"))]);
    let alice = accounts.add(alice()).await.unwrap();
    let bob = accounts.add(NewUser::new("bob")).await.unwrap();
    accounts.add_address("bob", "*@Example.com").await.unwrap();
    for (address, route) in [
        ("alice+x@other.example", local(&alice, Some("x"))),
        ("nobody@example.com", local(&bob, None)),
        ("nobody+y@other.example", local(&bob, Some("y"))),
        ("nobody@elsewhere.example", Route::Unknown),
        ("*@example.com", Route::Unknown),
        ("nobody", Route::Unknown),
    ] {
        assert_eq!(accounts.route(address).await.unwrap(), route, "{address}");
    }
    // It catches mail, not logins.
    for name in ["nobody@example.com", "*@example.com"] {
        assert_eq!(verdict(&accounts, name, "sesame").await, Verdict::Rejected, "{name}");
    }
    assert!(accounts.add(NewUser::new("*@example.org")).await.is_err());
    accounts.remove_address("bob", "*@example.com").await.unwrap();
    assert_eq!(accounts.route("nobody@example.com").await.unwrap(), Route::Unknown);
}

#[tokio::test]
async fn an_address_of_no_user_sends_mail_on() {
    let domain = |text: &str| text.parse::<Domain>().unwrap();
    let accounts =
        accounts().with_domain_aliases([(domain("other.example"), domain("example.com"))]);
    let alice = accounts.add(alice()).await.unwrap();
    accounts.add_address("alice", "*@example.com").await.unwrap();
    let to = |targets: &[&str]| targets.iter().map(|&target| target.to_owned()).collect::<Vec<_>>();
    accounts.set_forward("Team@example.com", to(&["a@b.example"])).await.unwrap();
    accounts.set_forward("team@example.com", to(&["a@b.example", "c+d@e.example"])).await.unwrap();
    for address in ["team@example.com", "TEAM+x@other.example"] {
        let route = accounts.route(address).await.unwrap();
        assert_eq!(route, Route::Forward(to(&["a@b.example", "c+d@e.example"])), "{address}");
    }
    let listed = accounts.forwards(None, 9).await.unwrap();
    assert_eq!((listed.len(), listed[0].address.as_str()), (1, "team@example.com"));
    for refused in [
        accounts.add_address("alice", "team@example.com").await.map(drop),
        accounts.add(NewUser::new("team@example.com")).await.map(drop),
        accounts.set_forward("alice@example.com", to(&["a@b.example"])).await.map(drop),
    ] {
        assert!(matches!(refused, Err(AccountError::AddressTaken(_))), "{refused:?}");
    }
    for targets in [vec![], to(&["nobody"]), to(&["a@b\r\n.example"])] {
        assert!(accounts.set_forward("x@example.com", targets).await.is_err());
    }
    assert!(accounts.remove_forward("team@example.com").await.unwrap());
    assert!(!accounts.remove_forward("team@example.com").await.unwrap());
    assert_eq!(accounts.route("team@example.com").await.unwrap(), local(&alice, None));
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

#[tokio::test]
async fn dots_count_or_do_not() {
    let counting = accounts();
    let alice = NewUser::new("a.lice").password(Secret::new("sesame")).address("al.ice@b.example");
    let user = counting.add(alice.clone()).await.unwrap();
    assert_eq!(user.profile.name.as_str(), "a.lice");
    assert_eq!(counting.route("alice").await.unwrap(), Route::Unknown);
    assert_eq!(counting.route("alice@b.example").await.unwrap(), Route::Unknown);

    let ignoring = accounts().with_dots(Dots::Ignored);
    let user = ignoring.add(alice).await.unwrap();
    assert_eq!(user.profile.name.as_str(), "alice");
    for address in ["alice", "al.ice+x", "A.L.I.C.E@b.example", "a.lice@localhost"] {
        let label = address.contains('+').then_some("x");
        assert_eq!(ignoring.route(address).await.unwrap(), local(&user, label), "{address}");
    }
    assert_eq!(verdict(&ignoring, "al.ice", "sesame").await, accepted(&user));
    let taken = ignoring.add(NewUser::new("ali.ce")).await;
    assert!(matches!(taken, Err(AccountError::NameTaken(_))));
    ignoring.remove_address("alice", "a.lice@b.example").await.unwrap();
    assert_eq!(ignoring.route("al.ice@b.example").await.unwrap(), Route::Unknown);
}
