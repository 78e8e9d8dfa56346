//! Application passwords and tokens: what they are good for, and when they end.
#![cfg(feature = "accounts")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use mailstore::accounts::*;
use mailstore::id::AccountId;
use mailstore::store::directory::{
    Attempt, Credentials, Directory, Proven, ScramKeys, Secret, Service, Verdict,
};
use mailstore::time::Timestamp;

async fn accounts() -> (Accounts, AccountId) {
    let accounts = Accounts::new(Arc::new(MemoryAccounts::default())).with_scram(Scram::Kept);
    let alice = NewUser::new("alice").password(Secret::new("sesame")).address("alice@a.example");
    let account = accounts.add(alice).await.unwrap().account;
    (accounts, account)
}

fn now() -> i64 {
    Timestamp::now().millis()
}

fn new_password(scopes: &str, until: Option<i64>) -> NewAppPassword {
    let scopes = scopes.parse().unwrap();
    NewAppPassword { label: "phone".into(), scopes, until: until.map(Timestamp::from_millis) }
}

async fn at(accounts: &Accounts, service: Service, name: &str, password: &str) -> &'static str {
    let credentials = Credentials::Plain { name: name.into(), password: Secret::new(password) };
    let peer = "192.0.2.7".parse().ok();
    verdict(accounts, Attempt { service, peer, authzid: None, credentials }).await
}

async fn verdict(accounts: &Accounts, attempt: Attempt) -> &'static str {
    match accounts.authenticate(&attempt).await.unwrap() {
        Verdict::Accepted(identity) => {
            assert_eq!(identity.name, "alice");
            "accepted"
        }
        Verdict::Rejected => "rejected",
        Verdict::Disabled => "disabled",
        Verdict::Forbidden => "forbidden",
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_application_password_is_for_its_services_only() {
    let (accounts, alice) = accounts().await;
    let (made, secret) =
        accounts.add_app_password(alice, new_password("imap", None)).await.unwrap();
    let password = secret.expose();
    let spaced = format!("{} {}", &password[..4], &password[4..]);
    for shown in [password, &spaced, password] {
        assert_eq!(at(&accounts, Service::Imap, "Alice@a.example", shown).await, "accepted");
        for service in [Service::Pop3, Service::Http, Service::Lmtp] {
            assert_eq!(at(&accounts, service, "alice", shown).await, "forbidden", "{service:?}");
        }
    }
    assert_eq!(at(&accounts, Service::Imap, "alice", "sesame").await, "accepted");
    assert_eq!(at(&accounts, Service::Imap, "alice", "abcdefghijklmnop").await, "rejected");
    assert_eq!(at(&accounts, Service::Imap, "bob", password).await, "rejected");
    accounts.set_status("alice", Status::Disabled).await.unwrap();
    assert_eq!(at(&accounts, Service::Imap, "alice", password).await, "disabled");
    let listed = accounts.app_passwords(alice, None, 9).await.unwrap().pop().unwrap();
    let used = listed.used.unwrap();
    assert_eq!((used.service, used.peer.unwrap().to_string()), (Service::Imap, "192.0.2.7".into()));
    assert_eq!((listed.id, listed.label.as_str()), (made.id, "phone"));
    assert_eq!(listed.scopes.to_string(), "imap");
}

/// Also one that was found right a moment ago.
#[tokio::test]
async fn an_application_password_ends_when_it_is_revoked_or_over() {
    let (accounts, alice) = accounts().await;
    let (made, secret) =
        accounts.add_app_password(alice, new_password("imap", None)).await.unwrap();
    assert_eq!(at(&accounts, Service::Imap, "alice", secret.expose()).await, "accepted");
    assert!(accounts.revoke_app_password(alice, &made.id).await.unwrap());
    assert!(!accounts.revoke_app_password(alice, &made.id).await.unwrap());
    assert_eq!(at(&accounts, Service::Imap, "alice", secret.expose()).await, "rejected");
    let over = new_password("imap", Some(now() - 1));
    let (_, secret) = accounts.add_app_password(alice, over).await.unwrap();
    assert_eq!(at(&accounts, Service::Imap, "alice", secret.expose()).await, "rejected");
    assert_eq!(accounts.sweep(Timestamp::now(), &empty_mail()).await.unwrap(), 1);
    assert!(accounts.app_passwords(alice, None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_application_password_is_never_for_the_account() {
    let (accounts, alice) = accounts().await;
    for scopes in ["", "master", "imap,master"] {
        let refused = accounts.add_app_password(alice, new_password(scopes, None)).await;
        assert!(matches!(refused, Err(AccountError::Scopes(_))), "{scopes}");
    }
    let long = NewAppPassword { label: "x".repeat(101), ..new_password("imap", None) };
    let refused = accounts.add_app_password(alice, long).await;
    assert!(matches!(refused, Err(AccountError::Label { limit: 100 })));
    let stranger = AccountId::new(9).unwrap();
    let refused = accounts.add_app_password(stranger, new_password("imap", None)).await;
    assert!(matches!(refused, Err(AccountError::NoSuchUser(_))));
}

async fn keys(accounts: &Accounts, service: Service) -> ScramKeys {
    accounts.scram("alice", service).await.unwrap().unwrap()
}

/// A client that proves one of them is told by nobody which: all have one salt and count.
#[tokio::test]
async fn every_password_of_a_user_can_be_proven() {
    let (accounts, alice) = accounts().await;
    let alone = keys(&accounts, Service::Imap).await;
    let (imap, _) = accounts.add_app_password(alice, new_password("imap", None)).await.unwrap();
    accounts.add_app_password(alice, new_password("pop3", None)).await.unwrap();
    let keys = keys(&accounts, Service::Imap).await;
    assert_eq!((&keys.salt, keys.iterations), (&alone.salt, alone.iterations));
    let credentials: Vec<_> = keys.keys.iter().map(|key| key.credential.as_str()).collect();
    assert_eq!(credentials, [imap.id.as_str(), ""]);
    assert_eq!(keys.keys[1], alone.keys[0], "the account password");

    let proven = |credential: &str| Attempt {
        service: Service::Imap,
        peer: None,
        authzid: None,
        credentials: Credentials::Scram {
            name: "alice".into(),
            proven: keys
                .identity
                .clone()
                .map(|identity| Proven { identity, credential: credential.to_owned() }),
        },
    };
    assert_eq!(verdict(&accounts, proven(&imap.id)).await, "accepted");
    let as_pop3 = Attempt { service: Service::Pop3, ..proven(&imap.id) };
    assert_eq!(verdict(&accounts, as_pop3).await, "forbidden");
    assert_eq!(verdict(&accounts, proven("")).await, "accepted");
    accounts.revoke_app_password(alice, &imap.id).await.unwrap();
    assert_eq!(verdict(&accounts, proven(&imap.id)).await, "rejected");
}

fn new_token(grant: Grant, until: Option<i64>) -> NewToken {
    NewToken { grant, label: "backup".into(), until: until.map(Timestamp::from_millis) }
}

fn of(account: AccountId, scopes: &str) -> Grant {
    Grant::User { account, scopes: scopes.parse().unwrap() }
}

async fn grant(accounts: &Accounts, secret: &Secret) -> Option<Grant> {
    let token = accounts.token(secret, Service::Http, None).await.unwrap();
    token.map(|token| token.grant)
}

#[tokio::test]
async fn a_token_grants_what_it_was_made_for() {
    let (accounts, alice) = accounts().await;
    for wanted in [
        Grant::Root,
        Grant::Role(Role::Users),
        Grant::Role(Role::Audit),
        Grant::Role(Role::Metrics),
        of(alice, "http-read"),
        of(alice, "imap,pop3,http,master"),
    ] {
        let (token, secret) = accounts.issue_token(new_token(wanted, None)).await.unwrap();
        assert_eq!(grant(&accounts, &secret).await, Some(wanted));
        let listed = accounts.tokens(wanted.account(), None, 99).await.unwrap();
        let listed = listed.into_iter().find(|listed| listed.id == token.id).unwrap();
        assert_eq!((listed.grant, listed.label.as_str()), (wanted, "backup"));
        assert_eq!(listed.used.unwrap().service, Service::Http);
    }
    assert_eq!(accounts.tokens(Some(alice), None, 99).await.unwrap().len(), 2);
    assert_eq!(accounts.tokens(None, None, 99).await.unwrap().len(), 4);
    assert_eq!(accounts.tokens(None, None, 3).await.unwrap().len(), 3);
}

#[tokio::test]
async fn nothing_but_the_token_itself_is_taken() {
    let (accounts, alice) = accounts().await;
    let (_, secret) = accounts.issue_token(new_token(of(alice, "http"), None)).await.unwrap();
    let text = secret.expose();
    let other_account = text.replacen("_1_", "_0_", 1);
    let cut = &text[..text.len() - 1];
    let id = text.rsplit_once('_').unwrap().0;
    let kept = format!("{id}_");
    for other in ["", "mst", &other_account, cut, &kept, "mst_1_\u{e9}_x", "mst_1_ _x"] {
        assert_eq!(grant(&accounts, &Secret::new(other)).await, None, "{other}");
    }
    assert_eq!(grant(&accounts, &secret).await, Some(of(alice, "http")));
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked_or_over_or_its_user_is_disabled() {
    let (accounts, alice) = accounts().await;
    let issue = async |grant, until| accounts.issue_token(new_token(grant, until)).await.unwrap();
    let (_, over) = issue(of(alice, "http"), Some(now() - 1)).await;
    assert_eq!(grant(&accounts, &over).await, None);
    let (token, secret) = issue(Grant::Root, Some(now() + 3_600_000)).await;
    assert!(!accounts.revoke_token(Some(alice), &token.id).await.unwrap(), "not hers");
    assert_eq!(grant(&accounts, &secret).await, Some(Grant::Root));
    assert!(accounts.revoke_token(None, &token.id).await.unwrap());
    assert_eq!(grant(&accounts, &secret).await, None);

    let (_, secret) = issue(of(alice, "http"), None).await;
    accounts.set_status("alice", Status::Disabled).await.unwrap();
    assert_eq!(grant(&accounts, &secret).await, None);
    accounts.set_status("alice", Status::Active).await.unwrap();
    assert_eq!(grant(&accounts, &secret).await, Some(of(alice, "http")));
    accounts.revoke_tokens(alice).await.unwrap();
    assert_eq!(grant(&accounts, &secret).await, None);
}

#[tokio::test]
async fn a_token_logs_in_where_its_scopes_say() {
    let (accounts, alice) = accounts().await;
    let (_, secret) = accounts.issue_token(new_token(of(alice, "imap"), None)).await.unwrap();
    let (_, root) = accounts.issue_token(new_token(Grant::Root, None)).await.unwrap();
    let bearer = |service, token: &Secret| {
        let credentials = Credentials::Bearer { name: String::new(), token: token.clone() };
        Attempt { service, peer: None, authzid: None, credentials }
    };
    assert_eq!(verdict(&accounts, bearer(Service::Imap, &secret)).await, "accepted");
    assert_eq!(verdict(&accounts, bearer(Service::Pop3, &secret)).await, "forbidden");
    assert_eq!(verdict(&accounts, bearer(Service::Imap, &root)).await, "rejected");
}

/// Whoever could make as many as he likes could fill the store.
#[tokio::test]
async fn there_are_only_so_many() {
    let (accounts, alice) = accounts().await;
    for _ in 0..200 {
        accounts.issue_token(new_token(of(alice, "http"), None)).await.unwrap();
    }
    let refused = accounts.issue_token(new_token(of(alice, "http"), None)).await;
    assert!(matches!(refused, Err(AccountError::TooMany { what: "tokens", limit: 200 })));
}

fn empty_mail() -> mailstore::Mailstore {
    mailstore::Mailstore::new(
        mailstore::backends::memory::backend(),
        mailstore::Settings::default(),
    )
}
