//! Passwords: argon2id, computed beside the async runtime, a bounded number at a time.

use std::fmt;
use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::ScramSecret;
use super::foreign::{self, Foreign};
use super::script;
use crate::store::StoreError;
use crate::store::directory::Secret;

/// 19 MiB, two passes, one lane: the OWASP password storage cheat sheet's argon2id setting.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What a hash that was made elsewhere may take at most: 256 MiB, and some seconds.
const MOST_MEMORY: u32 = 256 * 1024;
const MOST_WORK: u64 = 4 * 1024 * 1024;

/// The hash of no known password, with the parameters of a real one: unknown names are checked
/// against it, so that they take as long as known ones.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg\
    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Nothing was given.
    #[error("the password is empty")]
    Empty,
    /// More than [`PasswordHash::MAX_PASSWORD`] bytes.
    #[error("the password is longer than {} bytes", PasswordHash::MAX_PASSWORD)]
    TooLong,
    /// It has a NUL, which SASL PLAIN cannot carry (RFC 4616 2).
    #[error("the password has a NUL in it")]
    Nul,
    /// A hash of a kind that is not known, or that is none.
    #[error("the hash is of no kind that is known")]
    UnknownHash,
    /// A hash whose verification would take too long.
    #[error("the hash costs too much to verify")]
    CostlyHash,
}

/// A hashed password, as text: a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`). Its
/// `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The longest password, in bytes.
    pub const MAX_PASSWORD: usize = 1024;

    /// A hash from its text. Whether it can be verified shows when it is.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A hash that another system made: bcrypt, PBKDF2, or one of crypt(3) with SHA-2 or MD5, also
    /// with the name of its scheme in braces in front. It is good until its user logs in; then it
    /// gives way to one of argon2id. One that is unknown, or costs too much, is refused.
    pub fn import(text: &str) -> Result<Self, PasswordError> {
        let text = text.trim();
        let bare = foreign::bare(text);
        if !bare.starts_with("$argon2") {
            return Foreign::parse(text).map(|_| Self(text.to_owned()));
        }
        let parsed = phc::PasswordHash::new(bare).map_err(|_| PasswordError::UnknownHash)?;
        let params = Params::try_from(&parsed).map_err(|_| PasswordError::UnknownHash)?;
        let cost = u64::from(params.m_cost()) * u64::from(params.t_cost());
        match cost > MOST_WORK || params.m_cost() > MOST_MEMORY {
            true => Err(PasswordError::CostlyHash),
            false => Ok(Self(bare.to_owned())),
        }
    }

    /// Whether it was made as this release makes them.
    pub(super) fn is_current(&self) -> bool {
        self.0.starts_with(&NOBODY[..NOBODY.rfind("t=2,p=1$").map_or(0, |at| at + 8)])
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What no password has.
    pub(super) fn nobody() -> Self {
        Self(NOBODY.to_owned())
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// Whether a password may be set.
pub(super) fn acceptable(password: &Secret) -> Result<(), PasswordError> {
    match password.expose() {
        "" => Err(PasswordError::Empty),
        long if long.len() > PasswordHash::MAX_PASSWORD => Err(PasswordError::TooLong),
        nul if nul.contains('\0') => Err(PasswordError::Nul),
        _ => Ok(()),
    }
}

/// Hashes and verifies on threads of their own (tokio's blocking pool), as many at a time as
/// there are processors: each takes 19 MiB and some tens of milliseconds. Others wait in line.
#[derive(Clone, Debug)]
pub struct Hasher {
    free: Arc<Semaphore>,
}

impl Default for Hasher {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self { free: Arc::new(Semaphore::new(processors)) }
    }
}

impl Hasher {
    /// The keys for SCRAM, with the salt of their user.
    pub(super) async fn scram(
        &self,
        password: &Secret,
        salt: [u8; 16],
    ) -> Result<ScramSecret, StoreError> {
        let password = password.clone();
        self.run(move || Ok(ScramSecret::of(&password, salt))).await
    }

    /// The keys for SCRAM, made as others are.
    pub(super) async fn scram_like(
        &self,
        password: &Secret,
        other: &ScramSecret,
    ) -> Result<ScramSecret, StoreError> {
        let (password, other) = (password.clone(), other.clone());
        self.run(move || Ok(other.like(&password))).await
    }

    /// Hashes a password with a fresh salt.
    pub async fn hash(&self, password: &Secret) -> Result<PasswordHash, StoreError> {
        let password = password.clone();
        self.run(move || hash(&password)).await
    }

    /// Whether this is the password, in whichever way its letters are composed. One that is too long
    /// to be set is not, but takes its time.
    pub async fn verify(&self, hash: &PasswordHash, password: &Secret) -> Result<bool, StoreError> {
        let (hash, password) = (hash.clone(), password.clone());
        self.run(move || verify(&hash, &password)).await
    }

    /// The permit goes with the work: an asker who leaves early does not make room for more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let failed = |error| StoreError::unavailable("hash password", error);
        let permit = Arc::clone(&self.free).acquire_owned().await;
        let permit = permit.map_err(|closed| failed(closed.to_string()))?;
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        task.await.map_err(|panicked| failed(panicked.to_string()))?
    }
}

fn hash(password: &Secret) -> Result<PasswordHash, StoreError> {
    let failed = |error: String| StoreError::unavailable("hash password", error);
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| failed(error.to_string()))?;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| failed(error.to_string()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let password = script::password(password.expose());
    let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt);
    Ok(PasswordHash(hash.map_err(|error| failed(error.to_string()))?.to_string()))
}

/// A hash that was made elsewhere, or by an older release, is of the password as it was typed.
fn verify(hash: &PasswordHash, password: &Secret) -> Result<bool, StoreError> {
    let typed = password.expose();
    let form = script::password(typed);
    Ok(verify_form(hash, &form)? || form != typed && verify_form(hash, typed)?)
}

/// The parameters are the hash's own; the comparison takes the same time wherever it differs.
fn verify_form(hash: &PasswordHash, password: &str) -> Result<bool, StoreError> {
    use argon2::password_hash::Error;
    let corrupt = |error: String| StoreError::corrupt("verify password", error);
    let mut password = password.as_bytes();
    let fits = password.len() <= PasswordHash::MAX_PASSWORD;
    if !fits {
        password = b"";
    }
    if !hash.as_str().starts_with("$argon2") {
        let foreign = Foreign::parse(hash.as_str()).map_err(|error| corrupt(error.to_string()))?;
        return Ok(foreign.verify(password) && fits);
    }
    let parsed =
        phc::PasswordHash::new(hash.as_str()).map_err(|error| corrupt(error.to_string()))?;
    match Argon2::default().verify_password(password, &parsed) {
        Ok(()) => Ok(fits),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(corrupt(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fault;

    #[tokio::test]
    async fn a_hash_knows_its_password() {
        let hasher = Hasher::default();
        let hash = hasher.hash(&Secret::new("sesame")).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(hasher.verify(&hash, &Secret::new("sesame")).await.unwrap());
        assert!(!hasher.verify(&hash, &Secret::new("Sesame")).await.unwrap());
        assert_ne!(hasher.hash(&Secret::new("sesame")).await.unwrap(), hash, "salted");
        assert_eq!(format!("{hash:?}"), "PasswordHash");
    }

    /// Keyboards differ in how they compose letters.
    #[tokio::test]
    async fn letters_may_be_composed_or_not() {
        let hasher = Hasher::default();
        let (composed, not) = (Secret::new("p\u{e4}ss"), Secret::new("pa\u{308}ss"));
        for hash in [hasher.hash(&composed).await.unwrap(), hasher.hash(&not).await.unwrap()] {
            assert!(hasher.verify(&hash, &composed).await.unwrap());
            assert!(hasher.verify(&hash, &not).await.unwrap());
            assert!(!hasher.verify(&hash, &Secret::new("pass")).await.unwrap());
        }
    }

    /// The timing of unknown users stands on this: the same parameters, and no password fits.
    #[tokio::test]
    async fn nobody_is_hashed_like_anybody() {
        let hasher = Hasher::default();
        let nobody = PasswordHash::nobody();
        let somebody = hasher.hash(&Secret::new("x")).await.unwrap();
        let shape = |hash: &PasswordHash| {
            let parsed = phc::PasswordHash::new(hash.as_str()).unwrap();
            let lengths = (parsed.salt.unwrap().len(), parsed.hash.unwrap().len());
            (parsed.algorithm, parsed.version, parsed.params, lengths)
        };
        assert_eq!(shape(&nobody), shape(&somebody));
        assert!(!hasher.verify(&nobody, &Secret::new("")).await.unwrap());
    }

    #[tokio::test]
    async fn an_unreadable_hash_is_corrupt_not_wrong() {
        let (hasher, password) = (Hasher::default(), Secret::new("x"));
        for text in ["", "plain", "$md5$x", "$argon2id$v=19$m=1,t=0,p=1$bm9ib2R5J3Mgc2FsdC4uLg$AA"]
        {
            let hash = PasswordHash::from_text(text);
            let error = hasher.verify(&hash, &password).await.unwrap_err();
            assert_eq!(error.fault, Fault::Corrupt, "{text}");
        }
    }

    #[test]
    fn unusable_passwords_are_named() {
        let refused = |text: String| acceptable(&Secret::new(text)).unwrap_err();
        assert_eq!(refused(String::new()), PasswordError::Empty);
        assert_eq!(refused("x".repeat(1025)), PasswordError::TooLong);
        assert_eq!(refused("a\0b".into()), PasswordError::Nul);
        assert_eq!(acceptable(&Secret::new("päßwörd ")), Ok(()));
    }
}
