//! Any bytes, as a key that mail is encrypted to.
#![no_main]

#[path = "../src/mail_key.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
