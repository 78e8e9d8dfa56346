//! STLS, and who may log in without.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::client::Client;
use common::{On, Options, Server};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wire::{CertificateFiles, Encryption, Tls, TlsSettings};

/// A server that offers STLS, and a client's half that trusts it.
async fn start() -> (Server, TlsConnector, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = CertificateFiles {
        chain: directory.path().join("chain.pem"),
        key: directory.path().join("key.pem"),
    };
    std::fs::write(&files.chain, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let tls = TlsSettings { certificates: vec![files], ..TlsSettings::default() };
    let mut options = Options::default();
    options.wire.encryption = Encryption::StartTls(Tls::load(tls).unwrap());
    options.wire.proxies = vec!["127.0.0.2".parse().unwrap()];
    (Server::start(On::Memory, options).await, trusting(cert.der().clone()), directory)
}

fn trusting(certificate: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// Connects, says STLS and what is behind it, and hears the answer.
async fn stls(server: &Server, line: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut said = vec![0; "+OK mailstore POP3 ready\r\n".len()];
    stream.read_exact(&mut said).await.unwrap();
    stream.write_all(line.as_bytes()).await.unwrap();
    let mut said = vec![0; "+OK go ahead\r\n".len()];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(said, b"+OK go ahead\r\n");
    stream
}

#[tokio::test]
async fn within_tls_the_session_starts_anew() {
    let (server, connector, _directory) = start().await;
    let mut client = Client::connect(server.address).await;
    let capabilities = String::from_utf8(client.lines("CAPA").await).unwrap();
    assert!(capabilities.contains("STLS\r\n"));
    let stream = stls(&server, "STLS\r\n").await;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = BufReader::new(connector.connect(name, stream).await.unwrap());
    stream.write_all(b"CAPA\r\nSTLS\r\nPASS secret\r\nUSER joe\r\nPASS secret\r\n").await.unwrap();
    let mut said = String::new();
    while !said.contains("octets") {
        stream.read_line(&mut said).await.unwrap();
    }
    assert!(!said.contains("STLS\r\n"), "{said}");
    let end = ".\r\n-ERR TLS cannot be started\r\n-ERR USER comes first\r\n+OK send PASS\r\n\
        +OK maildrop has 0 messages (0 octets)\r\n";
    assert!(said.ends_with(end), "{said}");
}

/// What somebody in the middle put behind STLS in the clear is not obeyed within TLS.
#[tokio::test]
async fn what_comes_behind_stls_in_the_clear_ends_the_connection() {
    let (server, connector, _directory) = start().await;
    let stream = stls(&server, "STLS\r\nUSER joe\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n").await;
    let name = ServerName::try_from("localhost").unwrap();
    assert!(connector.connect(name, stream).await.is_err());
}

/// Others could hear the password of a client from afar: it is not asked for.
#[tokio::test]
async fn without_tls_nobody_from_afar_logs_in() {
    let (server, _, _directory) = start().await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut stream = BufReader::new(socket.connect(server.address).await.unwrap());
    let commands = b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 110\r\n\
        CAPA\r\nUSER joe\r\nPASS secret\r\nAUTH\r\nAUTH PLAIN AGpvZQBzZWNyZXQ=\r\nQUIT\r\n";
    stream.write_all(commands).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    let (_, said) = said.split_once("+OK Capability list follows\r\n").unwrap();
    let (capabilities, said) = said.split_once(".\r\n").unwrap();
    assert!(capabilities.starts_with("STLS\r\nTOP\r\n"), "{capabilities}");
    assert_eq!(
        said,
        "-ERR start TLS first\r\n-ERR start TLS first\r\n+OK Mechanisms follow\r\n.\r\n\
         -ERR start TLS first\r\n+OK bye\r\n"
    );
}
