//! Any bytes, as a mailbox's history.
#![no_main]

#[path = "../src/view_replay.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
