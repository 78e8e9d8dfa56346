//! `[imap]`

use std::num::NonZeroU32;

use imap_frontend::{Literals, MessageLimit};
use serde::{Deserialize, Serialize};
use wire::{ListenAddr, Network};

use super::{Config, Filter, loopback, text};

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
    pub(crate) message_limit: u32,
    pub(crate) save_limit: u32,
    #[serde(with = "text")]
    pub(crate) filters: Vec<Filter>,
}

impl Default for Imap {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: loopback(1143),
            starttls: true,
            proxies: Vec::new(),
            literal_plus: true,
            message_limit: 0,
            save_limit: 0,
            filters: Vec::new(),
        }
    }
}

impl Imap {
    /// One limit on all commands holds for those that save too.
    fn message_limit(&self) -> MessageLimit {
        let commands = NonZeroU32::new(self.message_limit).map(MessageLimit::Commands);
        let saves = NonZeroU32::new(self.save_limit).map(MessageLimit::Saves);
        commands.or(saves).unwrap_or_default()
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
        let filters = self.imap.filters.iter();
        imap_frontend::Settings {
            sessions_per_account,
            literals,
            message_limit: self.imap.message_limit(),
            filters: filters.map(|it| (it.name.clone(), it.keys.clone())).collect(),
            ..Default::default()
        }
    }
}
