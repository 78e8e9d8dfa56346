//! Any bytes, as the URL of a part of a message.
#![no_main]

#[path = "../src/imap_url.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
