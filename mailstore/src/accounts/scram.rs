//! Keys for SCRAM-SHA-256 (RFC 5802 3, RFC 7677): what a server keeps so that a password need not
//! be sent to it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::store::directory::{ScramKey, Secret};

/// Whether keys for SCRAM are kept beside the hash of an account password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scram {
    /// They are not, and SCRAM is not offered. Whoever steals the store has only argon2id hashes to
    /// try passwords on.
    #[default]
    Off,
    /// They are, from the next password that is set or found right. Passwords need not be sent any
    /// more; those stolen are tried some hundred times as fast as with argon2id.
    Kept,
}

/// How often a password is hashed. RFC 7677 asks for 4,096 at least; the client has to do it too,
/// and those that use Cyrus SASL (mbsync, mutt, KMail) refuse more than this.
const ITERATIONS: u32 = 65_536;

/// What is kept of a password for SCRAM. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramSecret {
    /// The same for all passwords of a user.
    pub salt: [u8; 16],
    /// How often the password is hashed.
    pub iterations: u32,
    /// `H(HMAC(SaltedPassword, "Client Key"))`.
    pub stored_key: [u8; 32],
    /// `HMAC(SaltedPassword, "Server Key")`.
    pub server_key: [u8; 32],
}

impl ScramSecret {
    /// Of a password. Takes some tens of milliseconds.
    pub(super) fn of(password: &Secret, salt: [u8; 16]) -> Self {
        Self::derived(password, salt, ITERATIONS)
    }

    /// Of a password, with the salt and the count of another.
    pub(super) fn like(&self, password: &Secret) -> Self {
        Self::derived(password, self.salt, self.iterations)
    }

    /// Whether the count is that of this release.
    pub(super) fn is_current(&self) -> bool {
        self.iterations == ITERATIONS
    }

    /// The salt of all that a user of that login name has, and of a name that is nobody's: always
    /// the same for a name, so that it tells nobody whether there is such a user.
    pub(super) fn salt(server_secret: &[u8; 32], name: &str) -> [u8; 16] {
        let mut salt = [0; 16];
        salt.copy_from_slice(&derive(server_secret, "salt:", name)[..16]);
        salt
    }

    /// The password is prepared by SASLprep (RFC 4013), as clients do. One that it does not allow is
    /// taken as it is, which is what most clients do then.
    fn derived(password: &Secret, salt: [u8; 16], iterations: u32) -> Self {
        let prepared = stringprep::saslprep(password.expose());
        let prepared = prepared.as_deref().unwrap_or(password.expose());
        let mut salted = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(prepared.as_bytes(), &salt, iterations, &mut salted);
        let client_key = hmac(&salted, b"Client Key");
        let server_key = hmac(&salted, b"Server Key");
        Self { salt, iterations, stored_key: Sha256::digest(client_key).into(), server_key }
    }

    /// Of a name that has none: always the same for a name, so that nobody can tell it from one that
    /// has. No password fits.
    pub(super) fn of_nobody(server_secret: &[u8; 32], name: &str) -> Self {
        Self {
            salt: Self::salt(server_secret, name),
            iterations: ITERATIONS,
            stored_key: derive(server_secret, "stored:", name),
            server_key: derive(server_secret, "server:", name),
        }
    }

    /// Whether both were made of one password.
    pub(super) fn is(&self, other: &Self) -> bool {
        same(&self.stored_key, &other.stored_key) && self.fits(other)
    }

    /// Whether a client that knows the salt and the count of one can prove the other.
    pub(super) fn fits(&self, other: &Self) -> bool {
        (self.salt, self.iterations) == (other.salt, other.iterations)
    }

    /// The keys, under the name of the credential they belong to.
    pub(super) fn key(&self, credential: &str) -> ScramKey {
        let Self { stored_key, server_key, .. } = *self;
        ScramKey { stored_key, server_key, credential: credential.to_owned() }
    }
}

/// Takes the same time wherever they differ: hashes of BLAKE3 are compared like that.
pub(super) fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    blake3::Hash::from_bytes(*one) == blake3::Hash::from_bytes(*other)
}

fn derive(server_secret: &[u8; 32], what: &str, name: &str) -> [u8; 32] {
    hmac(server_secret, format!("{what}{name}").as_bytes())
}

impl fmt::Debug for ScramSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramSecret")
    }
}

fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A key shorter than a block is filled up with zeros (RFC 2104 2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677 3: the server's signature comes out only of the right keys.
    #[test]
    fn keys_of_the_example() {
        let salt = data_encoding::BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let secret = ScramSecret::derived(&Secret::new("pencil"), salt.try_into().unwrap(), 4096);
        let message = b"n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = hmac(&secret.server_key, message);
        let shown = data_encoding::BASE64.encode(&signature);
        assert_eq!(shown, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn passwords_are_prepared() {
        let of = |text: &str| ScramSecret::derived(&Secret::new(text), [1; 16], 1).stored_key;
        assert_eq!(of("I\u{ad}X"), of("IX"));
        assert_eq!(of("\u{2168}"), of("IX"));
        assert_ne!(of("a\u{7}"), of("a"), "not allowed, so taken as it is");
    }

    #[test]
    fn nobody_has_keys_of_his_own() {
        let of = |secret: u8, name| ScramSecret::of_nobody(&[secret; 32], name);
        assert_eq!(of(1, "bob"), of(1, "bob"));
        assert_ne!(of(1, "bob").salt, of(1, "tim").salt);
        assert_ne!(of(1, "bob").salt, of(2, "bob").salt);
        let somebody = ScramSecret::of(&Secret::new("sesame"), [1; 16]);
        assert_eq!(of(1, "bob").iterations, somebody.iterations);
    }
}
