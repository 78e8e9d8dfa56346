//! XOAUTH2 (Google's forerunner of OAUTHBEARER): `user=NAME^Aauth=Bearer TOKEN^A^A`.

use super::bearer::{self, END};
use super::{Login, SaslError, Step, name, nonempty};

/// What a client is told that is not let in, before it is told so. It answers with an empty line.
const REFUSAL: &[u8] = br#"{"status":"401","schemes":"bearer"}"#;

pub(super) fn step(message: Vec<u8>) -> Step {
    match parse(message) {
        Ok(login) => Step::Credentials(login),
        Err(error) => Step::Failed(error),
    }
}

fn parse(message: Vec<u8>) -> Result<Login, SaslError> {
    let malformed = SaslError::Malformed("XOAUTH2 is user and auth");
    let fields = nonempty(&message)?.strip_suffix(END).ok_or(malformed)?;
    let (user, _pairs) = fields.split_once('\u{1}').ok_or(malformed)?;
    let user = user.strip_prefix("user=").filter(|name| !name.is_empty()).ok_or(malformed)?;
    bearer::login(name(user.as_bytes())?.to_owned(), message, REFUSAL)
}
