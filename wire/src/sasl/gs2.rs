//! The GS2 header with which SCRAM and OAUTHBEARER begin (RFC 5801 4): whether the exchange is bound
//! to the TLS channel, and as whom the client wants to act.

use super::{MAX_NAME, SaslError, nonempty};

/// What the client says about channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding<'a> {
    /// It has none.
    None,
    /// It has some, and thinks that the server has none.
    Unused,
    /// It uses this one.
    Used(&'a str),
}

/// The header and what follows it.
pub(super) struct Gs2<'a> {
    /// The header itself, with its last comma.
    pub(super) header: &'a str,
    pub(super) binding: Binding<'a>,
    pub(super) authzid: Option<String>,
    pub(super) rest: &'a str,
}

const MALFORMED: SaslError = SaslError::Malformed("GS2 header");

pub(super) fn parse(message: &[u8]) -> Result<Gs2<'_>, SaslError> {
    let message = nonempty(message)?;
    let (flag, after) = message.split_once(',').ok_or(MALFORMED)?;
    let (authzid, rest) = after.split_once(',').ok_or(MALFORMED)?;
    let binding = match flag {
        "n" => Binding::None,
        "y" => Binding::Unused,
        _ => Binding::Used(flag.strip_prefix("p=").ok_or(MALFORMED)?),
    };
    let authzid = match authzid {
        "" => None,
        authzid => Some(name(authzid.strip_prefix("a=").ok_or(MALFORMED)?)?),
    };
    Ok(Gs2 { header: &message[..message.len() - rest.len()], binding, authzid, rest })
}

/// A `saslname`: `=2C` is a comma and `=3D` an equals sign, which cannot stand for themselves.
pub(super) fn name(text: &str) -> Result<String, SaslError> {
    if text.len() > MAX_NAME {
        return Err(SaslError::Malformed("name too long"));
    }
    let mut parts = text.split('=');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escaped, rest) = if let Some(rest) = part.strip_prefix("2C") {
            (',', rest)
        } else if let Some(rest) = part.strip_prefix("3D") {
            ('=', rest)
        } else {
            return Err(SaslError::Malformed("escape in a name"));
        };
        name.push(escaped);
        name.push_str(rest);
    }
    match name.is_empty() {
        true => Err(SaslError::Malformed("empty name")),
        false => Ok(name),
    }
}
