//! What the tests of the front-ends share: a server on any backend, people who log in, certificates,
//! transcripts and the seeds of fuzz targets. Only tests use it.
//!
//! A front-end says in [`Front`] how it is put in front of a store, and in [`Scene`] how its
//! transcripts are played:
//!
//! ```
//! use std::sync::Arc;
//!
//! use bytes::Bytes;
//! use harness::{Front, Lines, On, Server};
//! use mailstore::{Backend, Mailstore};
//! use wire::{Connection, Crowded, Protocol};
//!
//! /// Says `hello` and is gone.
//! struct Hello;
//!
//! impl Protocol for Hello {
//!     async fn serve(self: Arc<Self>, mut connection: Connection) {
//!         let _ = connection.write(&b"hello\r\n"[..]).await;
//!         connection.close().await;
//!     }
//!
//!     fn refusal(&self, _: Crowded) -> Bytes {
//!         Bytes::new()
//!     }
//! }
//!
//! impl Front for Hello {
//!     type Protocol = Self;
//!
//!     fn store(&self, backend: Backend) -> Mailstore {
//!         Mailstore::new(backend, mailstore::Settings::default())
//!     }
//!
//!     fn serve(self, _: Mailstore) -> (Self, wire::Settings) {
//!         (self, wire::Settings::default())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let server = Server::start(On::Memory, Hello).await;
//! let mut client = Lines::connect(server.address).await;
//! assert_eq!(client.line().await, "hello");
//! drop(client);
//! server.stop().await;
//! # }
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, async_fn_in_trait)]

#[cfg(feature = "cluster")]
mod cluster;
mod corpus;
mod lines;
mod mail;
mod on;
mod pattern;
mod people;
mod script;
#[cfg(feature = "security-keys")]
mod security_key;
mod seeds;
mod server;
mod services;
mod tls;
mod totp;

#[cfg(feature = "cluster")]
pub use cluster::{Hosts, Rounds};
pub use corpus::{Newlines, corpus, generated};
pub use lines::{Lines, PATIENCE};
pub use mail::Mail;
pub use on::{Deaf, On, Opened};
pub use people::{JANE, JOE, People, account};
pub use script::{Scene, Talk, play};
#[cfg(feature = "security-keys")]
pub use security_key::{Attested, PRESENT, SecurityKey, Signed, Signer, VERIFIED};
pub use seeds::{near, seeds};
pub use server::{Front, Server, set_timeout, wire_settings};
pub use services::{drop_database, service};
pub use tls::{certificate, trusting};
pub use totp::totp;

/// Makes tests of these functions, which take an [`On`]: each on every backend, and in the places that
/// are named before them, as in `[deaf = On::DeafMemory]`. The crate has a feature `cluster-tests`.
#[macro_export]
macro_rules! everywhere {
    ($($name:ident)*) => {
        $crate::everywhere! { [memory = On::Memory, embedded = On::Embedded] $($name)* }
    };
    (@one [$($on:ident = $place:expr),*] $name:ident) => {
        mod $name {
            use $crate::On;

            $(
                #[tokio::test]
                async fn $on() {
                    super::$name($place).await;
                }
            )*

            #[cfg(feature = "cluster-tests")]
            #[tokio::test]
            async fn cluster() {
                super::$name(On::Cluster).await;
            }

            #[cfg(feature = "cluster-tests")]
            #[tokio::test]
            async fn cluster_with_s3() {
                super::$name(On::ClusterS3).await;
            }
        }
    };
    ($places:tt $($name:ident)*) => {
        $($crate::everywhere! { @one $places $name })*
    };
}

/// Makes tests of the scripts in `tests/scripts`: each on every backend, and one that none is left
/// out. The crate has a feature `cluster-tests`.
///
/// Takes a [`Scene`], the ending of the scripts' names, what they are played on, and their names.
#[macro_export]
macro_rules! scripts {
    ($scene:ty, $ending:literal, $places:tt, $names:tt) => {
        $crate::scripts! { @each $scene, $ending, $places, $names }

        /// A script that nobody plays proves nothing.
        #[test]
        fn all_are_played() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");
            let mut there: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            there.sort();
            assert_eq!($crate::scripts! { @names $ending, $names }, there);
        }
    };
    (@names $ending:literal, { $($name:ident)* }) => {{
        let mut played = vec![$(concat!(stringify!($name), ".", $ending).to_owned()),*];
        played.sort();
        played
    }};
    (@each $scene:ty, $ending:literal, $places:tt, { $($name:ident)* }) => {
        $($crate::scripts! { @one $scene, $ending, $places, $name })*
    };
    (@one $scene:ty, $ending:literal, $places:tt, $name:ident) => {
        async fn $name(on: $crate::On) {
            let name = concat!(stringify!($name), ".", $ending);
            let text = include_str!(concat!("scripts/", stringify!($name), ".", $ending));
            $crate::play::<$scene>(name, text, on).await;
        }

        $crate::everywhere! { $places $name }
    };
}
