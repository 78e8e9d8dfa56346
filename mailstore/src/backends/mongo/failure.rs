//! What goes wrong, and what it is called in the store's words.

use std::time::Duration;

use mongodb::error::{
    CommandError, Error, ErrorKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT,
    WriteFailure,
};

use crate::pack::DecodeError;
use crate::store::{Fault, StoreError};

/// A unique index has the value already.
const DUPLICATE_KEY: i32 = 11_000;
/// Another transaction was in the way.
const WRITE_CONFLICT: i32 = 112;

/// The server is not the primary, is about to be none, or is shutting down: `NotWritablePrimary`,
/// `NotPrimaryNoSecondaryOk`, `NotPrimaryOrSecondary`, `PrimarySteppedDown`,
/// `ShutdownInProgress`, `InterruptedAtShutdown`, `InterruptedDueToReplStateChange`.
const STATE_CHANGES: [i32; 7] = [10_107, 13_435, 13_436, 189, 91, 11_600, 11_602];

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The server, or the way to it.
    #[error("{0}")]
    Server(#[from] Error),
    /// A document that is not what was written.
    #[error("{0}")]
    Corrupt(String),
    /// A document that could not be read back.
    #[error("{0}")]
    TooLarge(String),
    /// The server is not one that will do.
    #[error("{0}")]
    Unsuitable(String),
    /// It took too long.
    #[error("no answer from the MongoDB server within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<crate::mime::DecodeError> for Failure {
    fn from(error: crate::mime::DecodeError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<mongodb::bson::error::Error> for Failure {
    fn from(error: mongodb::bson::error::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl Failure {
    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt(what.into())
    }

    /// The failure of `op`.
    pub(super) fn of(self, op: &'static str) -> StoreError {
        let fault = match &self {
            Self::Corrupt(_) => Fault::Corrupt,
            failure if failure.is_conflict() => Fault::Contended,
            _ => Fault::Unavailable,
        };
        StoreError::new(fault, op, self)
    }

    /// Others were in the way: nothing was done, and the same may work at once.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Server(error) => {
                error.contains_label(TRANSIENT_TRANSACTION_ERROR) && !is_network(error)
                    || codes(error).contains(&WRITE_CONFLICT)
            }
            _ => false,
        }
    }

    /// The transaction was not made, but what was in the way may be gone in a moment: a conflict,
    /// or a server that is no longer there or no longer the primary.
    pub(super) fn may_be_retried(&self) -> bool {
        self.is_conflict()
            || matches!(self, Self::Server(error)
                if error.contains_label(TRANSIENT_TRANSACTION_ERROR))
    }

    /// No server answered that can be written to. One may be there later.
    pub(super) fn is_away(&self) -> bool {
        match self {
            Self::TimedOut(_) => true,
            Self::Server(error) => {
                is_network(error) || codes(error).iter().any(|code| STATE_CHANGES.contains(code))
            }
            _ => false,
        }
    }

    /// The commit may or may not have been made.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Server(error)
            if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT))
    }

    /// What one of two that insert the same at once is told, even of an upsert, is no failure.
    pub(super) fn unless_duplicate(self) -> Result<(), Self> {
        if self.is_duplicate() { Ok(()) } else { Err(self) }
    }

    /// A unique index has the value already.
    pub(super) fn is_duplicate(&self) -> bool {
        matches!(self, Self::Server(error) if codes(error).contains(&DUPLICATE_KEY))
    }
}

fn is_network(error: &Error) -> bool {
    matches!(
        *error.kind,
        ErrorKind::Io(_)
            | ErrorKind::ServerSelection { .. }
            | ErrorKind::ConnectionPoolCleared { .. }
    )
}

/// The server's codes in an error, wherever it says them.
fn codes(error: &Error) -> Vec<i32> {
    match &*error.kind {
        ErrorKind::Command(CommandError { code, .. }) => vec![*code],
        ErrorKind::Write(WriteFailure::WriteError(error)) => vec![error.code],
        ErrorKind::InsertMany(all) => {
            all.write_errors.iter().flatten().map(|error| error.code).collect()
        }
        ErrorKind::BulkWrite(all) => {
            let own = all.write_errors.values().map(|error| error.code);
            let source = std::error::Error::source(error)
                .and_then(|source| source.downcast_ref::<Error>())
                .map_or_else(Vec::new, codes);
            own.chain(source).collect()
        }
        _ => Vec::new(),
    }
}
