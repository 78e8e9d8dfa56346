//! Any bytes, as a message and as a stored tree.
#![no_main]

#[path = "../src/mime_roundtrip.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
