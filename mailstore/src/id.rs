//! Names of things. Each is its own type, so that none can be taken for another.

use std::fmt;

use crate::random::Random;
use crate::time::Timestamp;

/// An account: the unit of serialisation, of quota and of sharding.
///
/// The [`Directory`](crate::store::Directory) chooses it; it is below 2^63, so that every backend
/// can hold it in a signed 64-bit integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(i64);

impl AccountId {
    /// An account id from its number, which must not be negative.
    pub fn new(number: i64) -> Option<Self> {
        (number >= 0).then_some(Self(number))
    }

    /// The number, never negative.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A mailbox within its account. Never used twice in one account, not even after a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxId(pub u32);

impl MailboxId {
    /// INBOX, which every account has from its first change on.
    pub const INBOX: Self = Self(1);
    /// What no mailbox has: in the journal, what happened to the account as such.
    pub const NONE: Self = Self(0);
}

/// A mailbox, with the account that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxKey {
    /// The account.
    pub account: AccountId,
    /// The mailbox in it.
    pub mailbox: MailboxId,
}

/// Declares a 128-bit identifier: 48 bits of time in milliseconds, then 80 random bits. Ordered by
/// time, so that an index over it grows at one end.
macro_rules! timed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl $name {
            /// A new one, made of a moment and randomness.
            pub fn new(at: Timestamp, random: Random) -> Self {
                let time = (at.millis().max(0) as u128) & ((1 << 48) - 1);
                Self(time << 80 | (random.0 >> 48))
            }

            /// The moment it was made, to the millisecond.
            pub fn time(self) -> Timestamp {
                Timestamp::from_millis((self.0 >> 80) as i64)
            }

            /// Sixteen bytes, big-endian: they sort as the ids do.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// The reverse of `to_bytes`.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:032x})", stringify!($name), self.0)
            }
        }
    };
}

timed_id! {
    /// An immutable message content within an account. COPY and MOVE keep it (RFC 8474 EMAILID).
    EmailId
}

timed_id! {
    /// One [`Change`](crate::change::Change), whatever became of it: a commit that is tried again
    /// under the same id is applied once.
    ChangeId
}

/// Messages of one conversation share it (RFC 8474 THREADID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadId(pub u64);

/// One session of a front-end, so that it can tell its own journal entries from others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl SessionId {
    /// What no session is: deliveries, the sweep, the command line.
    pub const NONE: Self = Self(0);
}
