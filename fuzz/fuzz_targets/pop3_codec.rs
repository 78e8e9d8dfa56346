//! Any bytes, as a client would send them.
#![no_main]

#[path = "../src/pop3_codec.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
