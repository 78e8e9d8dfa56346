//! What OAUTHBEARER and XOAUTH2 have in common: a token among key/value pairs.

use mailstore::store::directory::{Credentials, Secret};

use super::{Epilogue, Login, SaslError, part, text};

/// Ends the last pair, and the message.
pub(super) const END: &str = "\u{1}\u{1}";

/// The login with the token in the message, whose pairs ^A separates. Host and port, which clients
/// may add, say nothing that the connection does not say.
pub(super) fn login(
    name: String,
    message: Vec<u8>,
    refusal: &'static [u8],
) -> Result<Login, SaslError> {
    let fields = text(&message)?;
    let auth = fields.split('\u{1}').find_map(|pair| pair.strip_prefix("auth="));
    let token = auth.and_then(token).ok_or(SaslError::Malformed("no bearer token"))?;
    // The same bytes, wherever they are found first.
    let start = fields.find(token).unwrap_or_default();
    let token = start..start + token.len();
    let token = Secret::new(part(message, token)?);
    Ok(Login {
        authzid: None,
        credentials: Credentials::Bearer { name, token },
        epilogue: Epilogue::IfRefused(refusal.into()),
    })
}

/// The token of `Bearer TOKEN` (RFC 6750 2.1).
fn token(auth: &str) -> Option<&str> {
    let (scheme, token) = auth.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let body = token.trim_end_matches('=');
    let whole = !body.is_empty() && body.chars().all(fits);
    (scheme.eq_ignore_ascii_case("bearer") && whole).then_some(token)
}
