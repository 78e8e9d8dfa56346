//! Security keys as the second factor, with keys made of software.
#![cfg(all(feature = "accounts", feature = "webauthn"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use harness::{PRESENT, SecurityKey as Key, Signer, VERIFIED, totp};
use mailstore::accounts::*;
use mailstore::id::AccountId;
use mailstore::store::directory::{Attempt, Credentials, Directory, Secret, Service, Verdict};

const PARTY: &str = "mail.example";
const ORIGIN: &str = "https://mail.example";

fn new_key(signer: Signer) -> Key {
    Key::new(signer, PARTY, ORIGIN)
}

fn es256() -> Key {
    new_key(Signer::es256())
}

fn created(key: &Key, challenge: &[u8]) -> Attestation {
    let made = key.create(challenge);
    Attestation { client_data: made.client_data, object: made.object }
}

fn signed(key: &mut Key, challenge: &[u8]) -> Assertion {
    let signed = key.sign(challenge);
    Assertion {
        credential: signed.credential,
        client_data: signed.client_data,
        authenticator_data: signed.authenticator_data,
        signature: signed.signature,
    }
}

struct Bench {
    store: Arc<MemoryAccounts>,
    accounts: Accounts,
    alice: AccountId,
}

/// One of the hosts that serve the users in a store.
fn host(store: &Arc<MemoryAccounts>, verification: Verification) -> Accounts {
    let origins = vec![ORIGIN.to_owned()];
    let party = RelyingParty { id: PARTY.into(), name: "Mail".into(), origins, verification };
    Accounts::new(store.clone())
        .with_scram(Scram::Kept)
        .with_keyring(Keyring::new([7; 32], []))
        .with_relying_party(party)
}

async fn bench_with(verification: Verification) -> Bench {
    let store = Arc::new(MemoryAccounts::default());
    let accounts = host(&store, verification);
    let alice = NewUser::new("alice").password(Secret::new("sesame"));
    let alice = accounts.add(alice).await.unwrap().account;
    Bench { store, accounts, alice }
}

async fn bench() -> Bench {
    bench_with(Verification::Preferred).await
}

fn shown(password: &str, factor: Option<SecondProof>) -> SignIn {
    let (name, password) = ("alice".to_owned(), Secret::new(password));
    SignIn { name, password, factor, peer: None }
}

impl Bench {
    async fn add(&self, key: &Key) -> Result<(SecurityKey, Vec<Secret>), AccountError> {
        let question = self.accounts.begin_security_key(self.alice).await?;
        let made = created(key, &question.challenge);
        self.accounts.add_security_key(self.alice, "blue", &made).await
    }

    async fn ask(&self) -> KeyQuestion {
        match self.accounts.ask_key(shown("sesame", None)).await.unwrap() {
            KeyAsked::Question(question) => *question,
            other => panic!("{other:?}"),
        }
    }

    async fn answer(&self, said: &Assertion) -> SignedIn {
        let factor = Some(SecondProof::Key(said.clone()));
        self.accounts.sign_in(shown("sesame", factor)).await.unwrap()
    }

    async fn sign_in(&self, key: &mut Key) -> SignedIn {
        let question = self.ask().await;
        self.answer(&signed(key, &question.challenge)).await
    }

    async fn sign_in_by_code(&self, code: &str) -> SignedIn {
        let factor = Some(SecondProof::Code(code.to_owned()));
        self.accounts.sign_in(shown("sesame", factor)).await.unwrap()
    }

    async fn factors(&self) -> Factors {
        self.accounts.factors(self.alice).await.unwrap()
    }

    async fn keys(&self) -> Vec<SecurityKey> {
        self.accounts.security_keys(self.alice, None, 99).await.unwrap()
    }

    /// The last failure in the log, which is written beside the answer.
    async fn failure(&self) -> String {
        for _ in 0..10_000 {
            match &self.logged(Event::LoginFailed).await[..] {
                [] => tokio::task::yield_now().await,
                [newest, ..] => return newest.clone(),
            }
        }
        panic!("no failure is logged");
    }

    /// What stands in the log of these events, the newest first.
    async fn logged(&self, event: Event) -> Vec<String> {
        let log = self.accounts.log(self.alice, None, 100).await.unwrap();
        log.into_iter().filter(|entry| entry.event == event).map(|entry| entry.what).collect()
    }
}

const REJECTED: SignedIn = SignedIn::Refused(Verdict::Rejected);

fn is_welcome(outcome: &SignedIn) -> bool {
    match outcome {
        SignedIn::Welcome { scopes, .. } => {
            assert_eq!(scopes.to_string(), "http,http-read,master");
            true
        }
        _ => false,
    }
}

#[tokio::test]
async fn keys_of_every_kind_sign_in() {
    let bench = bench().await;
    let none = bench.accounts.ask_key(shown("sesame", None)).await.unwrap();
    assert_eq!(none, KeyAsked::NoKey);
    let mut keys = Signer::all().map(new_key);
    for key in &keys {
        bench.add(key).await.unwrap();
    }
    assert_eq!(bench.ask().await.known.len(), 3);
    for key in &mut keys {
        assert!(is_welcome(&bench.sign_in(key).await));
        assert!(is_welcome(&bench.sign_in(key).await));
    }
    let kept = bench.keys().await;
    assert!(kept.iter().all(|key| key.used.is_some() && key.label == "blue"), "{kept:?}");
    let wrong = bench.accounts.ask_key(shown("wrong", None)).await.unwrap();
    assert_eq!(wrong, KeyAsked::Refused(Verdict::Rejected));
}

#[tokio::test]
async fn with_a_key_the_password_alone_is_good_for_nothing() {
    let bench = bench().await;
    let (accounts, alice) = (&bench.accounts, bench.alice);
    let (key, _) = bench.add(&es256()).await.unwrap();
    assert_eq!(accounts.second_factor(alice).await.unwrap(), SecondFactor::On);
    let name = "alice".to_owned();
    let credentials = Credentials::Plain { name, password: Secret::new("sesame") };
    let attempt = Attempt { service: Service::Imap, peer: None, authzid: None, credentials };
    for service in [Service::Imap, Service::Pop3, Service::Http] {
        let attempt = Attempt { service, ..attempt.clone() };
        assert_eq!(accounts.authenticate(&attempt).await.unwrap(), Verdict::Forbidden);
    }
    let keys = accounts.scram("alice", Service::Imap).await.unwrap();
    assert!(keys.is_none_or(|keys| keys.identity.is_none()));
    let wanted = SignedIn::FactorWanted(bench.factors().await);
    assert_eq!(accounts.sign_in(shown("sesame", None)).await.unwrap(), wanted);
    assert!(accounts.remove_security_key(alice, &key.id).await.unwrap());
    assert!(!accounts.remove_security_key(alice, &key.id).await.unwrap());
    assert_eq!(bench.factors().await, Factors::default(), "recovery codes are gone with it");
    assert!(matches!(accounts.authenticate(&attempt).await.unwrap(), Verdict::Accepted(_)));
}

/// A recovery code stands in for a key that is lost, as it does for codes.
#[tokio::test]
async fn who_has_lost_the_key_shows_a_recovery_code() {
    let bench = bench().await;
    let (_, codes) = bench.add(&es256()).await.unwrap();
    assert_eq!((codes.len(), bench.factors().await.recovery_codes), (10, 10));
    let (_, none) = bench.add(&es256()).await.unwrap();
    assert_eq!(none, [], "those that there are stay good");
    assert!(is_welcome(&bench.sign_in_by_code(codes[0].expose()).await));
    assert_eq!(bench.sign_in_by_code(codes[0].expose()).await, REJECTED, "once");
    assert_eq!(bench.sign_in_by_code("123456").await, REJECTED, "there are no other codes");
    let renewed = bench.accounts.renew_recovery_codes(bench.alice).await.unwrap();
    assert_eq!(bench.sign_in_by_code(codes[1].expose()).await, REJECTED);
    assert!(is_welcome(&bench.sign_in_by_code(renewed[1].expose()).await));
    assert!(bench.accounts.disable_second_factor(bench.alice).await.unwrap());
    assert!(!bench.accounts.disable_second_factor(bench.alice).await.unwrap());
    assert_eq!(bench.factors().await, Factors::default());
    assert_eq!(bench.logged(Event::SecurityKeyRemoved).await.len(), 2);
}

/// Either is enough, and each may go: what is left is a second factor as long as anything is.
#[tokio::test]
async fn codes_and_keys_stand_side_by_side() {
    let bench = bench().await;
    let (accounts, alice) = (&bench.accounts, bench.alice);
    let mut key = es256();
    let (added, _) = bench.add(&key).await.unwrap();
    let setup = accounts.begin_totp(alice, "Mail").await.unwrap();
    assert_eq!(bench.factors().await.state(), SecondFactor::On);
    let secret = setup.secret.expose();
    let recovery = accounts.enable_totp(alice, &totp(secret, 0)).await.unwrap();
    let all = Factors { codes: SecondFactor::On, security_keys: 1, recovery_codes: 10 };
    assert_eq!(bench.factors().await, all);
    assert!(is_welcome(&bench.sign_in(&mut key).await));
    assert!(is_welcome(&bench.sign_in_by_code(&totp(secret, 1)).await));
    assert!(is_welcome(&bench.sign_in_by_code(recovery[0].expose()).await));

    assert!(accounts.disable_totp(alice).await.unwrap());
    let left = Factors { codes: SecondFactor::Off, recovery_codes: 9, ..all };
    assert_eq!(bench.factors().await, left);
    assert!(is_welcome(&bench.sign_in(&mut key).await));
    let setup = accounts.begin_totp(alice, "Mail").await.unwrap();
    accounts.enable_totp(alice, &totp(setup.secret.expose(), 0)).await.unwrap();
    assert!(accounts.remove_security_key(alice, &added.id).await.unwrap());
    assert_eq!(bench.factors().await, Factors { security_keys: 0, ..all });
    let wanted = accounts.sign_in(shown("sesame", None)).await.unwrap();
    assert!(matches!(wanted, SignedIn::FactorWanted(_)), "{wanted:?}");
}

#[tokio::test]
async fn a_sign_in_is_finished_at_any_host() {
    let bench = bench().await;
    let other = Bench { accounts: host(&bench.store, Verification::Preferred), ..bench };
    let mut key = es256();
    let question = other.accounts.begin_security_key(other.alice).await.unwrap();
    let made = created(&key, &question.challenge);
    bench.accounts.add_security_key(other.alice, "", &made).await.unwrap();
    let question = other.ask().await;
    let said = signed(&mut key, &question.challenge);
    let factor = || Some(SecondProof::Key(said.clone()));
    assert!(is_welcome(&bench.accounts.sign_in(shown("sesame", factor())).await.unwrap()));
    assert_eq!(other.answer(&said).await, REJECTED, "once, wherever");
}

#[tokio::test]
async fn a_key_is_given_another_label() {
    let bench = bench().await;
    let (key, _) = bench.add(&es256()).await.unwrap();
    let rename = async |id: &str, label: &str| {
        bench.accounts.rename_security_key(bench.alice, id, label).await
    };
    assert!(rename(&key.id, " green ").await.unwrap());
    assert_eq!(bench.keys().await[0].label, "green");
    assert!(!rename("0", "green").await.unwrap());
    let refused = rename(&key.id, &"x".repeat(101)).await;
    assert!(matches!(refused, Err(AccountError::Label { limit: 100 })), "{refused:?}");
    let logged = bench.logged(Event::SecurityKeyRenamed).await;
    assert_eq!(logged, [format!("{} \"green\"", key.id)]);
}

#[tokio::test]
async fn there_are_only_so_many_keys() {
    let bench = bench().await;
    let signer = Signer::es256();
    for _ in 0..20 {
        bench.add(&new_key(signer.clone())).await.unwrap();
    }
    let refused = bench.add(&new_key(signer)).await;
    assert!(matches!(refused, Err(AccountError::TooMany { limit: 20, .. })), "{refused:?}");
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let bench = bench().await;
    let mut key = es256();
    bench.add(&key).await.unwrap();
    let question = bench.ask().await;
    let said = signed(&mut key, &question.challenge);
    assert!(is_welcome(&bench.answer(&said).await));
    assert_eq!(bench.answer(&said).await, REJECTED);
    // What was asked for another purpose, or never.
    let question = bench.accounts.begin_security_key(bench.alice).await.unwrap();
    assert_eq!(bench.answer(&signed(&mut key, &question.challenge)).await, REJECTED);
    assert_eq!(bench.answer(&signed(&mut key, &[7; 32])).await, REJECTED);
    let attestation = created(&es256(), &[7; 32]);
    let refused = bench.accounts.add_security_key(bench.alice, "", &attestation).await;
    assert!(matches!(refused, Err(AccountError::SecurityKey(_))), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_right_is_not_taken() {
    type Spoil = fn(&mut Assertion);
    let spoils: [Spoil; 4] = [
        |said| said.signature[10] ^= 1,
        |said| said.authenticator_data[33] ^= 1,
        |said| said.credential.push(0),
        |said| said.client_data.push(b' '),
    ];
    for spoil in spoils {
        let bench = bench().await;
        let mut key = es256();
        bench.add(&key).await.unwrap();
        let mut said = signed(&mut key, &bench.ask().await.challenge);
        spoil(&mut said);
        assert_eq!(bench.answer(&said).await, REJECTED);
    }
    let changes: [fn(&mut Key); 4] = [
        |key| key.flags = 0,
        |key| key.party = "other.example".to_owned(),
        |key| key.origin = "https://other.example".to_owned(),
        |key| key.signer = Signer::es256(),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let bench = bench().await;
        let mut key = es256();
        bench.add(&key).await.unwrap();
        change(&mut key);
        assert_eq!(bench.sign_in(&mut key).await, REJECTED, "{at}");
        if at < 3 {
            key.credential.push(0);
            let refused = bench.add(&key).await;
            assert!(matches!(refused, Err(AccountError::SecurityKey(_))), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn a_copy_is_found_out() {
    let bench = bench().await;
    let mut key = es256();
    bench.add(&key).await.unwrap();
    assert!(is_welcome(&bench.sign_in(&mut key).await));
    assert!(is_welcome(&bench.sign_in(&mut key).await));
    key.counter -= 1;
    assert_eq!(bench.sign_in(&mut key).await, REJECTED);
    assert_eq!(bench.failure().await, "security key that may have been copied");
    let again = bench.add(&key).await;
    assert!(matches!(again, Err(AccountError::KnownKey)), "{again:?}");
}

#[tokio::test]
async fn a_key_may_have_to_know_its_user() {
    let bench = bench_with(Verification::Required).await;
    let mut key = es256();
    assert!(bench.add(&key).await.is_err());
    key.flags = PRESENT | VERIFIED;
    bench.add(&key).await.unwrap();
    assert!(is_welcome(&bench.sign_in(&mut key).await));
    key.flags = PRESENT;
    assert_eq!(bench.sign_in(&mut key).await, REJECTED);
}

#[tokio::test]
async fn wrong_answers_are_counted_and_logged() {
    let bench = bench().await;
    let mut key = es256();
    bench.add(&key).await.unwrap();
    for _ in 0..LoginLimits::default().codes {
        assert_eq!(bench.answer(&signed(&mut key, &[7; 32])).await, REJECTED);
    }
    let throttled = bench.sign_in(&mut key).await;
    assert!(matches!(throttled, SignedIn::Refused(Verdict::Throttled { .. })), "{throttled:?}");
    assert_eq!(bench.failure().await, "wrong security key");
    assert!(bench.logged(Event::SecurityKeyAdded).await[0].ends_with(" \"blue\""));
}

#[tokio::test]
async fn without_a_domain_there_are_none() {
    let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
    let alice = accounts.add(NewUser::new("alice")).await.unwrap().account;
    let refused = accounts.begin_security_key(alice).await;
    assert!(matches!(refused, Err(AccountError::NoRelyingParty)), "{refused:?}");
}
