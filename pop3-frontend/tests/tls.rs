//! STLS, and who may log in without.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::client::Client;
use common::{On, Options, Server};
use harness::{certificate, trusting};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wire::Encryption;

harness::everywhere! {
    within_tls_the_session_starts_anew
    what_comes_behind_stls_in_the_clear_ends_the_connection
    without_tls_nobody_from_afar_logs_in
}

/// A server that offers STLS, and a client's half that trusts it.
async fn start(on: On) -> (Server, TlsConnector) {
    let (tls, certificate) = certificate();
    let mut options = Options::default();
    options.wire.encryption = Encryption::StartTls(tls);
    options.wire.proxies = vec!["127.0.0.2".parse().unwrap()];
    (Server::start(on, options).await, trusting(certificate))
}

/// Connects, says STLS and what is behind it, and hears the answer.
async fn stls(server: &Server, line: &str) -> TcpStream {
    let mut client = Client::connect(server.address).await;
    client.send(line.as_bytes()).await;
    assert_eq!(client.line().await, "+OK go ahead");
    client.into_lines().into_inner()
}

async fn within_tls_the_session_starts_anew(on: On) {
    let (server, connector) = start(on).await;
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
async fn what_comes_behind_stls_in_the_clear_ends_the_connection(on: On) {
    let (server, connector) = start(on).await;
    let stream = stls(&server, "STLS\r\nUSER joe\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n").await;
    let name = ServerName::try_from("localhost").unwrap();
    assert!(connector.connect(name, stream).await.is_err());
}

/// Others could hear the password of a client from afar: it is not asked for.
async fn without_tls_nobody_from_afar_logs_in(on: On) {
    let (server, _) = start(on).await;
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
