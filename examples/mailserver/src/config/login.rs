//! `[login]`

use std::time::Duration;

use mailstore::accounts::{Bearer, LoginLimits, Scram};
use serde::{Deserialize, Serialize};
use wire::{AuthPolicy, ClearLogin};

/// In seconds.
const DAY: u64 = 24 * 3600;

/// `[login]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Login {
    pub(crate) without_tls: WithoutTls,
    pub(crate) attempts: u32,
    pub(crate) delay_seconds: u64,
    pub(crate) scram: bool,
    pub(crate) tokens: bool,
    pub(crate) failures_per_account: u64,
    pub(crate) failures_per_address: u64,
    pub(crate) wrong_codes: u64,
    pub(crate) failure_seconds: u64,
    pub(crate) log_days: u64,
}

impl Login {
    /// Whether keys for SCRAM are kept.
    pub(crate) fn scram(&self) -> Scram {
        if self.scram { Scram::Kept } else { Scram::Off }
    }

    /// Whether tokens are offered.
    pub(crate) fn bearer(&self) -> Bearer {
        if self.tokens { Bearer::Offered } else { Bearer::Off }
    }

    /// How often somebody may be wrong.
    pub(crate) fn limits(&self) -> LoginLimits {
        LoginLimits {
            per_account: self.failures_per_account,
            per_address: self.failures_per_address,
            codes: self.wrong_codes,
            window: Duration::from_secs(self.failure_seconds),
        }
    }

    /// How long the logs of users are kept.
    pub(crate) fn log(&self) -> Duration {
        Duration::from_secs(self.log_days.saturating_mul(DAY))
    }
}

impl Default for Login {
    fn default() -> Self {
        let policy = AuthPolicy::default();
        let limits = LoginLimits::default();
        Self {
            without_tls: WithoutTls::Local,
            attempts: policy.attempts,
            delay_seconds: policy.delay.as_secs(),
            scram: true,
            tokens: true,
            failures_per_account: limits.per_account,
            failures_per_address: limits.per_address,
            wrong_codes: limits.codes,
            failure_seconds: limits.window.as_secs(),
            log_days: 30,
        }
    }
}

impl From<&Login> for AuthPolicy {
    fn from(login: &Login) -> Self {
        let clear = match login.without_tls {
            WithoutTls::Local => ClearLogin::Local,
            WithoutTls::Anywhere => ClearLogin::Anywhere,
        };
        let delay = Duration::from_secs(login.delay_seconds);
        Self { clear, attempts: login.attempts, delay }
    }
}

/// From where one may log in without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WithoutTls {
    Local,
    Anywhere,
}
