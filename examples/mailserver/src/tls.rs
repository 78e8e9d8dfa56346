//! Certificates: those configured, or one that is made at the first start and signed by nobody.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{CertificateParams, DnType, KeyPair};
use wire::{CertificateFiles, Tls, TlsSettings};

use crate::config;
use crate::problem::{Doing, Problem};

/// Loads the certificates for services that speak the protocols of `alpn`.
pub(crate) fn load(files: &[CertificateFiles], alpn: &[&str]) -> Result<Tls, Problem> {
    let alpn = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Tls::load(TlsSettings { certificates: files.to_vec(), alpn })
        .doing(|| "loading the TLS certificates".to_owned())
}

/// The files of the configured certificates, or of a self-signed one, which is made if need be.
pub(crate) fn certificates(
    configured: &config::Tls,
    directory: &Path,
) -> Result<Vec<CertificateFiles>, Problem> {
    if configured.certificates.is_empty() {
        let own = self_signed(&configured.self_signed_names, &directory.join("tls"))?;
        return Ok(vec![own]);
    }
    let files = |certificate: &config::Certificate| CertificateFiles {
        chain: certificate.chain.clone(),
        key: certificate.key.clone(),
    };
    Ok(configured.certificates.iter().map(files).collect())
}

fn self_signed(names: &[String], directory: &Path) -> Result<CertificateFiles, Problem> {
    let chain = directory.join("certificate.pem");
    let files = CertificateFiles { chain, key: directory.join("key.pem") };
    if !files.chain.exists() {
        make(names, &files).doing(|| format!("making {}", files.chain.display()))?;
        tracing::warn!(
            certificate = %files.chain.display(),
            names = names.join(", "),
            "no certificate is configured: made one that is signed by nobody; \
             clients will warn about it"
        );
    }
    Ok(files)
}

/// The certificate is written last: once it is there, so is its key.
fn make(
    names: &[String],
    files: &CertificateFiles,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let key = KeyPair::generate()?;
    let mut about = CertificateParams::new(names)?;
    about.distinguished_name.push(DnType::CommonName, "mailserver, signed by nobody");
    let certificate = about.self_signed(&key)?;
    for (path, text) in [(&files.key, key.serialize_pem()), (&files.chain, certificate.pem())] {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        write_private(path, &text)?;
    }
    Ok(())
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_certificate_is_made_once() {
        let directory = tempfile::tempdir().unwrap();
        let files = || certificates(&config::Tls::default(), directory.path()).unwrap();
        let first = files();
        let read = || fs::read(&first[0].chain).unwrap();
        let made = read();
        assert_eq!(files(), first);
        assert_eq!(read(), made);
        let mode = fs::metadata(&first[0].key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        load(&first, &["imap"]).unwrap();
    }

    #[test]
    fn configured_certificates_must_be_there() {
        let missing = config::Certificate { chain: "/no/c.pem".into(), key: "/no/k.pem".into() };
        let configured = config::Tls { certificates: vec![missing], ..config::Tls::default() };
        let files = certificates(&configured, Path::new("/no")).unwrap();
        let error = load(&files, &["imap"]).unwrap_err().to_string();
        assert!(error.contains("/no/c.pem"), "{error}");
    }
}
