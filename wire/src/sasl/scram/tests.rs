use mailstore::id::AccountId;
use mailstore::store::directory::{Identity, Verdict};
use proptest::prelude::*;

use super::*;

/// The example of RFC 7677 3: user `user`, password `pencil`.
const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
    s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const MORE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
    p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_FINAL: &[u8] = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

/// The keys of a password that is hashed once (`Hi` with one iteration is one HMAC).
fn keys_of(password: &[u8], salt: &[u8]) -> ([u8; 32], ScramKeys) {
    let mut padded = [0; 32];
    padded[..password.len()].copy_from_slice(password);
    let salted = hmac(&padded, &[salt, &[0, 0, 0, 1]].concat());
    let client_key = hmac(&salted, b"Client Key");
    let key = ScramKey {
        stored_key: Sha256::digest(client_key).into(),
        server_key: hmac(&salted, b"Server Key"),
        credential: "1".into(),
    };
    let (salt, identity) = (salt.to_vec(), Some(identity()));
    (client_key, ScramKeys { salt, iterations: 1, keys: vec![key], identity })
}

fn identity() -> Identity {
    Identity { account: AccountId::new(1).unwrap(), name: "user".into() }
}

fn example_keys() -> ScramKeys {
    let decode = |text: &str| BASE64.decode(text.as_bytes()).unwrap();
    let other = |byte, credential: &str| ScramKey {
        stored_key: [byte; 32],
        server_key: [byte; 32],
        credential: credential.into(),
    };
    let key = ScramKey {
        stored_key: decode("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=").try_into().unwrap(),
        server_key: decode("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=").try_into().unwrap(),
        credential: "pencil".into(),
    };
    ScramKeys {
        salt: decode("W22ZaJ0SNY7soEsUEjb6gQ=="),
        iterations: 4096,
        keys: vec![other(1, "first"), key, other(2, "last")],
        identity: Some(identity()),
    }
}

fn open(mechanism: Mechanism, bindings: &Bindings, first: &str) -> Result<KeysWanted, SaslError> {
    match Exchange::start(mechanism, bindings, Some(first.into())) {
        Step::Keys(wanted) => Ok(wanted),
        Step::Failed(error) => Err(error),
        step => panic!("{step:?}"),
    }
}

fn plain(first: &str) -> Result<KeysWanted, SaslError> {
    open(Mechanism::ScramSha256, &Bindings::default(), first)
}

fn prove(wanted: KeysWanted, keys: ScramKeys, last: &str) -> Result<Login, SaslError> {
    let Step::Challenge(_, exchange) = wanted.with_nonce(Some(keys), MORE) else {
        panic!("it asks for a proof");
    };
    match exchange.step(last.into()) {
        Step::Credentials(login) => Ok(login),
        Step::Failed(error) => Err(error),
        step => panic!("{step:?}"),
    }
}

fn shown(login: &Login) -> Option<&Proven> {
    match &login.credentials {
        Credentials::Scram { proven, .. } => proven.as_ref(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_example() {
    let wanted = plain(CLIENT_FIRST).unwrap();
    assert_eq!(wanted.name(), "user");
    let Step::Challenge(challenge, exchange) = wanted.with_nonce(Some(example_keys()), MORE) else {
        panic!("it asks for a proof");
    };
    assert_eq!(String::from_utf8(challenge).unwrap(), SERVER_FIRST);
    let Step::Credentials(login) = exchange.step(CLIENT_FINAL.into()) else {
        panic!("it is proven");
    };
    let credential = "pencil".to_owned();
    assert_eq!(shown(&login), Some(&Proven { identity: identity(), credential }));
    assert_eq!(login.authzid, None);
    let accepted = Verdict::Accepted(identity());
    assert_eq!(login.epilogue.clone().after(&accepted), Some(SERVER_FINAL.to_vec()));
    assert_eq!(login.epilogue.after(&Verdict::Disabled), None);
}

#[test]
fn a_wrong_proof_proves_nothing() {
    let wrong = CLIENT_FINAL.replace("p=dH", "p=dI");
    let login = prove(plain(CLIENT_FIRST).unwrap(), example_keys(), &wrong).unwrap();
    assert_eq!(shown(&login), None);
    let short = CLIENT_FINAL.replace("p=dHzb", "p=");
    let login = prove(plain(CLIENT_FIRST).unwrap(), example_keys(), &short).unwrap();
    assert_eq!(shown(&login), None);
    let nobody = ScramKeys { identity: None, ..example_keys() };
    let login = prove(plain(CLIENT_FIRST).unwrap(), nobody, CLIENT_FINAL).unwrap();
    assert_eq!(shown(&login), None);
}

#[test]
fn malformed_first_messages() {
    for first in [
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=user",
        "n,,n=,r=x",
        "n,,r=x,n=user",
        "n,,n=user,r=",
        "n,,n=us=er,r=x",
        "n,,n=user,r=a b",
        "n,,m=x,n=user,r=x",
        "z,,n=user,r=x",
        "n,b=x,n=user,r=x",
        "n,,n=user,r=\u{e4}",
        "n,,n=us\0er,r=x",
    ] {
        assert!(matches!(plain(first), Err(SaslError::Malformed(_))), "{first:?}");
    }
    let named = |first: &str| {
        let wanted = plain(first).unwrap();
        (wanted.name.clone(), wanted.authzid.clone())
    };
    assert_eq!(
        named("n,a=tim,n=j=C3,r=x".replace("=C3", "=3D").as_str()),
        ("j=".into(), Some("tim".into()))
    );
    assert_eq!(named("y,a=joe,n=joe,r=x,ext=1"), ("joe".into(), None));
}

#[test]
fn malformed_last_messages() {
    for last in [
        "",
        "c=biws",
        "p=AAAA",
        "c=biws,r=other,p=AAAA",
        "c=!,r=x,p=AAAA",
        "r=x,c=biws,p=AAAA",
        &CLIENT_FINAL.replace("VQ=", "VQ"),
    ] {
        let outcome = prove(plain(CLIENT_FIRST).unwrap(), example_keys(), last);
        assert!(matches!(outcome, Err(SaslError::Malformed(_))), "{last:?}");
    }
}

#[test]
fn without_keys_it_is_not_offered() {
    let step = plain(CLIENT_FIRST).unwrap().answer(None);
    assert!(matches!(step, Step::Failed(SaslError::NotOffered)));
}

#[test]
fn nonces_differ() {
    let challenge = || match plain(CLIENT_FIRST).unwrap().answer(Some(example_keys())) {
        Step::Challenge(challenge, _) => challenge,
        step => panic!("{step:?}"),
    };
    assert_ne!(challenge(), challenge());
}

fn bound() -> Bindings {
    Bindings { exporter: Some([7; 32]), end_point: Some(vec![9; 48]) }
}

#[test]
fn plus_needs_the_right_channel() {
    let (client_key, keys) = keys_of(b"pencil", b"salt");
    for (name, data, fits) in [
        ("tls-exporter", vec![7; 32], true),
        ("tls-server-end-point", vec![9; 48], true),
        ("tls-exporter", vec![8; 32], false),
        ("tls-exporter", vec![], false),
    ] {
        let first = format!("p={name},,n=user,r=abc");
        let wanted = open(Mechanism::ScramSha256Plus, &bound(), &first).unwrap();
        let channel = BASE64.encode(&[format!("p={name},,").as_bytes(), &data].concat());
        let unproven = format!("c={channel},r=abc{MORE}");
        let signed = format!("n=user,r=abc,r=abc{MORE},s=c2FsdA==,i=1,{unproven}");
        let mut proof = hmac(&keys.keys[0].stored_key, signed.as_bytes());
        proof.iter_mut().zip(client_key).for_each(|(proof, key)| *proof ^= key);
        let last = format!("{unproven},p={}", BASE64.encode(&proof));
        let login = prove(wanted, keys.clone(), &last).unwrap();
        assert_eq!(shown(&login).is_some(), fits, "{name} {data:?}");
    }
}

#[test]
fn bindings_are_not_negotiated_away() {
    let plus = |first| open(Mechanism::ScramSha256Plus, &bound(), first).map(drop);
    let without = |first| open(Mechanism::ScramSha256, &bound(), first).map(drop);
    let refused = |outcome| matches!(outcome, Err(SaslError::Binding(_)));
    assert!(refused(plus("n,,n=user,r=x")));
    assert!(refused(plus("y,,n=user,r=x")));
    assert!(refused(plus("p=tls-unique,,n=user,r=x")));
    assert!(refused(without("p=tls-exporter,,n=user,r=x")));
    assert!(refused(without("y,,n=user,r=x")), "the server does offer -PLUS");
    assert_eq!(without("n,,n=user,r=x"), Ok(()));
    assert!(plain("y,,n=user,r=x").is_ok());
}

#[test]
fn keys_are_not_printed() {
    let step = plain(CLIENT_FIRST).unwrap().answer(Some(example_keys()));
    let printed = format!("{step:?}");
    assert!(!printed.contains("server_key"), "{printed}");
}

proptest! {
    #[test]
    fn any_messages(first in "n,,n=[a=,23CD]{0,6},r=.{0,6}|.{0,30}", last in "c=biws,r=[a,=p]{0,20}|.{0,30}") {
        if let Ok(wanted) = plain(&first) {
            let _ = prove(wanted, example_keys(), &last);
        }
    }
}
