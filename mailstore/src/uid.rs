//! UIDs, sequence numbers and MODSEQs (RFC 9051 2.3.1, RFC 7162), and sets and arrays of them.

mod array;
mod sequence;
mod set;
mod varint;

use std::fmt;
use std::num::NonZeroU32;

pub use array::UidArray;
pub use sequence::{Bound, SequenceSet};
pub use set::UidSet;
pub use varint::DecodeError;

/// A message's unique identifier within its mailbox: ascending, never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid(NonZeroU32);

/// A message's place in a session's view, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(NonZeroU32);

macro_rules! nonzero {
    ($name:ident) => {
        impl $name {
            /// The smallest.
            pub const MIN: Self = Self(NonZeroU32::MIN);
            /// The largest.
            pub const MAX: Self = Self(NonZeroU32::MAX);

            /// From a number that is not zero.
            pub const fn new(number: u32) -> Option<Self> {
                match NonZeroU32::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The number.
            pub const fn get(self) -> u32 {
                self.0.get()
            }
        }

        impl From<NonZeroU32> for $name {
            fn from(number: NonZeroU32) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

nonzero!(Uid);
nonzero!(Seq);

/// A modification sequence: one ascending line per account (RFC 7162 3.1), below 2^63.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModSeq(pub u64);

impl ModSeq {
    /// Before every change.
    pub const ZERO: Self = Self(0);

    /// The one after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for ModSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
