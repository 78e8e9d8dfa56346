//! Every script in `scripts/`, on every backend, with a beacon and without.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

harness::scripts! {
    crate::common::Options,
    "imap",
    [
        memory = On::Memory,
        embedded = On::Embedded,
        memory_with_a_deaf_beacon = On::DeafMemory,
        embedded_with_a_deaf_beacon = On::DeafEmbedded
    ],
    {
        acl
        append
        appendlimit
        authenticate_bearer
        authenticate_scram
        bad_input
        binary
        catenate
        compress
        condstore
        context
        copy_move
        deleted_mailbox
        esearch
        examples_access
        examples_esearch
        examples_lists
        examples_mail
        examples_search
        expunged_elsewhere
        fetch
        filters
        first_mail
        fuzzy
        idle
        language
        limits
        list
        list_extended
        literal_minus
        login
        long_commands
        mailboxes
        memory
        memory_copy
        memory_share
        message_limit
        metadata
        metadata_total
        multisearch
        multisearch_shared
        notify
        notify_metadata
        notify_selected
        notify_shared
        objectid
        odd_input
        pipelined
        qresync
        quota
        recent
        refusals
        replace
        revision_two
        rfc2180
        rfc4314
        rfc4469
        rfc4978
        rfc5255
        rfc5256
        rfc5258
        rfc5267
        rfc5464
        rfc5465
        rfc5466
        rfc5530
        rfc6855
        rfc7162
        rfc8437
        rfc8457
        rfc8474
        rfc8508
        rfc9051
        rfc9051_search
        rfc9208
        save_limit
        search
        search_addresses
        searchres
        select
        shared
        silent_peers
        sort
        stages
        store
        thread
        uidonly
        unauthenticate
        utf8_accept
    }
}
