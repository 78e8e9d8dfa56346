//! `[pop3]`

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wire::{ListenAddr, Network};

use super::{loopback, text};

/// `[pop3]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pop3 {
    pub(crate) enabled: bool,
    #[serde(with = "text")]
    pub(crate) listen: Vec<ListenAddr>,
    pub(crate) starttls: bool,
    #[serde(with = "text")]
    pub(crate) proxies: Vec<Network>,
    pub(crate) dele: Dele,
    pub(crate) retr: Retr,
    pub(crate) line_ends: LineEnds,
    pub(crate) login_delay_seconds: u64,
    pub(crate) lease_seconds: u64,
}

impl Default for Pop3 {
    fn default() -> Self {
        let settings = pop3_frontend::Settings::default();
        Self {
            enabled: true,
            listen: loopback(1110),
            starttls: true,
            proxies: Vec::new(),
            dele: Dele::Expunge,
            retr: Retr::Seen,
            line_ends: LineEnds::Crlf,
            login_delay_seconds: settings.login_delay.as_secs(),
            lease_seconds: settings.lease.as_secs(),
        }
    }
}

/// What becomes of messages that a client has deleted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dele {
    Expunge,
    Trash,
}

/// Whether a message that was downloaded has been read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Retr {
    Seen,
    Unchanged,
}

/// What a dot is looked for behind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LineEnds {
    Crlf,
    Any,
}

impl From<&Pop3> for pop3_frontend::Settings {
    fn from(pop3: &Pop3) -> Self {
        Self {
            dele: match pop3.dele {
                Dele::Expunge => pop3_frontend::Dele::Expunge,
                Dele::Trash => pop3_frontend::Dele::Trash,
            },
            retr: match pop3.retr {
                Retr::Seen => pop3_frontend::Retr::Seen,
                Retr::Unchanged => pop3_frontend::Retr::Unchanged,
            },
            line_ends: match pop3.line_ends {
                LineEnds::Crlf => pop3_frontend::LineEnds::Crlf,
                LineEnds::Any => pop3_frontend::LineEnds::AnyLf,
            },
            login_delay: Duration::from_secs(pop3.login_delay_seconds),
            lease: Duration::from_secs(pop3.lease_seconds),
            ..Self::default()
        }
    }
}
