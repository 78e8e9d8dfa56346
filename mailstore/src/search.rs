//! Search keys (RFC 9051 6.4.4) and how a message matches them.

mod charset;
mod filled;
mod fuzzy;
mod key;
mod matcher;
mod pin;
pub mod sort;
mod subject;
mod summary;
pub mod thread;
mod window;

pub use charset::Charset;
pub use filled::Unfilled;
pub use key::{DateField, Day, Key};
pub use matcher::{Candidate, Matcher, Needs, Recency, Scope};
pub use subject::{Origin, base_subject};
pub use summary::{MessageId, Summary};
pub use window::{End, Window};
