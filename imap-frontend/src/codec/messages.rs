//! The messages that a command names.

use mailstore::uid::SequenceSet;

use super::cursor::{Cursor, Parsed};

/// The messages that a command names.
#[derive(Clone, Debug, PartialEq)]
pub enum Messages {
    /// A set of numbers or UIDs.
    Set(SequenceSet),
    /// `$`: what the last SEARCH has saved (RFC 5182).
    Saved,
}

impl Cursor<'_> {
    /// A `sequence-set`, or `$`.
    pub(super) fn messages(&mut self) -> Parsed<Messages> {
        if self.eat(b'$') {
            return Ok(Messages::Saved);
        }
        self.sequence_set().map(Messages::Set)
    }
}
