//! Every script in `scripts/`, on every backend.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

harness::scripts! {
    crate::common::Options,
    "lmtp",
    [memory = On::Memory, embedded = On::Embedded],
    {
        bdat
        commands
        data
        errors
        labels
        not_encrypted
        outbox
        over_quota
        parameters
        recipients
        silent
        too_large
        xclient
    }
}
