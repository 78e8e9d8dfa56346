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
