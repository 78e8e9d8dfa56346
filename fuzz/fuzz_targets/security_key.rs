//! Any bytes, as what a browser sends of a security key.
#![no_main]

#[path = "../src/security_key.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
