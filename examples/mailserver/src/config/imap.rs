//! `[imap]`

use imap_frontend::Literals;
use serde::{Deserialize, Serialize};
use wire::{ListenAddr, Network};

use super::{Config, loopback, text};

/// `[imap]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Imap {
    pub(crate) enabled: bool,
    #[serde(with = "text")]
    pub(crate) listen: Vec<ListenAddr>,
    pub(crate) starttls: bool,
    #[serde(with = "text")]
    pub(crate) proxies: Vec<Network>,
    pub(crate) literal_plus: bool,
}

impl Default for Imap {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: loopback(1143),
            starttls: true,
            proxies: Vec::new(),
            literal_plus: true,
        }
    }
}

impl Config {
    /// For the IMAP servers.
    pub(crate) fn imap_settings(&self) -> imap_frontend::Settings {
        let sessions_per_account = self.limits.imap_sessions_per_user;
        let literals = match self.imap.literal_plus {
            true => Literals::Plus,
            false => Literals::Minus,
        };
        imap_frontend::Settings { sessions_per_account, literals, ..Default::default() }
    }
}
