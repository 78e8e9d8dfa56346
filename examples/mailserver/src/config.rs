//! The configuration file.

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use imap_frontend::Literals;
use mailstore::accounts::{Domain, LoginLimits, Name, Scram};
use serde::{Deserialize, Serialize};
use wire::{AuthPolicy, ClearLogin, ListenAddr, Network};

use crate::problem::{Doing, Problem};

mod alias;
mod backend;
mod dots;
mod http;
mod pop3;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use alias::DomainAlias;
pub(crate) use backend::{Backend, Kind, LOCAL_BEACON, Mongodb, OWN_BLOBS};
pub(crate) use dots::Dots;
pub(crate) use http::Http;
pub(crate) use pop3::{Pop3, Pop3s};

/// The file that is read if it exists and no other is named.
pub(crate) const DEFAULT_FILE: &str = "mailserver.toml";

/// In seconds.
const DAY: u64 = 24 * 3600;
const TEN_MINUTES: NonZeroU64 = NonZeroU64::new(600).unwrap();

/// All options. `mailserver.toml` in this crate explains each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) directory: PathBuf,
    #[serde(with = "text")]
    pub(crate) home_domains: Vec<Domain>,
    #[serde(with = "text")]
    pub(crate) domain_aliases: Vec<DomainAlias>,
    pub(crate) dots: Dots,
    #[serde(with = "text")]
    pub(crate) administrators: Vec<Name>,
    pub(crate) hostname: String,
    pub(crate) log: Log,
    pub(crate) backend: Backend,
    pub(crate) store: Store,
    pub(crate) tls: Tls,
    pub(crate) login: Login,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) imap: Imap,
    pub(crate) imaps: Imaps,
    pub(crate) lmtp: Lmtp,
    pub(crate) pop3: Pop3,
    pub(crate) pop3s: Pop3s,
    pub(crate) http: Http,
}

impl Default for Config {
    fn default() -> Self {
        let localhost = Domain::new("localhost");
        Self {
            directory: "mailstore-data".into(),
            home_domains: localhost.into_iter().collect(),
            domain_aliases: Vec::new(),
            dots: Dots::Count,
            administrators: Vec::new(),
            hostname: "localhost".into(),
            log: Log::default(),
            backend: Backend::default(),
            store: Store::default(),
            tls: Tls::default(),
            login: Login::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            imap: Imap::default(),
            imaps: Imaps::default(),
            lmtp: Lmtp::default(),
            pop3: Pop3::default(),
            pop3s: Pop3s::default(),
            http: Http::default(),
        }
    }
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".into() }
    }
}

/// `[store]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Store {
    pub(crate) max_message_bytes: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) grace_seconds: u64,
    pub(crate) journal_seconds: u64,
    pub(crate) sweep_seconds: NonZeroU64,
}

impl Default for Store {
    fn default() -> Self {
        let settings = mailstore::Settings::default();
        Self {
            max_message_bytes: settings.max_message,
            memory_bytes: settings.memory,
            grace_seconds: settings.grace.as_secs(),
            journal_seconds: settings.journal.as_secs(),
            sweep_seconds: TEN_MINUTES,
        }
    }
}

impl From<&Store> for mailstore::Settings {
    fn from(store: &Store) -> Self {
        Self {
            max_message: store.max_message_bytes,
            memory: store.memory_bytes,
            grace: Duration::from_secs(store.grace_seconds),
            journal: Duration::from_secs(store.journal_seconds),
            ..Self::default()
        }
    }
}

/// `[tls]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) self_signed_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) certificates: Vec<Certificate>,
}

impl Default for Tls {
    fn default() -> Self {
        let self_signed_names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        Self { self_signed_names, certificates: Vec::new() }
    }
}

/// `[[tls.certificates]]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// `[login]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Login {
    pub(crate) without_tls: WithoutTls,
    pub(crate) attempts: u32,
    pub(crate) delay_seconds: u64,
    pub(crate) scram: bool,
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

/// `[imaps]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Imaps {
    pub(crate) enabled: bool,
    #[serde(with = "text")]
    pub(crate) listen: Vec<ListenAddr>,
    #[serde(with = "text")]
    pub(crate) proxies: Vec<Network>,
}

impl Default for Imaps {
    fn default() -> Self {
        Self { enabled: true, listen: loopback(1993), proxies: Vec::new() }
    }
}

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

fn loopback(port: u16) -> Vec<ListenAddr> {
    vec![ListenAddr::Tcp((std::net::Ipv4Addr::LOCALHOST, port).into())]
}

impl Config {
    /// Reads the file; without one, [`DEFAULT_FILE`] if there is one, or else the defaults.
    /// Relative paths in a file start at the directory the file is in.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Problem> {
        let file = match file {
            Some(file) => file,
            None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
            None => return Ok(Self::default()),
        };
        let text = fs::read_to_string(file).doing(|| format!("reading {}", file.display()))?;
        let mut config = Self::parse(&text).doing(|| format!("reading {}", file.display()))?;
        config.resolve(file.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// As a file that says the same.
    pub(crate) fn to_toml(&self) -> Result<String, Problem> {
        toml::to_string(self).doing(|| "writing the configuration".to_owned())
    }

    /// For the IMAP servers.
    pub(crate) fn imap_settings(&self) -> imap_frontend::Settings {
        let sessions_per_account = self.limits.imap_sessions_per_user;
        let literals = match self.imap.literal_plus {
            true => Literals::Plus,
            false => Literals::Minus,
        };
        imap_frontend::Settings { sessions_per_account, literals, ..Default::default() }
    }

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

    fn resolve(&mut self, base: &Path) {
        self.directory = base.join(&self.directory);
        for certificate in &mut self.tls.certificates {
            certificate.chain = base.join(&certificate.chain);
            certificate.key = base.join(&certificate.key);
        }
        let listen = [
            &mut self.imap.listen,
            &mut self.imaps.listen,
            &mut self.lmtp.listen,
            &mut self.pop3.listen,
            &mut self.pop3s.listen,
            &mut self.http.listen,
        ];
        for address in listen.into_iter().flatten() {
            if let ListenAddr::Unix(path) = address {
                *path = base.join(&*path);
            }
        }
    }
}
