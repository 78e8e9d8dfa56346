//! Search keys (RFC 9051 6.4.4) and how a message matches them.

mod key;
mod matcher;

pub use key::{DateField, Day, Key};
pub use matcher::{Candidate, Matcher, Needs, Recency};
