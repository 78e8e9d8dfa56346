//! What a security key says (W3C Web Authentication, level 2), and whether it is true. No I/O, and
//! no clock.
//!
//! What a key says of its maker (its attestation) is not asked for and not looked at. Keys sign with
//! ES256, EdDSA or RS256.

mod authenticator;
mod client;
mod key;

use authenticator::AuthenticatorData;
use client::Ceremony;
pub(super) use key::Key;

/// Bytes of a challenge (13.4.3: at least 16).
pub(super) const CHALLENGE: usize = 32;
/// The longest of what a browser sends, each, in bytes.
const MOST: usize = 8 * 1024;

/// Where security keys are used: what a browser binds them to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The domain that the keys are for, such as `mail.example.com`; pages of it and of the domains
    /// below it can use them.
    pub id: String,
    /// What users are told it is.
    pub name: String,
    /// The origins of the pages, such as `https://mail.example.com`.
    pub origins: Vec<String>,
    /// Whether a key must ask for more than a touch.
    pub verification: Verification,
}

/// Whether a key must find out that it is its user who holds it: by a PIN, a finger, a face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// If it can: it is the second factor, after the password.
    #[default]
    Preferred,
    /// A key that does not is refused.
    Required,
}

/// What a browser sends of a new key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attestation {
    /// `response.clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `response.attestationObject`.
    pub object: Vec<u8>,
}

/// What a browser sends of a key that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assertion {
    /// `rawId`: the name that the key has given itself.
    pub credential: Vec<u8>,
    /// `response.clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `response.authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `response.signature`.
    pub signature: Vec<u8>,
}

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the security key is not taken: {0}")]
pub struct KeyRefused(&'static str);

impl KeyRefused {
    pub(super) const STALE: Self = Self("it was asked by somebody else, or too long ago");
    pub(super) const UNKNOWN: Self = Self("it is none of this user's");
    pub(super) const COPIED: Self = Self("its counter went back: it may have been copied");
}

fn no<T>(why: &'static str) -> Result<T, KeyRefused> {
    Err(KeyRefused(why))
}

/// A key that has made itself known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecurityKey {
    /// The name that it has given itself: 1 to 1023 bytes.
    pub credential: Vec<u8>,
    /// Its public key, in COSE (RFC 9052 7).
    pub key: Vec<u8>,
    /// How often it has signed; 0 for one that does not count.
    pub counter: u32,
}

impl RelyingParty {
    /// Reads what a new key says to a challenge (7.1). Whether that was asked, and is asked no more, is
    /// for the caller to know; [`Accounts`](super::Accounts) does.
    pub fn register(
        &self,
        said: &Attestation,
        challenge: &[u8],
    ) -> Result<NewSecurityKey, KeyRefused> {
        if said.client_data.len() > MOST || said.object.len() > MOST {
            return no("it says too much");
        }
        client::check(&said.client_data, Ceremony::Create, challenge, &self.origins)?;
        let data = authenticator::of_attestation(&said.object)?;
        let data = AuthenticatorData::read(&data)?;
        self.check(&data)?;
        let Some((credential, key)) = data.attested else { return no("it does not name itself") };
        // It must be one that can be used later.
        Key::read(&key)?;
        Ok(NewSecurityKey { credential, key, counter: data.counter })
    }

    /// Checks what a known key, with the counter that it had, says to a challenge (7.2). Returns its
    /// counter.
    pub fn assert(
        &self,
        said: &Assertion,
        challenge: &[u8],
        (key, counter): (&[u8], u32),
    ) -> Result<u32, KeyRefused> {
        let parts = [&said.client_data, &said.authenticator_data, &said.signature];
        if parts.iter().any(|part| part.len() > MOST) {
            return no("it says too much");
        }
        client::check(&said.client_data, Ceremony::Get, challenge, &self.origins)?;
        let data = AuthenticatorData::read(&said.authenticator_data)?;
        self.check(&data)?;
        let hash = sha256(&said.client_data);
        let signed = [&said.authenticator_data[..], &hash].concat();
        Key::read(key)?.verify(&signed, &said.signature)?;
        // Keys that do not count stay at nothing. One that goes back may have been copied (7.2.21).
        match (data.counter, counter) {
            (0, 0) => Ok(0),
            (now, before) if now > before => Ok(now),
            _ => Err(KeyRefused::COPIED),
        }
    }

    fn check(&self, data: &AuthenticatorData) -> Result<(), KeyRefused> {
        if data.party != sha256(self.id.as_bytes()) {
            return no("it is for another domain");
        }
        if !data.is_present() {
            return no("nobody has touched it");
        }
        if self.verification == Verification::Required && !data.is_verified() {
            return no("it did not ask who holds it");
        }
        Ok(())
    }
}

/// The challenge that a browser says it was given.
pub(super) fn challenge_of(client_data: &[u8]) -> Result<[u8; CHALLENGE], KeyRefused> {
    match client_data.len() > MOST {
        true => no("it says too much"),
        false => client::challenge(client_data).ok_or(KeyRefused::STALE),
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).into()
}
