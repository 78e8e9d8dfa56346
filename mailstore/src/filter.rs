//! Filters: what a user wants done with mail that comes in.
//!
//! A [`Filter`] has conditions, all of which must hold, and actions. All filters of a user are tried
//! in their order; what they want together is one [`Verdict`]. Nothing here does I/O: delivery
//! (`lmtp-frontend`) files the message, and forwarding and replying are left to hooks.

mod codec;
mod facts;
mod limits;
mod reply;
mod verdict;

pub use codec::FilterError;
pub use facts::Facts;
pub use limits::{MAX_ACTIONS, MAX_CONDITIONS, MAX_FILTERS, MAX_FORWARDS, MAX_REPLY, MAX_TEXT};
pub use reply::may_be_answered;
pub use verdict::{Destination, Disposal, Verdict, judge};

use crate::flags::Keyword;

/// What is to be done with which mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What its user calls it.
    pub name: String,
    /// Is it in force?
    pub state: FilterState,
    /// All of these must hold; with none of them it is for every message.
    pub conditions: Vec<Condition>,
    /// What is done then.
    pub actions: Vec<Action>,
}

/// Is a filter in force?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilterState {
    /// It is.
    #[default]
    On,
    /// It is kept, but not tried.
    Off,
}

/// Something about a message. Texts are found anywhere in a field, in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// In `From`.
    From(String),
    /// In `To` or `Cc`.
    To(String),
    /// In `Subject`.
    Subject(String),
    /// In `List-Id`.
    ListId(String),
    /// In the text of the body.
    Text(String),
    /// It has an attachment, or has none.
    Attachment(Attachment),
    /// It has more bytes than this.
    Larger(u64),
    /// It has fewer bytes than this.
    Smaller(u64),
    /// It was sent to `user+label@...` with exactly this label, in any case.
    Label(String),
}

/// Has a message an attachment?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// It has.
    Some,
    /// It has not.
    None,
}

/// What is done with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is filed into the mailbox of this full name; into INBOX if there is none.
    FileInto(String),
    /// It is filed into the mailbox for junk, as `$Junk`.
    Junk,
    /// It gets `\Flagged`.
    Flag,
    /// It gets `\Seen`.
    Seen,
    /// It gets a keyword.
    Keyword(Keyword),
    /// It is not kept.
    Discard,
    /// It is also sent to this address.
    Forward(String),
    /// Its sender is answered with this text.
    Autoreply(String),
    /// No later filter is tried.
    Stop,
}

impl Filter {
    /// Does it apply?
    fn holds(&self, facts: &Facts, label: Option<&str>) -> bool {
        self.state == FilterState::On
            && self.conditions.iter().all(|condition| condition.holds(facts, label))
    }
}

impl Condition {
    fn holds(&self, facts: &Facts, label: Option<&str>) -> bool {
        match self {
            Self::From(text) => facts.has_field(&["from"], text),
            Self::To(text) => facts.has_field(&["to", "cc"], text),
            Self::Subject(text) => facts.has_field(&["subject"], text),
            Self::ListId(text) => facts.has_field(&["list-id"], text),
            Self::Text(text) => facts.has_text(text),
            Self::Attachment(attachment) => facts.attachment() == *attachment,
            Self::Larger(bytes) => facts.size() > *bytes,
            Self::Smaller(bytes) => facts.size() < *bytes,
            Self::Label(wanted) => {
                label.is_some_and(|label| label.to_lowercase() == wanted.to_lowercase())
            }
        }
    }
}

#[cfg(test)]
mod tests;
