//! The second factor, limits of guessing, and the log of a user.
#![cfg(feature = "accounts")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use mailstore::accounts::*;
use mailstore::id::AccountId;
use mailstore::store::directory::{Attempt, Credentials, Directory, Secret, Service, Verdict};
use mailstore::store::{Fault, LocalShared};
use mailstore::time::Timestamp;

struct Bench {
    store: Arc<MemoryAccounts>,
    accounts: Accounts,
    alice: AccountId,
}

async fn bench() -> Bench {
    let store = Arc::new(MemoryAccounts::default());
    let accounts = Accounts::new(store.clone())
        .with_scram(Scram::Kept)
        .with_keyring(Keyring::new([7; 32], []));
    let alice = NewUser::new("alice").password(Secret::new("sesame"));
    let alice = accounts.add(alice).await.unwrap().account;
    Bench { store, accounts, alice }
}

fn code(secret: &Secret, steps: i64) -> String {
    harness::totp(secret.expose(), steps)
}

async fn turn_on(bench: &Bench) -> Secret {
    let setup = bench.accounts.begin_totp(bench.alice, "Mail").await.unwrap();
    bench.accounts.enable_totp(bench.alice, &code(&setup.secret, 0)).await.unwrap();
    setup.secret
}

async fn sign_in(accounts: &Accounts, password: &str, code: Option<&str>) -> SignedIn {
    let (name, password) = ("alice".to_owned(), Secret::new(password));
    let factor = code.map(|code| SecondProof::Code(code.to_owned()));
    accounts.sign_in(SignIn { name, password, factor, peer: None }).await.unwrap()
}

fn scopes(outcome: &SignedIn) -> String {
    match outcome {
        SignedIn::Welcome { scopes, .. } => scopes.to_string(),
        other => panic!("{other:?}"),
    }
}

fn attempt(name: &str, password: &str, peer: Option<&str>) -> Attempt {
    let credentials = Credentials::Plain { name: name.into(), password: Secret::new(password) };
    let peer = peer.map(|peer| peer.parse().unwrap());
    Attempt { service: Service::Imap, peer, authzid: None, credentials }
}

async fn verdict(accounts: &Accounts, name: &str, password: &str) -> Verdict {
    accounts.authenticate(&attempt(name, password, None)).await.unwrap()
}

#[tokio::test]
async fn without_a_second_factor_the_password_is_enough() {
    let Bench { accounts, alice, .. } = bench().await;
    assert_eq!(accounts.second_factor(alice).await.unwrap(), SecondFactor::Off);
    assert_eq!(scopes(&sign_in(&accounts, "sesame", None).await), Scopes::all().to_string());
    let refused = sign_in(&accounts, "wrong", Some("123456")).await;
    assert_eq!(refused, SignedIn::Refused(Verdict::Rejected));
    accounts.set_status("alice", Status::Suspended).await.unwrap();
    let refused = sign_in(&accounts, "sesame", None).await;
    assert_eq!(refused, SignedIn::Refused(Verdict::Disabled));
}

#[tokio::test]
async fn with_one_the_password_is_for_the_account_only_and_with_a_code() {
    let bench = bench().await;
    let secret = turn_on(&bench).await;
    let accounts = &bench.accounts;
    assert_eq!(verdict(accounts, "alice", "sesame").await, Verdict::Forbidden);
    let http = Attempt { service: Service::Http, ..attempt("alice", "sesame", None) };
    assert_eq!(accounts.authenticate(&http).await.unwrap(), Verdict::Forbidden);
    let keys = accounts.scram("alice", Service::Imap).await.unwrap().unwrap();
    assert_eq!(keys.identity, None, "nor can it be proven");

    let factors = Factors { codes: SecondFactor::On, security_keys: 0, recovery_codes: 10 };
    assert_eq!(sign_in(accounts, "sesame", None).await, SignedIn::FactorWanted(factors));
    let refused = SignedIn::Refused(Verdict::Rejected);
    assert_eq!(sign_in(accounts, "wrong", Some(&code(&secret, 0))).await, refused);
    assert_eq!(sign_in(accounts, "sesame", Some(&code(&secret, -9))).await, refused);
    let shown = code(&secret, 1);
    assert_eq!(scopes(&sign_in(accounts, "sesame", Some(&shown)).await), "http,http-read,master");
    assert_eq!(sign_in(accounts, "sesame", Some(&shown)).await, refused, "once");

    let new = NewAppPassword { label: String::new(), scopes: Scopes::mail(), until: None };
    let (_, password) = accounts.add_app_password(bench.alice, new).await.unwrap();
    assert!(matches!(verdict(accounts, "alice", password.expose()).await, Verdict::Accepted(_)));
    let signed_in = sign_in(accounts, password.expose(), None).await;
    assert_eq!(scopes(&signed_in), Scopes::mail().to_string());

    assert!(accounts.disable_totp(bench.alice).await.unwrap());
    assert!(!accounts.disable_totp(bench.alice).await.unwrap());
    assert!(matches!(verdict(accounts, "alice", "sesame").await, Verdict::Accepted(_)));
}

/// A recovery code stands in for a code, once; what is kept of it lets nobody in.
#[tokio::test]
async fn who_has_lost_it_shows_a_recovery_code() {
    let bench = bench().await;
    let (accounts, alice) = (&bench.accounts, bench.alice);
    let refused = accounts.renew_recovery_codes(alice).await.unwrap_err();
    assert!(matches!(refused, AccountError::SecondFactor(SecondFactor::Off)));
    let setup = accounts.begin_totp(alice, "Mail").await.unwrap();
    let codes = accounts.enable_totp(alice, &code(&setup.secret, 0)).await.unwrap();
    assert_eq!((codes.len(), accounts.recovery_codes(alice).await.unwrap()), (10, 10));
    let kept = bench.store.records(alice, "recovery/", None, 9).await.unwrap();
    let plain = codes[0].expose().replace('-', "");
    assert!(!kept[0].value.windows(plain.len()).any(|window| window == plain.as_bytes()));

    let shown = async |code: &str| sign_in(accounts, "sesame", Some(code)).await;
    let refused = SignedIn::Refused(Verdict::Rejected);
    assert_eq!(scopes(&shown(codes[0].expose()).await), "http,http-read,master");
    assert_eq!(shown(codes[0].expose()).await, refused, "once");
    assert_eq!(sign_in(accounts, "wrong", Some(codes[1].expose())).await, refused);
    let spoken = codes[1].expose().to_uppercase().replace('-', " ");
    assert_eq!(scopes(&shown(&spoken).await), "http,http-read,master");
    assert_eq!(accounts.recovery_codes(alice).await.unwrap(), 8);
    for service in [Service::Imap, Service::Pop3] {
        let with_code = format!("sesame{}", codes[2].expose());
        let attempt = Attempt { service, ..attempt("alice", &with_code, None) };
        assert_eq!(accounts.authenticate(&attempt).await.unwrap(), Verdict::Rejected);
    }

    let renewed = accounts.renew_recovery_codes(alice).await.unwrap();
    assert_eq!(shown(codes[2].expose()).await, refused, "the old ones are gone");
    assert_eq!(scopes(&shown(renewed[0].expose()).await), "http,http-read,master");
    accounts.disable_totp(alice).await.unwrap();
    assert_eq!(accounts.recovery_codes(alice).await.unwrap(), 0);
    let log = accounts.log(alice, None, 99).await.unwrap();
    let times = |event| log.iter().filter(|e| e.event == event).map(|e| e.times).sum::<u64>();
    assert_eq!((times(Event::RecoveryCodesMade), times(Event::RecoveryCodeUsed)), (2, 3));
}

#[tokio::test]
async fn a_secret_that_no_code_was_shown_for_changes_nothing() {
    let Bench { accounts, alice, .. } = bench().await;
    let first = accounts.begin_totp(alice, "Mail").await.unwrap();
    let second = accounts.begin_totp(alice, "Mail").await.unwrap();
    assert_eq!(accounts.second_factor(alice).await.unwrap(), SecondFactor::Pending);
    assert!(matches!(verdict(&accounts, "alice", "sesame").await, Verdict::Accepted(_)));
    let wrong = accounts.enable_totp(alice, &code(&first.secret, 0)).await;
    assert!(matches!(wrong, Err(AccountError::WrongCode)));
    accounts.enable_totp(alice, &code(&second.secret, 0)).await.unwrap();
    for refused in [
        accounts.enable_totp(alice, &code(&second.secret, 1)).await.unwrap_err(),
        accounts.begin_totp(alice, "Mail").await.unwrap_err(),
    ] {
        assert!(matches!(refused, AccountError::SecondFactor(SecondFactor::On)));
    }
}

#[tokio::test]
async fn secrets_are_sealed_and_their_key_can_be_changed() {
    let bench = bench().await;
    let secret = turn_on(&bench).await;
    let raw = BASE32_NOPAD.decode(secret.expose().as_bytes()).unwrap();
    let kept = bench.store.records(bench.alice, "factor/", None, 9).await.unwrap();
    assert!(!kept[0].value.windows(raw.len()).any(|window| window == raw));

    let with = |keys| bench.accounts.clone().with_keyring(keys);
    let rotating = with(Keyring::new([8; 32], [[7; 32]]));
    assert_eq!(rotating.reseal().await.unwrap(), 1);
    assert_eq!(rotating.reseal().await.unwrap(), 0);
    let new = with(Keyring::new([8; 32], []));
    let signed_in = sign_in(&new, "sesame", Some(&code(&secret, 1))).await;
    assert!(matches!(signed_in, SignedIn::Welcome { .. }));

    let shown = SignIn {
        name: "alice".into(),
        password: Secret::new("sesame"),
        factor: Some(SecondProof::Code("123456".into())),
        peer: None,
    };
    let lost = with(Keyring::new([9; 32], [])).sign_in(shown).await;
    assert_eq!(lost.unwrap_err().fault, Fault::Corrupt, "a lost key lets nobody in");
    assert!(matches!(sign_in(&new, "sesame", None).await, SignedIn::FactorWanted(_)));
}

#[tokio::test]
async fn without_a_key_there_is_no_second_factor() {
    let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
    let alice = accounts.add(NewUser::new("alice")).await.unwrap().account;
    let refused = accounts.begin_totp(alice, "Mail").await;
    assert!(matches!(refused, Err(AccountError::NoKeyring)));
}

fn limited(bench: &Bench, limits: LoginLimits) -> Accounts {
    bench.accounts.clone().with_limits(Arc::new(LocalShared::default()), limits)
}

const HOUR: Duration = Duration::from_secs(3600);

/// All that is tried at once is counted too.
#[tokio::test]
async fn passwords_are_guessed_only_so_often() {
    let bench = bench().await;
    let limits = LoginLimits { per_account: 3, window: HOUR, ..LoginLimits::default() };
    let accounts = limited(&bench, limits);
    let new = NewAppPassword { label: String::new(), scopes: Scopes::mail(), until: None };
    let (_, password) = accounts.add_app_password(bench.alice, new).await.unwrap();
    let names = ["alice", "Alice", "ALICE"];
    for nobody in ["bob", "alice"] {
        let tries = (0..9_usize).map(|number| {
            let name = if nobody == "bob" { "bob" } else { names[number % 3] };
            let accounts = accounts.clone();
            tokio::spawn(async move { verdict(&accounts, name, "wrong").await })
        });
        let mut rejected = 0;
        for each in tries.collect::<Vec<_>>() {
            match each.await.unwrap() {
                Verdict::Rejected => rejected += 1,
                other => assert_eq!(other, Verdict::Throttled { seconds: 3600 }),
            }
        }
        assert_eq!(rejected, 3, "the same for a name that is nobody's");
    }
    let throttled = Verdict::Throttled { seconds: 3600 };
    assert_eq!(verdict(&accounts, "alice", "sesame").await, throttled, "also the right one");
    let accepted = verdict(&accounts, "alice", password.expose()).await;
    assert!(matches!(accepted, Verdict::Accepted(_)), "her programs go on");
}

#[tokio::test]
async fn an_address_is_wrong_only_so_often() {
    let bench = bench().await;
    let limits = LoginLimits { per_address: 4, window: HOUR, ..LoginLimits::default() };
    let accounts = limited(&bench, limits);
    let from = async |name: &str, password: &str, peer| {
        accounts.authenticate(&attempt(name, password, Some(peer))).await.unwrap()
    };
    for (name, peer) in [("a", "2001:db8::1"), ("b", "2001:db8::2"), ("alice", "2001:db8::3")] {
        assert_eq!(from(name, "wrong", peer).await, Verdict::Rejected);
    }
    let peer = "2001:db8::4".parse().ok();
    let wrong = Secret::new("mst_1_x_y");
    assert_eq!(accounts.token(&wrong, Service::Http, peer).await.unwrap(), None);
    let throttled = Verdict::Throttled { seconds: 3600 };
    assert_eq!(from("c", "wrong", "2001:db8::5").await, throttled);
    let accepted = from("alice", "sesame", "2001:db8:0:1::1").await;
    assert!(matches!(accepted, Verdict::Accepted(_)), "{accepted:?}");
}

#[tokio::test]
async fn codes_are_guessed_only_so_often() {
    let bench = bench().await;
    let secret = turn_on(&bench).await;
    let accounts =
        limited(&bench, LoginLimits { codes: 2, window: HOUR, ..LoginLimits::default() });
    let refused = SignedIn::Refused(Verdict::Rejected);
    for _ in 0..2 {
        assert_eq!(sign_in(&accounts, "sesame", Some("000000x")).await, refused);
    }
    let throttled = SignedIn::Refused(Verdict::Throttled { seconds: 3600 });
    assert_eq!(sign_in(&accounts, "sesame", Some(&code(&secret, 1))).await, throttled);
}

/// Entries of failures are written beside the answer.
async fn log_of(accounts: &Accounts, account: AccountId, event: Event) -> Vec<LogEntry> {
    loop {
        let mut entries = accounts.log(account, None, 99).await.unwrap();
        entries.retain(|entry| entry.event == event);
        if !entries.is_empty() {
            return entries;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_happens_to_an_account_is_logged() {
    let Bench { accounts, alice, .. } = bench().await;
    let peer = Some("192.0.2.7");
    accounts.authenticate(&attempt("alice", "sesame", peer)).await.unwrap();
    accounts.authenticate(&attempt("alice", "wrong", peer)).await.unwrap();
    let by = By { who: "token 17".into(), service: Some(Service::Http), peer: None };
    accounts.acting(by).set_password("alice", &Secret::new("other")).await.unwrap();
    accounts.add_address("alice", "a@b.example").await.unwrap();
    for (event, what, peer) in [
        (Event::LoggedIn, "password", peer),
        (Event::LoginFailed, "wrong password", peer),
        (Event::PasswordChanged, "changed by token 17", None),
        (Event::AddressAdded, "a@b.example", None),
        (Event::Created, "added", None),
    ] {
        let entries = log_of(&accounts, alice, event).await;
        let entry = &entries[0];
        assert_eq!((entries.len(), entry.what.as_str(), entry.times), (1, what, 1));
        assert_eq!(entry.peer, peer.map(|peer| peer.parse().unwrap()));
    }
    let page = accounts.log(alice, None, 2).await.unwrap();
    let rest = accounts.log(alice, Some(&page[1].id), 99).await.unwrap();
    assert_eq!((page.len(), rest.len()), (2, 3));
}

#[tokio::test]
async fn a_log_has_a_bound_and_an_end() {
    let Bench { accounts, alice, .. } = bench().await;
    let accounts = accounts.with_log(Duration::from_millis(1));
    for number in 0..100 {
        let address = format!("a{number}@b.example");
        accounts.add_address("alice", &address).await.unwrap();
    }
    let entries = log_of(&accounts, alice, Event::AddressAdded).await;
    // The six hours may end meanwhile.
    assert!(entries.len() <= 32, "{}", entries.len());
    assert_eq!(entries.iter().map(|entry| entry.times).sum::<u64>(), 100);
    let later = Timestamp::from_millis(Timestamp::now().millis() + 1000);
    accounts.sweep(later, &empty_mail()).await.unwrap();
    let left = accounts.log(alice, None, 99).await.unwrap();
    assert!(left.iter().all(|entry| entry.event == Event::Created), "{left:?}");
    let silent = accounts.clone().with_log(Duration::ZERO);
    silent.set_quota("alice", Quota::default()).await.unwrap();
    assert_eq!(accounts.log(alice, None, 99).await.unwrap().len(), left.len());
}

fn empty_mail() -> mailstore::Mailstore {
    mailstore::Mailstore::new(
        mailstore::backends::memory::backend(),
        mailstore::Settings::default(),
    )
}
