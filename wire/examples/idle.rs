//! What an idle connection costs: `idle [clear|tls] [connections]`.
//!
//! Starts itself again as a server, opens so many connections to it, lets each send one command
//! and get one answer, and prints by how much the server's resident memory has grown per
//! connection (what the kernel keeps for its sockets is not in it). Linux only; mind `ulimit -n`.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wire::{
    CertificateFiles, Connection, Crowded, Encryption, Ended, Gate, Limits, Listener, Protocol,
    Settings, Shutdown, Tls, TlsSettings,
};

/// Sends back what it gets.
#[derive(Debug)]
struct Echo;

impl Protocol for Echo {
    async fn serve(self: Arc<Self>, mut connection: Connection) {
        let _ = converse(&mut connection).await;
        connection.close().await;
    }

    fn refusal(&self, _: Crowded) -> Bytes {
        Bytes::from_static(b"full\r\n")
    }
}

async fn converse(connection: &mut Connection) -> Result<(), Ended> {
    let mut buf = BytesMut::new();
    loop {
        let until = connection.within(connection.timeouts().idle);
        connection.read_command(&mut buf, 4096, until).await?;
        connection.write(buf.split().freeze()).await?;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", kind] => serve(kind).await,
        [] => measure("clear", 2000).await,
        [kind] => measure(kind, 2000).await,
        [kind, count, ..] => measure(kind, count.parse().unwrap()).await,
    }
}

async fn serve(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let encryption = match kind {
        "tls" => Encryption::Implicit(localhost(directory.path())),
        _ => Encryption::None,
    };
    let gate = Gate::new(Limits { total: 1 << 20, per_address: 1 << 20 });
    let settings = Settings { encryption, gate, ..Settings::default() };
    let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
    println!("{}", listener.local_addr().unwrap());
    let (_trigger, shutdown) = Shutdown::channel();
    wire::serve(listener, settings, Arc::new(Echo), shutdown).await;
}

fn localhost(directory: &Path) -> Tls {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files =
        CertificateFiles { chain: directory.join("crt.pem"), key: directory.join("key.pem") };
    std::fs::write(&files.chain, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    Tls::load(TlsSettings { certificates: vec![files], ..TlsSettings::default() }).unwrap()
}

async fn measure(kind: &str, count: usize) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["serve", kind])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let address: SocketAddr = address.trim().parse().unwrap();

    let mut clients = connect(address, kind, count / 10).await;
    let before = resident(server.id());
    clients.extend(connect(address, kind, count).await);
    let after = resident(server.id());
    server.kill().unwrap();
    server.wait().unwrap();
    let each = after.saturating_sub(before) / count;
    println!("{kind}: {each} bytes per idle connection ({count} connections, {after} in all)");
}

trait Client: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Client for T {}

/// Connections that have each had one exchange and are silent now.
async fn connect(address: SocketAddr, kind: &str, count: usize) -> Vec<Box<dyn Client>> {
    let connector = TlsConnector::from(Arc::new(trusting_anyone()));
    let mut clients = Vec::new();
    for _ in 0..count {
        let tcp = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut client: Box<dyn Client> = match kind {
            "tls" => Box::new(connector.connect(name, tcp).await.unwrap()),
            _ => Box::new(tcp),
        };
        client.write_all(b"NOOP\r\n").await.unwrap();
        client.flush().await.unwrap();
        client.read_exact(&mut [0; 6]).await.unwrap();
        clients.push(client);
    }
    clients
}

/// Resident bytes of a process.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

fn trusting_anyone() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth()
}

/// This measures memory; whom it talks to does not matter.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
