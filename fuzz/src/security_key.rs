//! Any bytes as what a browser sends of a security key: it is read or refused, and nobody is let in.

use mailstore::accounts::{Assertion, Attestation, RelyingParty, Verification};

const CHALLENGE: [u8; 32] = *b"what a security key is asked.. !";
/// The challenge as browsers write it.
const ASKED: &str = "d2hhdCBhIHNlY3VyaXR5IGtleSBpcyBhc2tlZC4uICE";

fn client_data(kind: &str) -> Vec<u8> {
    let said = format!("\"type\":\"webauthn.{kind}\",\"challenge\":\"{ASKED}\"");
    format!("{{{said},\"origin\":\"https://mail.example\"}}").into_bytes()
}

/// Reads these bytes in each place where some may come from afar.
pub(crate) fn run(data: &[u8]) {
    let party = RelyingParty {
        id: "mail.example".to_owned(),
        name: "Mail".to_owned(),
        origins: vec!["https://mail.example".to_owned()],
        verification: Verification::Preferred,
    };
    let object = data.to_vec();
    let attestation = Attestation { client_data: client_data("create"), object: object.clone() };
    if let Ok(new) = party.register(&attestation, &CHALLENGE) {
        assert!((1..=1023).contains(&new.credential.len()) && !new.key.is_empty());
        // Its authenticator data, with a signature that is none.
        let said = Assertion {
            credential: new.credential,
            client_data: client_data("get"),
            authenticator_data: object.clone(),
            signature: object.clone(),
        };
        assert!(party.assert(&said, &CHALLENGE, (&new.key, new.counter)).is_err());
    }
    let attestation = Attestation { client_data: object.clone(), object: object.clone() };
    assert!(party.register(&attestation, &CHALLENGE).is_err());
    let said = Assertion {
        credential: Vec::new(),
        client_data: client_data("get"),
        authenticator_data: object.clone(),
        signature: object,
    };
    assert!(party.assert(&said, &CHALLENGE, (data, 0)).is_err());
}
