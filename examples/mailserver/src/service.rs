//! The services, as they are configured.

use wire::{ListenAddr, Network};

use crate::config::{Config, OverTls};

/// One service: its name, where it listens, and whom it lets speak for others.
pub(crate) struct Service<'a> {
    pub(crate) name: &'static str,
    pub(crate) enabled: bool,
    pub(crate) listen: &'a [ListenAddr],
    pub(crate) proxies: &'a [Network],
    pub(crate) tls: Begins,
    /// What is spoken within TLS (RFC 7301).
    pub(crate) alpn: &'static [&'static str],
}

/// When TLS begins.
#[derive(Clone, Copy)]
pub(crate) enum Begins {
    Never,
    OnRequest,
    AtOnce,
}

impl<'a> Service<'a> {
    pub(crate) fn imap(config: &'a Config) -> Self {
        let (imap, alpn) = (&config.imap, &["imap"]);
        let tls = if imap.starttls { Begins::OnRequest } else { Begins::Never };
        let (enabled, listen, proxies) = (imap.enabled, &imap.listen, &imap.proxies);
        Self { name: "imap", enabled, listen, proxies, tls, alpn }
    }

    pub(crate) fn imaps(config: &'a Config) -> Self {
        Self::over_tls("imaps", &config.imaps, &["imap"])
    }

    pub(crate) fn lmtp(config: &'a Config) -> Self {
        let lmtp = &config.lmtp;
        let tls = if lmtp.starttls { Begins::OnRequest } else { Begins::Never };
        let (enabled, listen, proxies) = (lmtp.enabled, &lmtp.listen, &lmtp.proxies);
        Self { name: "lmtp", enabled, listen, proxies, tls, alpn: &[] }
    }

    pub(crate) fn pop3(config: &'a Config) -> Self {
        let (pop3, alpn) = (&config.pop3, &["pop3"]);
        let tls = if pop3.starttls { Begins::OnRequest } else { Begins::Never };
        let (enabled, listen, proxies) = (pop3.enabled, &pop3.listen, &pop3.proxies);
        Self { name: "pop3", enabled, listen, proxies, tls, alpn }
    }

    pub(crate) fn pop3s(config: &'a Config) -> Self {
        Self::over_tls("pop3s", &config.pop3s, &["pop3"])
    }

    pub(crate) fn http(config: &'a Config) -> Self {
        let (http, alpn) = (&config.http, &["http/1.1"]);
        let tls = if http.tls { Begins::AtOnce } else { Begins::Never };
        let (enabled, listen, proxies) = (http.enabled, &http.listen, &http.proxies);
        Self { name: "http", enabled, listen, proxies, tls, alpn }
    }

    fn over_tls<U>(
        name: &'static str,
        section: &'a OverTls<U>,
        alpn: &'static [&'static str],
    ) -> Self {
        let (enabled, listen, proxies) = (section.enabled, &section.listen, &section.proxies);
        Self { name, enabled, listen, proxies, tls: Begins::AtOnce, alpn }
    }
}
