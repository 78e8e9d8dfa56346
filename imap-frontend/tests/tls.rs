//! STARTTLS, and what is refused without it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{On, Options, Server};
use harness::{certificate, trusting};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use wire::Encryption;

/// What a client from another machine sends first, through a proxy on this one.
const FROM_AFAR: &str = "PROXY TCP4 192.0.2.1 192.0.2.2 40000 143\r\n";

async fn start() -> (Server, CertificateDer<'static>) {
    let (tls, der) = certificate();
    let mut options = Options::default();
    options.wire.encryption = Encryption::StartTls(tls);
    options.wire.proxies = vec!["127.0.0.0/8".parse().unwrap()];
    (Server::start(On::Memory, options).await, der)
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, line: &str) -> String {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    next(stream).await
}

async fn next<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    line
}

async fn connect(server: &Server) -> (BufReader<TcpStream>, String) {
    let mut stream = BufReader::new(TcpStream::connect(server.address).await.unwrap());
    stream.write_all(FROM_AFAR.as_bytes()).await.unwrap();
    let greeting = next(&mut stream).await;
    (stream, greeting)
}

#[tokio::test]
async fn a_password_is_taken_only_within_tls() {
    let (server, certificate) = start().await;
    let (mut clear, greeting) = connect(&server).await;
    assert!(greeting.contains(" STARTTLS LOGINDISABLED "), "{greeting}");
    assert!(!greeting.contains("AUTH="));
    let answer = ask(&mut clear, "a LOGIN joe secret").await;
    assert_eq!(answer, "a NO [PRIVACYREQUIRED] Start TLS first\r\n");
    let answer = ask(&mut clear, "a AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=").await;
    assert_eq!(answer, "a NO [PRIVACYREQUIRED] Start TLS first\r\n");
    assert_eq!(ask(&mut clear, "a STARTTLS").await, "a OK Begin TLS\r\n");

    let name = ServerName::try_from("localhost").unwrap();
    let tls = trusting(certificate).connect(name, clear.into_inner()).await.unwrap();
    let mut tls = BufReader::new(tls);
    let capabilities = ask(&mut tls, "b CAPABILITY").await;
    assert!(capabilities.contains("AUTH=PLAIN") && !capabilities.contains("STARTTLS"));
    assert!(next(&mut tls).await.starts_with("b OK"));
    assert!(ask(&mut tls, "b STARTTLS").await.starts_with("b BAD"));
    assert!(ask(&mut tls, "b LOGIN joe secret").await.starts_with("b OK [CAPABILITY "));
    server.stop().await;
}

#[tokio::test]
async fn what_follows_starttls_in_the_clear_is_not_obeyed() {
    let (server, _) = start().await;
    let (mut clear, _) = connect(&server).await;
    clear.write_all(b"a STARTTLS\r\nb LOGIN joe secret\r\n").await.unwrap();
    let answer = next(&mut clear).await;
    assert_eq!(answer, "* BYE Clear text after STARTTLS\r\n");
    assert_eq!(next(&mut clear).await, "");
    server.stop().await;
}
