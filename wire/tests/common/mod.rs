//! A server around a closure, and clients for it.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use wire::{
    CertificateFiles, Connection, Crowded, Ended, Instant, ListenAddr, Listener, Protocol,
    Settings, Shutdown, Tls, TlsSettings, Trigger,
};

/// A protocol made of a closure.
struct Closure<F>(F);

impl<F, Fut> Protocol for Closure<F>
where
    F: Fn(Connection) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    async fn serve(self: Arc<Self>, connection: Connection) {
        (self.0)(connection).await;
    }

    fn refusal(&self, crowded: Crowded) -> Bytes {
        Bytes::from(format!("{crowded:?} is full\r\n"))
    }
}

pub struct Running {
    pub address: Option<SocketAddr>,
    pub trigger: Trigger,
    pub task: JoinHandle<()>,
}

impl Running {
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address.unwrap()).await.unwrap()
    }

    /// Shuts down and waits until everything is gone.
    pub async fn stop(self) {
        self.trigger.shut_down();
        self.task.await.unwrap();
    }
}

/// Serves `session` at a free port of 127.0.0.1.
pub fn start<F, Fut>(settings: Settings, session: F) -> Running
where
    F: Fn(Connection) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    start_at(&"127.0.0.1:0".parse().unwrap(), settings, session)
}

pub fn start_at<F, Fut>(address: &ListenAddr, settings: Settings, session: F) -> Running
where
    F: Fn(Connection) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = Listener::bind(address).unwrap();
    let address = listener.local_addr();
    let (trigger, shutdown) = Shutdown::channel();
    let task = tokio::spawn(wire::serve(listener, settings, Arc::new(Closure(session)), shutdown));
    Running { address, trigger, task }
}

/// Sends back what comes; says why it ends, where that can be told.
pub async fn echo(mut connection: Connection) {
    let mut buf = BytesMut::new();
    let ended = loop {
        let until = connection.within(connection.timeouts().idle);
        match connection.read_command(&mut buf, 65_536, until).await {
            Ok(_) => connection.write(buf.split().freeze()).await.unwrap(),
            Err(ended) => break ended,
        }
    };
    if ended.can_be_told() {
        connection.write(Bytes::from(format!("{ended}\r\n"))).await.unwrap();
    }
    connection.close().await;
}

/// Reads one line, CRLF included.
pub async fn line(connection: &mut Connection, buf: &mut BytesMut) -> Result<Vec<u8>, Ended> {
    loop {
        if let Some(end) = buf.iter().position(|byte| *byte == b'\n') {
            return Ok(buf.split_to(end + 1).to_vec());
        }
        connection.read_command(buf, 4096, soon()).await?;
    }
}

/// Far enough away that only a hanging test gets there.
pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

pub async fn ask(client: &mut (impl AsyncRead + AsyncWrite + Unpin), text: &str) -> String {
    client.write_all(text.as_bytes()).await.unwrap();
    let mut answer = vec![0; text.len()];
    client.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// All that comes until the server closes.
pub async fn rest(client: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    // A reset is an end, too: the server may have left bytes unread.
    let _ = client.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

/// A self-signed certificate for `name`, written to `directory`.
pub fn certify(directory: &Path, name: &str) -> (CertificateFiles, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    let files = CertificateFiles {
        chain: directory.join(format!("{name}.crt")),
        key: directory.join(format!("{name}.key")),
    };
    std::fs::write(&files.chain, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    (files, cert.der().clone())
}

/// TLS for `localhost`, and the certificate to trust.
pub fn localhost_tls(directory: &Path) -> (Tls, CertificateDer<'static>) {
    let (files, certificate) = certify(directory, "localhost");
    let settings = TlsSettings { certificates: vec![files], ..TlsSettings::default() };
    (Tls::load(settings).unwrap(), certificate)
}

pub fn trusting(certificate: CertificateDer<'static>) -> TlsConnector {
    TlsConnector::from(Arc::new(client(certificate, rustls::DEFAULT_VERSIONS)))
}

pub fn client(
    certificate: CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

pub fn named(name: &str) -> ServerName<'static> {
    ServerName::try_from(name.to_owned()).unwrap()
}
