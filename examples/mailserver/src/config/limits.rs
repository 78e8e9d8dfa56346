//! `[limits]` and `[timeouts]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) connections_per_address: usize,
    pub(crate) imap_sessions_per_user: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let limits = wire::Limits::default();
        Self {
            connections: limits.total,
            connections_per_address: limits.per_address,
            imap_sessions_per_user: imap_frontend::Settings::default().sessions_per_account,
        }
    }
}

impl From<&Limits> for wire::Limits {
    fn from(limits: &Limits) -> Self {
        Self { total: limits.connections, per_address: limits.connections_per_address }
    }
}

/// `[timeouts]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Timeouts {
    pub(crate) proxy_seconds: u64,
    pub(crate) handshake_seconds: u64,
    pub(crate) login_seconds: u64,
    pub(crate) command_seconds: u64,
    pub(crate) idle_seconds: u64,
    pub(crate) slow_write_seconds: u64,
    pub(crate) grace_seconds: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        let timeouts = wire::Timeouts::default();
        Self {
            proxy_seconds: timeouts.proxy.as_secs(),
            handshake_seconds: timeouts.handshake.as_secs(),
            login_seconds: timeouts.login.as_secs(),
            command_seconds: timeouts.command.as_secs(),
            idle_seconds: timeouts.idle.as_secs(),
            slow_write_seconds: timeouts.slow_write.as_secs(),
            grace_seconds: timeouts.grace.as_secs(),
        }
    }
}

impl From<&Timeouts> for wire::Timeouts {
    fn from(timeouts: &Timeouts) -> Self {
        Self {
            proxy: Duration::from_secs(timeouts.proxy_seconds),
            handshake: Duration::from_secs(timeouts.handshake_seconds),
            login: Duration::from_secs(timeouts.login_seconds),
            command: Duration::from_secs(timeouts.command_seconds),
            idle: Duration::from_secs(timeouts.idle_seconds),
            slow_write: Duration::from_secs(timeouts.slow_write_seconds),
            grace: Duration::from_secs(timeouts.grace_seconds),
        }
    }
}
