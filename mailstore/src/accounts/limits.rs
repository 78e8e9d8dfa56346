//! How often somebody may be wrong.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use super::User;
use crate::store::directory::Verdict;
use crate::store::{LocalShared, Shared, StoreError};
use crate::time::Timestamp;

/// How often somebody may be wrong within a while. Names that nobody has are counted like others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// Wrong passwords of one account. Default 12. Application passwords and tokens are taken all
    /// the same: nobody guesses them.
    pub per_account: u64,
    /// Wrong passwords, codes and tokens from one IPv4 address or one IPv6 /64. Default 120: many
    /// people may be behind one address.
    pub per_address: u64,
    /// Wrong codes of a second factor, of one account. Default 6.
    pub codes: u64,
    /// How long each is counted, from the first. Default 2 minutes.
    pub window: Duration,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self { per_account: 12, per_address: 120, codes: 6, window: Duration::from_secs(120) }
    }
}

/// Counters of what was wrong, and turns.
#[derive(Clone, Debug)]
pub(super) struct Limiter {
    shared: Arc<dyn Shared>,
    limits: LoginLimits,
    turns: Arc<[Mutex<()>]>,
}

/// Passwords of this many names may be looked at at a time.
const TURNS: usize = 256;

impl Default for Limiter {
    fn default() -> Self {
        Self::new(Arc::new(LocalShared::default()), LoginLimits::default())
    }
}

/// Something that can be wrong too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    key: String,
    most: u64,
}

impl Limiter {
    pub(super) fn new(shared: Arc<dyn Shared>, limits: LoginLimits) -> Self {
        Self { shared, limits, turns: (0..TURNS).map(|_| Mutex::default()).collect() }
    }

    /// The passwords of a user, or of a name that is nobody's, in its one form.
    pub(super) fn passwords(&self, user: Option<&User>, name: &str) -> Subject {
        let whose = match user {
            Some(user) => format!("account {}", user.account),
            // Of any length, and from anybody.
            None => format!("name {}", blake3::hash(name.as_bytes()).to_hex()),
        };
        Subject { key: format!("password {whose}"), most: self.limits.per_account }
    }

    /// The codes of a user.
    pub(super) fn codes(&self, user: &User) -> Subject {
        Subject { key: format!("code account {}", user.account), most: self.limits.codes }
    }

    /// All that comes from an address.
    fn address(&self, peer: IpAddr) -> Subject {
        let site = match peer.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64))),
            v4 => v4,
        };
        Subject { key: format!("login from {site}"), most: self.limits.per_address }
    }

    /// Waits for one's turn: of one subject one password is looked at at a time. So the last of many
    /// that are tried at once finds the others counted; and a user's programs that all connect at
    /// once wait for one computation, not for as many as they are.
    pub(super) async fn turn(&self, subject: &Subject) -> MutexGuard<'_, ()> {
        let hash = blake3::hash(subject.key.as_bytes());
        let place = usize::from(hash.as_bytes()[0]) % TURNS;
        self.turns[place].lock().await
    }

    /// Refuses what was wrong too often.
    pub(super) async fn refuse(
        &self,
        subject: &Subject,
        peer: Option<IpAddr>,
    ) -> Result<Option<Verdict>, StoreError> {
        let address = peer.map(|peer| self.address(peer));
        let now = Timestamp::now();
        for Subject { key, most } in address.iter().chain([subject]) {
            if self.shared.value(key, now).await? >= *most {
                let seconds = u32::try_from(self.limits.window.as_secs()).unwrap_or(u32::MAX);
                return Ok(Some(Verdict::Throttled { seconds }));
            }
        }
        Ok(None)
    }

    /// Counts one that was wrong.
    pub(super) async fn wrong(
        &self,
        subject: &Subject,
        peer: Option<IpAddr>,
    ) -> Result<(), StoreError> {
        self.count(&subject.key).await?;
        self.wrong_from(peer).await
    }

    /// Counts one that was wrong and is of no account.
    pub(super) async fn wrong_from(&self, peer: Option<IpAddr>) -> Result<(), StoreError> {
        match peer {
            Some(peer) => self.count(&self.address(peer).key).await,
            None => Ok(()),
        }
    }

    async fn count(&self, key: &str) -> Result<(), StoreError> {
        self.shared.count(key, self.limits.window, Timestamp::now()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_site_is_one_address() {
        let limiter = Limiter::default();
        let key = |text: &str| limiter.address(text.parse().unwrap()).key;
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn names_are_counted_in_any_length() {
        let key = |name: &str| Limiter::default().passwords(None, name).key;
        assert_ne!(key("tim"), key("bob"));
        assert_eq!(key(&"x".repeat(9999)).len(), key("bob").len());
    }
}
