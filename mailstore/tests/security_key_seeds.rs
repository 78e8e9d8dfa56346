//! The body of the fuzz target `security_key`, run on its seeds, on their beginnings, and on each with
//! one byte changed.
#![cfg(feature = "webauthn")]

use harness::near;

#[path = "../../fuzz/src/security_key.rs"]
mod security_key;

#[test]
fn seeds_and_what_is_near_them() {
    near("security_key", 6, &[0, 0x80, 0x9f, 0xff], security_key::run);
}
