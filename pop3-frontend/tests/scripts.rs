//! Every script in `scripts/`, on both backends.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::On;

macro_rules! scripts {
    ($($name:ident)*) => {
        $(
            mod $name {
                use super::*;

                async fn play(on: On) {
                    let text = include_str!(concat!("scripts/", stringify!($name), ".pop3"));
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
            }
        )*

        /// A script that nobody plays proves nothing.
        #[test]
        fn all_are_played() {
            let mut played = vec![$(stringify!($name).to_owned() + ".pop3"),*];
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
    capa
    chosen
    conversation
    dele
    errors
    frozen
    in_use
    lang
    list
    login
    login_delay
    no_uidl_twice
    pipelined
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
