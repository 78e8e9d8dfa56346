//! The MIME tree: exact for any bytes, and right about structure.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod behind;
mod corpus;
mod dedupe;
mod failures;
mod hostile;
mod properties;
mod sections;
mod shelf;
mod soup;
mod structure;
