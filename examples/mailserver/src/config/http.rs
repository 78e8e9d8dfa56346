//! `[http]`

#[cfg(feature = "webauthn")]
use mailstore::accounts::{RelyingParty, Verification};
use serde::{Deserialize, Serialize};
use wire::{ListenAddr, Network};

use super::{loopback, text};

/// `[http]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    pub(crate) enabled: bool,
    #[serde(with = "text")]
    pub(crate) listen: Vec<ListenAddr>,
    pub(crate) tls: bool,
    #[serde(with = "text")]
    pub(crate) proxies: Vec<Network>,
    pub(crate) origins: Vec<String>,
    pub(crate) metrics: MetricsFor,
    pub(crate) domain: String,
    pub(crate) key_origins: Vec<String>,
    pub(crate) key_verification: KeyVerification,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: loopback(8080),
            tls: false,
            proxies: Vec::new(),
            origins: Vec::new(),
            metrics: MetricsFor::Token,
            domain: "localhost".to_owned(),
            key_origins: Vec::new(),
            key_verification: KeyVerification::Preferred,
        }
    }
}

/// Whether security keys must find out who holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyVerification {
    Preferred,
    Required,
}

/// Who may read the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MetricsFor {
    Token,
    Loopback,
}

#[cfg(feature = "webauthn")]
impl Http {
    /// Where security keys are used: the page, under its domain.
    pub(crate) fn relying_party(&self) -> RelyingParty {
        let own = match self.domain.as_str() {
            "localhost" => "http://localhost".to_owned(),
            domain => format!("https://{domain}"),
        };
        let verification = match self.key_verification {
            KeyVerification::Preferred => Verification::Preferred,
            KeyVerification::Required => Verification::Required,
        };
        RelyingParty {
            id: self.domain.clone(),
            name: "mailstore".to_owned(),
            origins: self.key_origins.iter().cloned().chain([own]).collect(),
            verification,
        }
    }
}

impl From<&Http> for http_frontend::Settings {
    fn from(http: &Http) -> Self {
        Self {
            origins: http.origins.clone(),
            metrics: match http.metrics {
                MetricsFor::Token => http_frontend::MetricsFor::Root,
                MetricsFor::Loopback => http_frontend::MetricsFor::Loopback,
            },
            ..Self::default()
        }
    }
}
