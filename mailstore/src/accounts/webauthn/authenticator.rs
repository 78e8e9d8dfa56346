//! What a key says (6.1): bytes that it signs.

use ciborium::Value;

use super::{KeyRefused, no};

/// The longest name that a key may give itself, in bytes (5.8.3).
const LONGEST_NAME: usize = 1023;

/// Authenticator data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthenticatorData {
    /// SHA-256 of the domain that it is for.
    pub(super) party: [u8; 32],
    flags: u8,
    /// How often it has signed, if it counts.
    pub(super) counter: u32,
    /// Of a new key: its name, and its public key in COSE.
    pub(super) attested: Option<(Vec<u8>, Vec<u8>)>,
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ATTESTED: u8 = 1 << 6;

impl AuthenticatorData {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, KeyRefused> {
        let read = || {
            let (party, rest) = bytes.split_first_chunk()?;
            let ([flags], rest) = rest.split_first_chunk()?;
            let (counter, rest) = rest.split_first_chunk()?;
            let attested = match flags & ATTESTED {
                0 => None,
                _ => Some(attested(rest)?),
            };
            let counter = u32::from_be_bytes(*counter);
            Some(Self { party: *party, flags: *flags, counter, attested })
        };
        read().ok_or(KeyRefused("what it says cannot be read"))
    }

    pub(super) fn is_present(&self) -> bool {
        self.flags & PRESENT != 0
    }

    pub(super) fn is_verified(&self) -> bool {
        self.flags & VERIFIED != 0
    }
}

/// The name and the public key (6.5.1). Extensions may follow.
fn attested(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_model, rest) = bytes.split_first_chunk::<16>()?;
    let (len, rest) = rest.split_first_chunk()?;
    let len = usize::from(u16::from_be_bytes(*len));
    let (name, rest) = rest.split_at_checked(len)?;
    if name.is_empty() || len > LONGEST_NAME {
        return None;
    }
    let mut after = rest;
    let _key: Value = ciborium::from_reader(&mut after).ok()?;
    Some((name.to_vec(), rest[..rest.len() - after.len()].to_vec()))
}

/// The authenticator data in an attestation object (6.5.4).
pub(super) fn of_attestation(object: &[u8]) -> Result<Vec<u8>, KeyRefused> {
    let Ok(Value::Map(entries)) = ciborium::from_reader(object) else {
        return no("what it says of itself is no CBOR");
    };
    let data = entries.into_iter().find(|(name, _)| name.as_text() == Some("authData"));
    match data {
        Some((_, Value::Bytes(data))) => Ok(data),
        _ => no("it says nothing of itself"),
    }
}
