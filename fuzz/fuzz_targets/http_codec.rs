//! Any bytes, as they may stand in a header or a query.
#![no_main]

#[path = "../src/http_codec.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
