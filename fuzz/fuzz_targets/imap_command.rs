//! Any bytes, as a client would send them.
#![no_main]

#[path = "../src/imap_command.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
