//! What the façade can answer instead of what was asked.

use crate::change::{Outcome, Refusal};
use crate::encryption::Unusable;
use crate::store::{CommitError, Fault, StoreError};

/// A refusal, or a failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A well-formed no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The message is not stored: it was to be encrypted, and could not be.
    #[error("mail for this account is encrypted, and could not be: {0}")]
    NotEncrypted(#[from] Unusable),
    /// The machinery failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// A backend answered a change with the outcome of another kind.
    pub(crate) fn unexpected(op: &'static str, outcome: &Outcome) -> Self {
        let what = format!("the ledger answered with {outcome:?}");
        Self::Store(StoreError::new(Fault::Corrupt, op, what))
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(refusal) => Self::Refused(refusal),
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
