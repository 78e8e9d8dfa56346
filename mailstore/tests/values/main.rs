//! What is read out of mail: ENVELOPE, BODYSTRUCTURE, previews, text.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod corpus;
mod grammar;
mod imap;
mod oracle;
mod total;
