//! Every script in `scripts/`, on every backend, with a beacon and without.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::On;

macro_rules! scripts {
    ($($name:ident)*) => {
        $(
            mod $name {
                use super::*;

                async fn play(on: On) {
                    let text = include_str!(concat!("scripts/", stringify!($name), ".imap"));
                    common::script::play(stringify!($name), text, on).await;
                }

                #[tokio::test]
                async fn memory() {
                    play(On::Memory).await;
                }

                #[tokio::test]
                async fn embedded() {
                    play(On::Embedded).await;
                }

                #[tokio::test]
                async fn memory_with_a_deaf_beacon() {
                    play(On::DeafMemory).await;
                }

                #[tokio::test]
                async fn embedded_with_a_deaf_beacon() {
                    play(On::DeafEmbedded).await;
                }

                #[cfg(feature = "cluster-tests")]
                #[tokio::test]
                async fn cluster() {
                    play(On::Cluster).await;
                }

                #[cfg(feature = "cluster-tests")]
                #[tokio::test]
                async fn cluster_with_s3() {
                    play(On::ClusterS3).await;
                }
            }
        )*

        /// A script that nobody plays proves nothing.
        #[test]
        fn all_are_played() {
            let mut played = vec![$(stringify!($name).to_owned() + ".imap"),*];
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");
            let mut there: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            played.sort();
            there.sort();
            assert_eq!(played, there);
        }
    };
}

scripts! {
    acl
    append
    authenticate_bearer
    authenticate_scram
    appendlimit
    bad_input
    binary
    catenate
    compress
    condstore
    context
    copy_move
    deleted_mailbox
    esearch
    expunged_elsewhere
    fetch
    first_mail
    fuzzy
    idle
    language
    limits
    list
    list_extended
    literal_minus
    login
    mailboxes
    memory
    metadata
    multisearch
    notify
    notify_selected
    objectid
    pipelined
    qresync
    quota
    recent
    replace
    revision_two
    search
    search_addresses
    searchres
    select
    shared
    silent_peers
    sort
    store
    thread
    uidonly
    unauthenticate
    utf8_accept
}
