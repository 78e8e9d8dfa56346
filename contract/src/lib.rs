//! contract
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "to panic is what a test does")]

pub mod accounts;
