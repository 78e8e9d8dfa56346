use mailstore::id::AccountId;
use mailstore::store::directory::{Identity, Secret};
use proptest::prelude::*;

use super::*;

fn login(authzid: Option<&str>, name: &str, password: &str) -> Login {
    Login {
        authzid: authzid.map(str::to_owned),
        credentials: Credentials::Plain { name: name.to_owned(), password: Secret::new(password) },
        epilogue: Epilogue::None,
    }
}

fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> Step {
    Exchange::start(mechanism, &Bindings::default(), initial.map(<[u8]>::to_vec))
}

fn plain(message: &[u8]) -> Result<Login, SaslError> {
    match start(Mechanism::Plain, Some(message)) {
        Step::Credentials(login) => Ok(login),
        Step::Failed(error) => Err(error),
        step => panic!("PLAIN has no {step:?} after its message"),
    }
}

#[test]
fn plain_messages() {
    assert_eq!(plain(b"\0tim\0tanstaaftanstaaf"), Ok(login(None, "tim", "tanstaaftanstaaf")));
    assert_eq!(plain(b"Ursel\0Kurt\0xipj3plmq"), Ok(login(Some("Ursel"), "Kurt", "xipj3plmq")));
    assert_eq!(plain(b"kurt\0kurt\0pw"), Ok(login(None, "kurt", "pw")));
    assert_eq!(plain("\0jürgen\0pässwort".as_bytes()), Ok(login(None, "jürgen", "pässwort")));
}

#[test]
fn malformed_plain_messages() {
    for message in [
        &b""[..],
        b"tim",
        b"tim\0secret",
        b"\0\0secret",
        b"\0tim\0",
        b"\0tim\0secret\0",
        b"a\0b\0c\0d",
        b"\0tim\0\xff",
        b"\xff\0tim\0secret",
    ] {
        assert!(matches!(plain(message), Err(SaslError::Malformed(_))), "{message:?}");
    }
}

#[test]
fn plain_without_initial_response() {
    let Step::Challenge(challenge, exchange) = start(Mechanism::Plain, None) else {
        panic!("the client has to begin");
    };
    assert_eq!(challenge, b"");
    assert!(
        matches!(exchange.step(b"\0a\0b".to_vec()), Step::Credentials(got) if got == login(None, "a", "b"))
    );
}

#[test]
fn login_asks_for_what_it_has_not() {
    let Step::Challenge(challenge, exchange) = start(Mechanism::Login, None) else {
        panic!("it asks for the name");
    };
    assert_eq!(encode(&challenge), "VXNlcm5hbWU6");
    let Step::Challenge(challenge, exchange) = exchange.step(b"joe".to_vec()) else {
        panic!("it asks for the password");
    };
    assert_eq!(encode(&challenge), "UGFzc3dvcmQ6");
    assert!(
        matches!(exchange.step(b"pw".to_vec()), Step::Credentials(got) if got == login(None, "joe", "pw"))
    );
}

#[test]
fn login_with_initial_response() {
    let Step::Challenge(_, exchange) = start(Mechanism::Login, Some(b"joe")) else {
        panic!("it asks for the password");
    };
    assert!(matches!(exchange.step(vec![]), Step::Failed(SaslError::Malformed(_))));
    for name in [&b""[..], b"\xff", b"a\0b"] {
        let step = start(Mechanism::Login, Some(name));
        assert!(matches!(step, Step::Failed(SaslError::Malformed(_))));
    }
}

#[test]
fn lines() {
    assert_eq!(decode_initial(b"="), Ok(vec![]));
    assert_eq!(decode_initial(b"AGEAYg=="), Ok(b"\0a\0b".to_vec()));
    assert_eq!(decode_response(b"*".to_vec()), Err(SaslError::Cancelled));
    assert_eq!(decode_response(vec![]), Ok(vec![]));
    assert_eq!(decode_response(b"am9l".to_vec()), Ok(b"joe".to_vec()));
    for line in [&b"="[..], b"AGEAYg", b"AGEAYg==\r", b" AGEA", b"AGEAYh==", b"A", b"**"] {
        assert_eq!(decode_response(line.to_vec()), Err(SaslError::NotBase64), "{line:?}");
    }
    assert!(decode_response(vec![b'A'; MAX_LINE]).is_ok());
    assert_eq!(decode_response(vec![b'A'; MAX_LINE + 4]), Err(SaslError::TooLong));
}

/// Long ones are decoded block by block.
#[test]
fn long_lines() {
    for len in [766, 767, 768, 769, 1535, 1536, 1537, 5000] {
        let message: Vec<u8> = (0..len).map(|at| (at * at % 251) as u8).collect();
        let line = encode(&message).into_bytes();
        assert_eq!(decode_response(line), Ok(message));
    }
    let early = format!("{}QQ=={}", "AAAA".repeat(255), "AAAA".repeat(10));
    assert_eq!(decode_response(early.into_bytes()), Err(SaslError::NotBase64));
}

/// Tokens and passwords may be long; names, and what SCRAM sends, may not.
#[test]
fn long_messages() {
    let long = "x".repeat(6000);
    assert_eq!(plain(format!("\0joe\0{long}").as_bytes()), Ok(login(None, "joe", &long)));
    let token = format!("n,a=joe,\x01auth=Bearer {long}\x01\x01");
    assert_eq!(bearer(Mechanism::OAuthBearer, token.as_bytes()).unwrap().1, long);
    let name = &long[..1025];
    for message in [format!("\0{name}\0pw"), format!("{name}\0joe\0pw")] {
        assert_eq!(plain(message.as_bytes()), Err(SaslError::Malformed("name too long")));
    }
    for (mechanism, message) in [
        (Mechanism::Login, name.to_owned()),
        (Mechanism::XOAuth2, format!("user={name}\x01auth=Bearer t\x01\x01")),
        (Mechanism::OAuthBearer, format!("n,a={name},\x01auth=Bearer t\x01\x01")),
    ] {
        let step = start(mechanism, Some(message.as_bytes()));
        assert!(matches!(step, Step::Failed(SaslError::Malformed("name too long"))), "{step:?}");
    }
    let first = format!("n,,n=joe,r={}", &long[..768]);
    let step = start(Mechanism::ScramSha256, Some(first.as_bytes()));
    assert!(matches!(step, Step::Failed(SaslError::TooLong)), "{step:?}");
}

/// A token stands where its line stood.
#[test]
fn a_token_takes_no_memory_of_its_own() {
    let token = format!("n,a=joe,\x01auth=Bearer {}\x01\x01", "x".repeat(4000));
    let line = encode(token.as_bytes()).into_bytes();
    let place = line.as_ptr();
    let Ok(message) = decode_response(line) else { panic!("it is base64") };
    let step = Exchange::start(Mechanism::OAuthBearer, &Bindings::default(), Some(message));
    let Step::Credentials(login) = step else { panic!("{step:?}") };
    let Credentials::Bearer { token, .. } = login.credentials else { panic!("no token") };
    assert_eq!(token.expose().as_ptr(), place);
}

#[test]
fn names() {
    assert_eq!(Mechanism::named("plain"), Some(Mechanism::Plain));
    assert_eq!(Mechanism::named("LOGIN"), Some(Mechanism::Login));
    assert_eq!(Mechanism::named("scram-sha-256-plus"), Some(Mechanism::ScramSha256Plus));
    assert_eq!(Mechanism::named("PLAI"), None);
    assert_eq!(Mechanism::named(""), None);
}

#[test]
fn what_is_offered() {
    let offered = |takes, exporter| {
        let bindings = Bindings { exporter, end_point: None };
        let names: Vec<_> = Mechanism::offered(takes, &bindings).map(Mechanism::name).collect();
        names.join(" ")
    };
    assert_eq!(offered(Takes::default(), Some([0; 32])), "PLAIN LOGIN");
    let scram = Takes { scram: true, bearer: false };
    assert_eq!(offered(scram, None), "SCRAM-SHA-256 PLAIN LOGIN");
    assert_eq!(offered(scram, Some([0; 32])), "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN");
    let bearer = Takes { scram: false, bearer: true };
    assert_eq!(offered(bearer, None), "OAUTHBEARER XOAUTH2 PLAIN LOGIN");
}

/// The token and the refusal that goes before the NO, if it is a login at all.
fn bearer(mechanism: Mechanism, message: &[u8]) -> Option<(String, String, String)> {
    let Step::Credentials(login) = start(mechanism, Some(message)) else { return None };
    let Credentials::Bearer { name, token } = login.credentials else { panic!("no token") };
    let accepted =
        Verdict::Accepted(Identity { account: AccountId::new(1).unwrap(), name: "joe".into() });
    assert_eq!(login.epilogue.clone().after(&accepted), None);
    let refusal = login.epilogue.after(&Verdict::Rejected).unwrap();
    Some((name, token.expose().to_owned(), String::from_utf8(refusal).unwrap()))
}

/// The example of RFC 7628 4.1.
#[test]
fn oauth_bearer_messages() {
    let parse = |message: &str| bearer(Mechanism::OAuthBearer, message.as_bytes());
    let (name, token, refusal) = parse(
        "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
         auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01",
    )
    .unwrap();
    assert_eq!(name, "user@example.com");
    assert_eq!(token, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    assert!(refusal.contains("\"invalid_token\""), "{refusal}");
    assert_eq!(parse("n,,\x01auth=bearer t\x01\x01").unwrap().0, "");
    assert_eq!(parse("y,a=a=2Cb=3D,\x01auth=BEARER t\x01\x01").unwrap().0, "a,b=");
    for bad in [
        "",
        "n",
        "n,,",
        "n,,\x01\x01",
        "n,,\x01auth=Bearer t\x01",
        "n,,auth=Bearer t\x01\x01",
        "n,,\x01auth=Bearer\x01\x01",
        "n,,\x01auth=Bearer a b\x01\x01",
        "n,,\x01auth=Basic t\x01\x01",
        "p=tls-exporter,,\x01auth=Bearer t\x01\x01",
        "x,,\x01auth=Bearer t\x01\x01",
        "n,b,\x01auth=Bearer t\x01\x01",
        "n,a=,\x01auth=Bearer t\x01\x01",
        "n,a=b=2,\x01auth=Bearer t\x01\x01",
        "n,,\x01auth=Bearer ==\x01\x01",
    ] {
        assert_eq!(parse(bad), None, "{bad:?}");
    }
}

#[test]
fn xoauth2_messages() {
    let parse = |message: &str| bearer(Mechanism::XOAuth2, message.as_bytes());
    let (name, token, refusal) = parse("user=joe\x01auth=Bearer ya29.v-_~\x01\x01").unwrap();
    assert_eq!((name.as_str(), token.as_str()), ("joe", "ya29.v-_~"));
    assert!(refusal.contains("\"401\""), "{refusal}");
    for bad in [
        "",
        "user=joe",
        "user=joe\x01\x01",
        "user=joe\x01auth=Bearer t\x01",
        "user=\x01auth=Bearer t\x01\x01",
        "joe\x01auth=Bearer t\x01\x01",
        "user=joe\x01auth=Bearer t t\x01\x01",
    ] {
        assert_eq!(parse(bad), None, "{bad:?}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let printed = format!("{:?}", start(Mechanism::Plain, Some(b"\0tim\0hunter2")));
    assert!(!printed.contains("hunter2"), "{printed}");
}

proptest! {
    #[test]
    fn any_message(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = plain(&bytes);
        let _ = decode_response(bytes.clone());
        for mechanism in [Mechanism::OAuthBearer, Mechanism::XOAuth2, Mechanism::ScramSha256] {
            let _ = start(mechanism, Some(&bytes));
        }
        if let Step::Challenge(_, exchange) = start(Mechanism::Login, Some(&bytes)) {
            let _ = exchange.step(bytes);
        }
    }
}
