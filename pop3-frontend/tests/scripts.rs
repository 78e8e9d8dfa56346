//! Every script in `scripts/`, on every backend.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

harness::scripts! {
    crate::common::Options,
    "pop3",
    [memory = On::Memory, embedded = On::Embedded],
    {
        capa
        chosen
        conversation
        dele
        deletions
        errors
        frozen
        in_use
        lang
        list
        login
        login_delay
        no_uidl_twice
        pipelined
        removed
        reset
        retr
        retr_any_lf
        sasl
        sasl_bearer
        sasl_scram
        seen
        silent
        top
        trash
        utf8
    }
}
