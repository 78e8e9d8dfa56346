//! The body of the fuzz target `lmtp_codec`, run on its seeds and on what is near them.
#![allow(missing_docs)]

#[path = "../../fuzz/src/lmtp_codec.rs"]
mod body;

#[test]
fn seeds_and_what_is_near_them() {
    harness::near("lmtp_codec", 6, b"\0\r\n.<\"@ \xff9", body::run);
}
