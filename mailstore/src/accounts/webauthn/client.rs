//! What the browser says of a ceremony (5.8.1): a JSON text that the key has signed.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::{CHALLENGE, KeyRefused, no};

/// What a key is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceremony {
    /// To make itself known.
    Create,
    /// To prove itself.
    Get,
}

/// Whether it was made for this challenge, by a page of one of these origins.
pub(super) fn check(
    text: &[u8],
    ceremony: Ceremony,
    challenge: &[u8],
    origins: &[String],
) -> Result<(), KeyRefused> {
    let Ok(Value::Object(said)) = serde_json::from_slice(text) else {
        return no("the browser's words are no JSON");
    };
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = match ceremony {
        Ceremony::Create => "webauthn.create",
        Ceremony::Get => "webauthn.get",
    };
    if text("type") != kind {
        return no("it was asked for something else");
    }
    if text("challenge") != BASE64URL_NOPAD.encode(challenge) {
        return Err(KeyRefused::STALE);
    }
    if !origins.iter().any(|origin| is_of(text("origin"), origin)) {
        return no("it was asked by a page of another origin");
    }
    match said.get("crossOrigin") {
        None | Some(Value::Bool(false)) => Ok(()),
        _ => no("it was asked within a page of another origin"),
    }
}

/// Whether a page is of an origin. This machine is one, whatever the port.
fn is_of(page: &str, origin: &str) -> bool {
    const HERE: &str = "http://localhost";
    let port = page.strip_prefix(HERE).and_then(|rest| rest.strip_prefix(':'));
    let is_port = port.is_some_and(|port| port.parse::<u16>().is_ok());
    page == origin || origin == HERE && is_port
}

/// The challenge that it says it was made for.
pub(super) fn challenge(text: &[u8]) -> Option<[u8; CHALLENGE]> {
    let said: Value = serde_json::from_slice(text).ok()?;
    let challenge = said.get("challenge")?.as_str()?;
    BASE64URL_NOPAD.decode(challenge.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_for_one_challenge_and_one_origin() {
        let origins = ["https://mail.example".to_owned()];
        let said = |text: &str| check(text.as_bytes(), Ceremony::Get, b"abc", &origins);
        let good = "{\"type\":\"webauthn.get\",\"challenge\":\"YWJj\",\
                    \"origin\":\"https://mail.example\",\"crossOrigin\":false,\"more\":1}";
        assert_eq!(said(good), Ok(()));
        assert_eq!(said(&good.replace(",\"crossOrigin\":false", "")), Ok(()));
        assert!(is_of("http://localhost:8080", "http://localhost"));
        assert!(!is_of("http://localhost:8080.example", "http://localhost"));
        assert!(!is_of("https://mail.example:8080", "https://mail.example"));
        for (from, to) in [
            ("webauthn.get", "webauthn.create"),
            ("YWJj", "YWJk"),
            ("YWJj", "YWJj=="),
            ("https://mail.example", "https://mail.example.evil"),
            ("https://mail.example", "http://mail.example"),
            ("false", "true"),
            ("}", ""),
        ] {
            assert!(said(&good.replace(from, to)).is_err(), "{from} {to}");
        }
    }
}
