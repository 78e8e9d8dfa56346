use mailstore::store::directory::Secret;
use proptest::prelude::*;

use super::*;

fn login(authzid: Option<&str>, name: &str, password: &str) -> Login {
    Login {
        authzid: authzid.map(str::to_owned),
        credentials: Credentials::Plain { name: name.to_owned(), password: Secret::new(password) },
    }
}

fn plain(message: &[u8]) -> Result<Login, SaslError> {
    match Exchange::start(Mechanism::Plain, Some(message)) {
        Step::Credentials(login) => Ok(login),
        Step::Failed(error) => Err(error),
        Step::Challenge(..) => panic!("PLAIN has no challenge after its message"),
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
    let Step::Challenge(challenge, exchange) = Exchange::start(Mechanism::Plain, None) else {
        panic!("the client has to begin");
    };
    assert_eq!(challenge, b"");
    assert!(
        matches!(exchange.step(b"\0a\0b"), Step::Credentials(got) if got == login(None, "a", "b"))
    );
}

#[test]
fn login_asks_for_what_it_has_not() {
    let Step::Challenge(challenge, exchange) = Exchange::start(Mechanism::Login, None) else {
        panic!("it asks for the name");
    };
    assert_eq!(encode(&challenge), "VXNlcm5hbWU6");
    let Step::Challenge(challenge, exchange) = exchange.step(b"joe") else {
        panic!("it asks for the password");
    };
    assert_eq!(encode(&challenge), "UGFzc3dvcmQ6");
    assert!(
        matches!(exchange.step(b"pw"), Step::Credentials(got) if got == login(None, "joe", "pw"))
    );
}

#[test]
fn login_with_initial_response() {
    let Step::Challenge(_, exchange) = Exchange::start(Mechanism::Login, Some(b"joe")) else {
        panic!("it asks for the password");
    };
    assert!(matches!(exchange.step(b""), Step::Failed(SaslError::Malformed(_))));
    for name in [&b""[..], b"\xff", b"a\0b"] {
        let step = Exchange::start(Mechanism::Login, Some(name));
        assert!(matches!(step, Step::Failed(SaslError::Malformed(_))));
    }
}

#[test]
fn lines() {
    assert_eq!(decode_initial(b"="), Ok(vec![]));
    assert_eq!(decode_initial(b"AGEAYg=="), Ok(b"\0a\0b".to_vec()));
    assert_eq!(decode_response(b"*"), Ok(Response::Cancelled));
    assert_eq!(decode_response(b""), Ok(Response::Message(vec![])));
    assert_eq!(decode_response(b"am9l"), Ok(Response::Message(b"joe".to_vec())));
    for line in [&b"="[..], b"AGEAYg", b"AGEAYg==\r", b" AGEA", b"AGEAYh==", b"A", b"**"] {
        assert_eq!(decode_response(line), Err(SaslError::NotBase64), "{line:?}");
    }
    assert!(decode_response(&[b'A'; MAX_LINE]).is_ok());
    assert_eq!(decode_response(&[b'A'; MAX_LINE + 4]), Err(SaslError::TooLong));
}

#[test]
fn names() {
    assert_eq!(Mechanism::named("plain"), Some(Mechanism::Plain));
    assert_eq!(Mechanism::named("LOGIN"), Some(Mechanism::Login));
    assert_eq!(Mechanism::named("PLAI"), None);
    assert_eq!(Mechanism::named(""), None);
}

#[test]
fn nothing_secret_is_printed() {
    let printed = format!("{:?}", Exchange::start(Mechanism::Plain, Some(b"\0tim\0hunter2")));
    assert!(!printed.contains("hunter2"), "{printed}");
}

proptest! {
    #[test]
    fn any_message(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = plain(&bytes);
        let _ = decode_response(&bytes);
        if let Step::Challenge(_, exchange) = Exchange::start(Mechanism::Login, Some(&bytes)) {
            let _ = exchange.step(&bytes);
        }
    }
}
