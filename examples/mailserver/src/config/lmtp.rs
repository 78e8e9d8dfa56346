//! `[lmtp]`

use serde::{Deserialize, Serialize};
use wire::{ListenAddr, Network};

use super::{Config, loopback, text};

/// `[lmtp]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Lmtp {
    pub(crate) enabled: bool,
    #[serde(with = "text")]
    pub(crate) listen: Vec<ListenAddr>,
    pub(crate) starttls: bool,
    #[serde(with = "text")]
    pub(crate) proxies: Vec<Network>,
    #[serde(with = "text")]
    pub(crate) xclient: Vec<Network>,
    pub(crate) labels: Labels,
    pub(crate) recipients: usize,
    pub(crate) return_path: bool,
    pub(crate) delivered_to: bool,
    pub(crate) received: bool,
}

impl Default for Lmtp {
    fn default() -> Self {
        let settings = lmtp_frontend::Settings::default();
        Self {
            enabled: true,
            listen: loopback(2424),
            starttls: true,
            proxies: Vec::new(),
            xclient: Vec::new(),
            labels: Labels::Ignored,
            recipients: settings.recipients,
            return_path: settings.trace.return_path,
            delivered_to: settings.trace.delivered_to,
            received: settings.trace.received,
        }
    }
}

/// What becomes of mail to `user+label`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Labels {
    Ignored,
    Filed,
}

impl Config {
    /// For the LMTP server.
    pub(crate) fn lmtp_settings(&self) -> lmtp_frontend::Settings {
        let trace = lmtp_frontend::Trace {
            return_path: self.lmtp.return_path,
            delivered_to: self.lmtp.delivered_to,
            received: self.lmtp.received,
        };
        let recipients = self.lmtp.recipients;
        let labels = match self.lmtp.labels {
            Labels::Ignored => lmtp_frontend::Labels::Ignored,
            Labels::Filed => lmtp_frontend::Labels::Filed,
        };
        let (host, xclient) = (self.hostname.clone(), self.lmtp.xclient.clone());
        let defaults = lmtp_frontend::Settings::default();
        lmtp_frontend::Settings { host, trace, recipients, labels, xclient, ..defaults }
    }
}
