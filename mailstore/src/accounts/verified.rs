//! Passwords found right a moment ago.
//!
//! Mail clients open many connections with one password, and argon2 takes tens of milliseconds of
//! a processor for each. So a success is remembered for a minute. What is remembered is not the
//! password but a BLAKE3 keyed hash of account, stored hash and password, under a key drawn at
//! start and never written anywhere. Because the stored hash is part of it, a changed password
//! forgets the old one at once, on every host. Failures are never remembered: a wrong password
//! and an unknown name always cost the full time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::PasswordHash;
use crate::id::AccountId;
use crate::random::Random;
use crate::store::directory::Secret;

/// How long a success is remembered, from the moment of its verification.
const LIFETIME: Duration = Duration::from_secs(60);
/// How many are remembered.
const CAPACITY: usize = 16 * 1024;

/// What is remembered of one success.
type Trace = [u8; 32];

#[derive(Debug)]
pub(super) struct Verified {
    key: [u8; 32],
    until: Mutex<HashMap<Trace, Instant>>,
}

impl Default for Verified {
    fn default() -> Self {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&Random::draw().0.to_le_bytes());
        key[16..].copy_from_slice(&Random::draw().0.to_le_bytes());
        Self { key, until: Mutex::default() }
    }
}

impl Verified {
    /// What a success of this password would leave. Every field but the last has its length in
    /// front, so that no two attempts run into one.
    pub(super) fn trace(
        &self,
        account: AccountId,
        hash: &PasswordHash,
        password: &Secret,
    ) -> Trace {
        let hash = hash.as_str().as_bytes();
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&account.get().to_le_bytes());
        hasher.update(&(hash.len() as u64).to_le_bytes());
        hasher.update(hash);
        hasher.update(password.expose().as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// Whether this is to be written down: not if the same was within the last minute. Then it is
    /// remembered.
    pub(super) fn is_news(&self, account: AccountId, what: &str, now: Instant) -> bool {
        let trace = self.trace(account, &PasswordHash::from_text("news"), &Secret::new(what));
        let news = !self.knows(&trace, now);
        if news {
            self.remember(trace, now);
        }
        news
    }

    /// Whether it was found right within the last minute.
    pub(super) fn knows(&self, trace: &Trace, now: Instant) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(trace).is_some_and(|until| now < *until)
    }

    /// Remembers a success. When there is no room even after the old ones have gone, it does not.
    pub(super) fn remember(&self, trace: Trace, now: Instant) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= CAPACITY {
            until.retain(|_, until| now < *until);
        }
        if until.len() < CAPACITY {
            until.insert(trace, now + LIFETIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: i64) -> AccountId {
        AccountId::new(number).unwrap()
    }

    #[test]
    fn a_success_is_known_for_a_minute() {
        let verified = Verified::default();
        let (hash, now) = (PasswordHash::from_text("$x"), Instant::now());
        let trace = verified.trace(account(1), &hash, &Secret::new("sesame"));
        assert!(!verified.knows(&trace, now));
        verified.remember(trace, now);
        assert!(verified.knows(&trace, now + LIFETIME - Duration::from_millis(1)));
        assert!(!verified.knows(&trace, now + LIFETIME));
    }

    #[test]
    fn another_account_hash_password_or_process_leaves_another_trace() {
        let verified = Verified::default();
        let trace = |verified: &Verified, number, hash: &str, password: &str| {
            verified.trace(account(number), &PasswordHash::from_text(hash), &Secret::new(password))
        };
        let one = trace(&verified, 1, "$x", "sesame");
        assert_eq!(one, trace(&verified, 1, "$x", "sesame"));
        assert_ne!(one, trace(&verified, 2, "$x", "sesame"));
        assert_ne!(one, trace(&verified, 1, "$y", "sesame"));
        assert_ne!(one, trace(&verified, 1, "$x", "sesamo"));
        assert_ne!(one, trace(&verified, 1, "$xs", "esame"));
        assert_ne!(one, trace(&Verified::default(), 1, "$x", "sesame"));
    }

    #[test]
    fn the_memory_is_bounded() {
        let (verified, now) = (Verified::default(), Instant::now());
        let trace = |number: usize| *blake3::hash(&number.to_le_bytes()).as_bytes();
        for number in 0..=CAPACITY {
            verified.remember(trace(number), now);
        }
        assert!(!verified.knows(&trace(CAPACITY), now));
        verified.remember(trace(CAPACITY), now + LIFETIME);
        assert!(verified.knows(&trace(CAPACITY), now + LIFETIME));
        assert_eq!(verified.until.lock().unwrap().len(), 1);
    }
}
