//! What a backend provides: one trait a file.
//!
//! A rule that the suite in `contract/` does not test is not part of a trait.

pub mod directory;
mod error;

pub use directory::Directory;
pub use error::{Fault, StoreError};
