//! Any bytes, as what is given of users.
#![no_main]

#[path = "../src/accounts.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
