//! Keys under which secrets are kept that must be read again, and so cannot be hashed.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::store::StoreError;

/// Bytes that say which key a secret is sealed with.
const ID: usize = 4;
/// Bytes of a nonce: long enough to be drawn at random.
const NONCE: usize = 24;

/// The keys of a store: secrets are sealed with the first, and opened with any. To change the key,
/// put a new one in front, have everything sealed anew
/// ([`Accounts::reseal`](super::Accounts::reseal)), and take the old one away. Its `Debug` shows
/// nothing.
#[derive(Clone)]
pub struct Keyring {
    first: Key,
    others: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: [u8; ID],
    key: [u8; 32],
}

impl Key {
    fn new(key: [u8; 32]) -> Self {
        let digest = blake3::derive_key("mailstore 2026 name of a sealing key", &key);
        let mut id = [0; ID];
        id.copy_from_slice(&digest[..ID]);
        Self { id, key }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.key.into())
    }
}

impl Keyring {
    /// Of a key of 256 random bits, and of those that it has come after.
    pub fn new(first: [u8; 32], others: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self { first: Key::new(first), others: others.into_iter().map(Key::new).collect() }
    }

    /// Seals a secret with XChaCha20-Poly1305. It is opened only in the same place.
    pub(super) fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let failed = |why: String| StoreError::unavailable("seal a secret", why);
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| failed(error.to_string()))?;
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let sealed = self.first.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|error| failed(error.to_string()))?;
        Ok([&self.first.id[..], &nonce[..], &sealed[..]].concat())
    }

    /// The reverse of [`Self::seal`]. A key that is not there is no reason to let anybody in.
    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let corrupt = |why: &str| StoreError::corrupt("open a secret", format!("{place}: {why}"));
        let (id, rest) = sealed.split_first_chunk::<ID>().ok_or_else(|| corrupt("cut off"))?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(|| corrupt("cut off"))?;
        let mut keys = std::iter::once(&self.first).chain(&self.others);
        let key = keys.find(|key| key.id == *id);
        let key = key.ok_or_else(|| corrupt("sealed with a key that is not configured"))?;
        let payload = Payload { msg: rest, aad: place.as_bytes() };
        let opened = key.cipher().decrypt(&XNonce::from(*nonce), payload);
        opened.map_err(|_| corrupt("not what was sealed there"))
    }

    /// Whether it is sealed with the first key.
    pub(super) fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.starts_with(&self.first.id)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring of {}", 1 + self.others.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fault;

    #[test]
    fn a_secret_is_opened_in_its_place_only() {
        let keys = Keyring::new([1; 32], []);
        let sealed = keys.seal("here", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(keys.open("here", &sealed).unwrap(), b"secret");
        assert_ne!(keys.seal("here", b"secret").unwrap(), sealed, "the nonce is drawn");
        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        let fault = |place, sealed: &[u8]| keys.open(place, sealed).unwrap_err().fault;
        assert_eq!(fault("there", &sealed), Fault::Corrupt);
        assert_eq!(fault("here", &altered), Fault::Corrupt);
        assert_eq!(fault("here", &sealed[..20]), Fault::Corrupt);
        assert_eq!(fault("here", b""), Fault::Corrupt);
    }

    #[test]
    fn keys_are_changed_one_after_the_other() {
        let (old, new) = (Keyring::new([1; 32], []), Keyring::new([2; 32], [[1; 32]]));
        let sealed = old.seal("here", b"secret").unwrap();
        assert!(old.is_current(&sealed) && !new.is_current(&sealed));
        assert_eq!(new.open("here", &sealed).unwrap(), b"secret");
        let again = new.seal("here", b"secret").unwrap();
        assert_eq!(Keyring::new([2; 32], []).open("here", &again).unwrap(), b"secret");
        assert!(old.open("here", &again).unwrap_err().to_string().contains("not configured"));
        assert_eq!(format!("{new:?}"), "Keyring of 2");
    }
}
