//! `[imaps]` and `[pop3s]`: what is there of a service that is TLS from the first byte.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use wire::{ListenAddr, Network};

use super::{loopback, text};

/// Where a service is, if nobody says otherwise.
pub(crate) trait Usual {
    /// The port at the loopback address.
    const PORT: u16;
}

/// IMAP.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Imaps;

impl Usual for Imaps {
    const PORT: u16 = 1993;
}

/// POP3.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pop3s;

impl Usual for Pop3s {
    const PORT: u16 = 1995;
}

/// The section of such a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "U: Usual")]
pub(crate) struct OverTls<U> {
    pub(crate) enabled: bool,
    #[serde(with = "text")]
    pub(crate) listen: Vec<ListenAddr>,
    #[serde(with = "text")]
    pub(crate) proxies: Vec<Network>,
    #[serde(skip)]
    usual: PhantomData<U>,
}

impl<U: Usual> Default for OverTls<U> {
    fn default() -> Self {
        let listen = loopback(U::PORT);
        Self { enabled: true, listen, proxies: Vec::new(), usual: PhantomData }
    }
}
