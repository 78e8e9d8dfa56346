//! Errors as the operator reads them: what was being done, and why it failed.

use std::error::Error;
use std::fmt;

/// What was being done, and why it failed.
#[derive(Debug)]
pub(crate) struct Problem {
    doing: String,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.source)
    }
}

impl Error for Problem {}

/// Says what was being done.
pub(crate) trait Doing<T> {
    /// Says what was being done when it failed.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Problem>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Problem> {
        self.map_err(|source| Problem { doing: what(), source: source.into() })
    }
}
