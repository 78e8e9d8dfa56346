//! STARTTLS.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;
use wire::{CertificateFiles, Encryption, Tls, TlsSettings};

use crate::harness::{ALICE, Client, Server, bare, store};

/// A server that offers STARTTLS, and a client's half that trusts it.
async fn start() -> (Server, TlsConnector) {
    let directory = TempDir::new().unwrap();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["store.example".to_owned()]).unwrap();
    let files = CertificateFiles {
        chain: directory.path().join("chain.pem"),
        key: directory.path().join("key.pem"),
    };
    std::fs::write(&files.chain, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let tls = Tls::load(TlsSettings { certificates: vec![files], alpn: Vec::new() }).unwrap();
    let encryption = Encryption::StartTls(tls);
    let wired = wire::Settings { encryption, ..wire::Settings::default() };
    let traced = lmtp_frontend::Settings { trace: lmtp_frontend::Trace::default(), ..bare() };
    let server = Server::on(store(mailstore::Settings::default()), traced, wired).await;
    (server, trusting(cert.der().clone()))
}

fn trusting(certificate: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn what_was_said_in_the_clear_is_forgotten() {
    let (server, connector) = start().await;
    let mut clear = server.client().await;
    clear
        .play(
            "S: 220 *
             C: LHLO client.example
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-SIZE *
             S: 250 STARTTLS
             C: STARTTLS now
             S: 501 5.5.4 *
             C: STARTTLS
             S: 220 2.0.0 go ahead",
        )
        .await;
    let name = ServerName::try_from("store.example").unwrap();
    let tls = connector.connect(name, clear.into_inner()).await.unwrap();
    let mut client = Client::new(tls);
    client
        .play(
            "C: MAIL FROM:<a@b>
             S: 503 5.5.1 LHLO comes first
             C: STARTTLS
             S: 503 5.5.1 TLS cannot be started
             C: LHLO client.example
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250 SIZE *
             C: MAIL FROM:<a@b> SMTPUTF8
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: .
             S: 250 2.0.0 <alice> * saved
             C: QUIT
             S: 221 2.0.0 bye",
        )
        .await;
    assert!(server.inbox(ALICE).await[0].contains("\tby store.example with UTF8LMTPS\r\n"));
}

#[tokio::test]
async fn nothing_may_follow_in_the_clear() {
    let (server, _) = start().await;
    let mut client = server.lhlo().await;
    client.play("C: STARTTLS\nC: MAIL FROM:<evil@b>\nS: 220 2.0.0 go ahead\nS-").await;
}
