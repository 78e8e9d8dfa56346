//! Mail that only its owner can read: encrypted, before it is stored, to the owner's public key.
//!
//! The top-level header stays readable but for `MIME-Version` and `Content-*`; these go inside, in
//! front of the body, and what is inside is encrypted byte for byte. It becomes the second part of a
//! `multipart/encrypted` (PGP/MIME, RFC 3156 4) or the body of an `application/pkcs7-mime` (S/MIME,
//! RFC 8551 3.3).
//!
//! Which mail that is, a [`KeyBook`] says; [`Mailstore`](crate::Mailstore) asks it for every message
//! that it stores. What was to be encrypted and cannot be is not stored.

#[cfg(feature = "encryption")]
mod checksum;
#[cfg(feature = "encryption")]
mod der;
mod entity;
#[cfg(feature = "encryption")]
mod lines;
#[cfg(feature = "encryption")]
mod openpgp;
#[cfg(feature = "encryption")]
mod smime;

pub(crate) use entity::{Source, is_encrypted};

use crate::store::{KeyKind, PublicKey};
use crate::time::Timestamp;

/// The largest key that is looked at, in bytes.
pub const MAX_KEY: usize = 40 * 1024;

/// Why mail cannot be encrypted to a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key cannot be used: {0}")]
pub struct Unusable(String);

impl Unusable {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// What a key says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// In hexadecimal: of an OpenPGP key the fingerprint, of a certificate its SHA-256.
    pub fingerprint: String,
    /// Whose it says it is: user IDs, or the subject. At most 20.
    pub names: Vec<String>,
    /// The last moment when mail can be encrypted to it; `None` if it never ends.
    pub until: Option<Timestamp>,
}

/// Most names of a key that are told.
#[cfg(feature = "encryption")]
const MOST_NAMES: usize = 20;

/// Finds out of what kind a key is. That it can be used is not yet said.
///
/// # Errors
/// If it is of no kind that is known, is secret, or has more than [`MAX_KEY`] bytes.
pub fn recognise(bytes: &[u8]) -> Result<PublicKey, Unusable> {
    if bytes.len() > MAX_KEY {
        let why = format!("it has more than {MAX_KEY} bytes: leave out what others have signed");
        return Err(Unusable::new(why));
    }
    let has = |text: &str| memchr::memmem::find(bytes, text.as_bytes()).is_some();
    if has("PRIVATE KEY") {
        return Err(Unusable::new("there is a private key in it, which nobody else may have"));
    }
    let kind = match bytes.first() {
        _ if has("-----BEGIN PGP PUBLIC KEY BLOCK-----") => KeyKind::OpenPgp,
        _ if has("-----BEGIN CERTIFICATE-----") => KeyKind::Smime,
        // A DER SEQUENCE (X.690 8.9.1).
        Some(0x30) => KeyKind::Smime,
        // The first octet of a packet has this bit (RFC 9580 4.2).
        Some(byte) if byte & 0x80 != 0 => KeyKind::OpenPgp,
        _ => return Err(Unusable::new("it is neither an OpenPGP key nor a certificate")),
    };
    Ok(PublicKey { kind, bytes: bytes::Bytes::copy_from_slice(bytes) })
}

/// Looks whether mail can be encrypted to a key at that time, and what the key says of itself. Takes
/// some milliseconds.
#[cfg(feature = "encryption")]
pub fn inspect(key: &PublicKey, at: Timestamp) -> Result<KeyInfo, Unusable> {
    match key.kind {
        KeyKind::OpenPgp => openpgp::Recipient::read(&key.bytes, at).map(|key| key.info()),
        KeyKind::Smime => smime::Recipient::read(&key.bytes, at).map(|key| key.info()),
    }
}

/// Encrypts a message to a key: what is to be stored in its place.
#[cfg(feature = "encryption")]
pub(crate) fn encrypt(
    key: &PublicKey,
    message: &Source,
    at: Timestamp,
) -> Result<Vec<u8>, Unusable> {
    let entity = entity::Entity::of(message);
    match key.kind {
        KeyKind::OpenPgp => openpgp::Recipient::read(&key.bytes, at)?.encrypt(&entity),
        KeyKind::Smime => smime::Recipient::read(&key.bytes, at)?.encrypt(&entity),
    }
}

/// Looks whether mail can be encrypted to a key.
///
/// # Errors
/// Always: this library is built without the feature `encryption`.
#[cfg(not(feature = "encryption"))]
pub fn inspect(_: &PublicKey, _: Timestamp) -> Result<KeyInfo, Unusable> {
    Err(Unusable::new("this server is built without encryption"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised() {
        let kind = |bytes: &[u8]| recognise(bytes).map(|key| key.kind);
        let openpgp = b"\xef\xbb\xbfComment\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n";
        assert_eq!(kind(openpgp), Ok(KeyKind::OpenPgp));
        assert_eq!(kind(b"-----BEGIN CERTIFICATE-----\n"), Ok(KeyKind::Smime));
        assert_eq!(kind(b"\x30\x82"), Ok(KeyKind::Smime));
        assert_eq!(kind(b"\x98\x33"), Ok(KeyKind::OpenPgp));
        for wrong in [&b""[..], b"ssh-ed25519 AAAA", &[0x98; MAX_KEY + 1]] {
            assert!(kind(wrong).is_err());
        }
        for secret in [
            "-----BEGIN PGP PRIVATE KEY BLOCK-----",
            "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----",
        ] {
            let said = kind(secret.as_bytes()).unwrap_err().to_string();
            assert!(said.contains("private"), "{said}");
        }
    }
}
