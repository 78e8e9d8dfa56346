//! When the machinery fails.

use std::error::Error;

/// What went wrong, and so what may be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Others were in the way; the same call may be tried again.
    Contended,
    /// It cannot be reached, is full, or took too long; the same call may work later.
    Unavailable,
    /// What was read is not what was written. Trying again will not help.
    Corrupt,
}

/// A failure of a store, not of the request.
#[derive(Debug, thiserror::Error)]
#[error("{op}: {source}")]
pub struct StoreError {
    /// The kind of failure.
    pub fault: Fault,
    /// What was being done.
    pub op: &'static str,
    /// Why it failed, in the backend's words.
    pub source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// A failure of `op`.
    pub fn new(
        fault: Fault,
        op: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { fault, op, source: source.into() }
    }

    /// May the same call be tried again at once?
    pub fn may_be_retried(&self) -> bool {
        self.fault == Fault::Contended
    }

    /// Others were in the way.
    pub fn contended(op: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Fault::Contended, op, source)
    }

    /// Out of reach, or full.
    pub fn unavailable(op: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Fault::Unavailable, op, source)
    }

    /// Not what was written.
    pub fn corrupt(op: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Fault::Corrupt, op, source)
    }
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// It was refused. It left no trace.
    #[error(transparent)]
    Refused(#[from] crate::change::Refusal),
    /// The store failed. Unless the fault is [`Fault::Contended`], it may or may not have been
    /// made: the same change, tried again, is applied at most once.
    #[error(transparent)]
    Store(#[from] StoreError),
}
