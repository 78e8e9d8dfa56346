//! The body of the fuzz target `http_codec`, run on its seeds and on what is near them.
#![allow(missing_docs)]

#[path = "../../fuzz/src/http_codec.rs"]
mod body;

#[test]
fn seeds_and_what_is_near_them() {
    harness::near("http_codec", 10, b"\0\xff+-:,\"9=", body::run);
}
