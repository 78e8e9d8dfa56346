//! The certificates in use.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{CertificateFiles, TlsError};

type Keys = Vec<Arc<CertifiedKey>>;

/// The certificates in use, and where they came from.
#[derive(Debug)]
pub(super) struct Certificates {
    files: Vec<CertificateFiles>,
    provider: Arc<CryptoProvider>,
    keys: RwLock<Keys>,
}

impl Certificates {
    pub(super) fn load(
        files: Vec<CertificateFiles>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let keys = RwLock::new(read_all(&files, &provider)?);
        Ok(Self { files, provider, keys })
    }

    pub(super) fn reload(&self) -> Result<(), TlsError> {
        let keys = read_all(&self.files, &self.provider)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.chosen(hello.server_name())
    }
}

impl Certificates {
    /// The first that is valid for the name, else the first.
    pub(super) fn chosen(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        name.and_then(|name| ServerName::try_from(name).ok())
            .and_then(|name| keys.iter().find(|key| is_valid_for(key, &name)))
            .or(keys.first())
            .cloned()
    }
}

fn is_valid_for(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    key.end_entity_cert()
        .and_then(ParsedCertificate::try_from)
        .and_then(|certificate| verify_server_name(&certificate, name))
        .is_ok()
}

fn read_all(files: &[CertificateFiles], provider: &CryptoProvider) -> Result<Keys, TlsError> {
    if files.is_empty() {
        return Err(TlsError::None);
    }
    files.iter().map(|files| read(files, provider).map(Arc::new)).collect()
}

fn read(files: &CertificateFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::File { path, source }
    };
    let chain = CertificateDer::pem_file_iter(&files.chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(wrong(&files.chain))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(wrong(&files.key))?;
    CertifiedKey::from_der(chain, key, provider)
        .map_err(|source| TlsError::Unusable { path: files.chain.clone(), source })
}
