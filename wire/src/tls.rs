//! TLS: certificates from PEM files, chosen by the name the client asks for.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, ServerConnection};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsAcceptor;

use crate::ended::Ended;
use crate::stream::Stream;

mod certificates;
mod end_point;

use certificates::Certificates;

/// The most a session holds that its peer has not taken yet, in bytes.
const SESSION_BUFFER: usize = 32 * 1024;

/// A certificate and its key, both as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, followed by the intermediate ones.
    pub chain: PathBuf,
    /// The private key (PKCS #8, PKCS #1 or SEC 1).
    pub key: PathBuf,
}

/// What [`Tls::load`] needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificates. A client gets the first that is valid for the name it asks for; one that
    /// asks for none, or for a name that none is valid for, gets the first.
    pub certificates: Vec<CertificateFiles>,
    /// The protocols offered by ALPN, the preferred first. If there are any, a client that offers
    /// only others is refused (RFC 7301 section 3.2).
    pub alpn: Vec<Vec<u8>>,
}

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// None is configured.
    #[error("no certificate is configured")]
    None,
    /// A file cannot be read or is not PEM.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// Key and certificate do not fit, or are of a kind that is not supported.
    #[error("{path}: {source}")]
    Unusable {
        /// The file of the certificate.
        path: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
    /// The system gives no random numbers.
    #[error("no keys for session tickets: {0}")]
    Tickets(#[source] rustls::Error),
}

/// TLS 1.2 and 1.3 with the certificates loaded. Clones share them.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
}

impl Tls {
    /// Reads the certificates (blocking, for as long as reading small files takes).
    pub fn load(settings: TlsSettings) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let certificates = Arc::new(Certificates::load(settings.certificates, provider.clone())?);
        let config = configure(provider, certificates.clone(), settings.alpn)?;
        Ok(Self { config: Arc::new(config), certificates })
    }

    /// Reads the same files again; new handshakes use what they hold now. After an error everything
    /// stays as it was.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.certificates.reload()
    }

    /// The channel binding of the certificate that a client gets which asks for that name.
    pub(crate) fn end_point(&self, name: Option<&str>) -> Option<Vec<u8>> {
        end_point::of(self.certificates.chosen(name)?.end_entity_cert().ok()?)
    }

    /// Does the handshake on a clear stream.
    pub(crate) async fn accept(&self, clear: Stream, until: Instant) -> Result<Stream, Ended> {
        let limit = |session: &mut ServerConnection| session.set_buffer_limit(Some(SESSION_BUFFER));
        let handshake = TlsAcceptor::from(self.config.clone()).accept_with(clear, limit);
        match timeout_at(until, handshake).await {
            Ok(Ok(tls)) => Ok(Stream::Tls(Box::new(tls))),
            Ok(Err(error)) => Err(Ended::Handshake(error)),
            Err(_) => Err(Ended::Handshake(io::ErrorKind::TimedOut.into())),
        }
    }
}

/// Sessions are resumed by tickets that the client keeps, so that the server keeps nothing.
fn configure(
    provider: Arc<CryptoProvider>,
    certificates: Arc<Certificates>,
    alpn: Vec<Vec<u8>>,
) -> Result<ServerConfig, TlsError> {
    let unusable = |source| TlsError::Unusable { path: PathBuf::new(), source };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = ring::Ticketer::new().map_err(TlsError::Tickets)?;
    config.send_tls13_tickets = 1;
    config.alpn_protocols = alpn;
    Ok(config)
}
