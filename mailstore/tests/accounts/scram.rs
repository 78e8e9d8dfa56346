//! Keys for SCRAM.

use super::*;

async fn keys(accounts: &Accounts, name: &str) -> ScramKeys {
    accounts.scram(name, Service::Imap).await.unwrap().unwrap()
}

#[tokio::test]
async fn without_scram_no_keys_are_kept_or_given() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    assert_eq!(user.profile.scram, None);
    assert_eq!(accounts.takes(Service::Imap), Takes { scram: false, bearer: true });
    let without_tokens = accounts.clone().with_bearer(Bearer::Off);
    assert_eq!(without_tokens.takes(Service::Imap), Takes::default());
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

/// Keys that an older release made, which clients with Cyrus SASL refuse.
#[tokio::test]
async fn a_login_with_the_password_makes_older_keys_anew() {
    let store = Arc::new(MemoryAccounts::default());
    let accounts = Accounts::new(store.clone()).with_scram(Scram::Kept);
    let mut user = accounts.add(alice()).await.unwrap();
    let made = keys(&accounts, "alice").await;
    assert!((4_096..=65_536).contains(&made.iterations), "{}", made.iterations);
    user.profile.scram.as_mut().unwrap().iterations = 100_000;
    store.update(&user).await.unwrap();
    assert_eq!(keys(&accounts, "alice").await.iterations, 100_000);
    assert_eq!(verdict(&accounts, "alice", "sesame").await, accepted(&user));
    assert_eq!(keys(&accounts, "alice").await, made);
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
