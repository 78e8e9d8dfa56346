//! The configuration file.

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mailstore::accounts::{Domain, Name};
use serde::{Deserialize, Serialize};
use wire::ListenAddr;

use crate::problem::{Doing, Problem};

mod alias;
mod backend;
mod dots;
mod filter;
mod http;
mod imap;
mod limits;
mod lmtp;
mod login;
mod over_tls;
mod pop3;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use alias::DomainAlias;
pub(crate) use backend::{Backend, Kind, LOCAL_BEACON, Mongodb, OWN_BLOBS};
pub(crate) use dots::Dots;
pub(crate) use filter::Filter;
pub(crate) use http::Http;
pub(crate) use imap::Imap;
pub(crate) use limits::{Limits, Timeouts};
pub(crate) use lmtp::Lmtp;
pub(crate) use login::Login;
pub(crate) use over_tls::{Imaps, OverTls, Pop3s};
pub(crate) use pop3::Pop3;

/// The file that is read if it exists and no other is named.
pub(crate) const DEFAULT_FILE: &str = "mailserver.toml";

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
    pub(crate) imaps: OverTls<Imaps>,
    pub(crate) lmtp: Lmtp,
    pub(crate) pop3: Pop3,
    pub(crate) pop3s: OverTls<Pop3s>,
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
            imaps: OverTls::default(),
            lmtp: Lmtp::default(),
            pop3: Pop3::default(),
            pop3s: OverTls::default(),
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
