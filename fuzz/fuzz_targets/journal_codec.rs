//! Any bytes, as a stored record.
#![no_main]

#[path = "../src/journal_codec.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
