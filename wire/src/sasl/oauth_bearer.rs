//! OAUTHBEARER (RFC 7628): `n,a=name,^Ahost=...^Aport=...^Aauth=Bearer TOKEN^A^A`.

use super::bearer::{self, END};
use super::gs2::{self, Binding};
use super::{Login, SaslError, Step};

/// What a client is told that is not let in, before it is told so (RFC 7628 3.2.2). It answers with
/// a ^A.
const REFUSAL: &[u8] = br#"{"status":"invalid_token","schemes":"bearer"}"#;

pub(super) fn step(message: Vec<u8>) -> Step {
    match parse(message) {
        Ok(login) => Step::Credentials(login),
        Err(error) => Step::Failed(error),
    }
}

fn parse(message: Vec<u8>) -> Result<Login, SaslError> {
    let gs2 = gs2::parse(&message)?;
    if let Binding::Used(_) = gs2.binding {
        return Err(SaslError::Binding("there is none for tokens"));
    }
    let pairs = gs2.rest.strip_prefix('\u{1}').and_then(|rest| rest.strip_suffix(END));
    pairs.ok_or(SaslError::Malformed("key/value pairs"))?;
    bearer::login(gs2.authzid.unwrap_or_default(), message, REFUSAL)
}
