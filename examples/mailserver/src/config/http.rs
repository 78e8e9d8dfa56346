//! `[http]`

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
        }
    }
}

/// Who may read the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MetricsFor {
    Token,
    Loopback,
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
