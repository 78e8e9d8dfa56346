//! SCRAM with the accounts of the store, in the clear and bound to TLS.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{On, Options, Server};
use data_encoding::BASE64;
use harness::{certificate, trusting};
use hmac::{Hmac, KeyInit, Mac};
use mailstore::accounts::{Accounts, MemoryAccounts, NewUser, Scram};
use mailstore::store::directory::Secret;
use rustls::pki_types::ServerName;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use wire::Encryption;

/// The client's side of SCRAM (RFC 5802 3), with whatever channel binding it is told to use.
struct Scrammer<'a> {
    header: String,
    channel: Vec<u8>,
    name: &'a str,
    password: &'a str,
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

impl Scrammer<'_> {
    /// Logs in; the tagged answer. A signature of the server that is not right is no answer.
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        mechanism: &str,
    ) -> String {
        let bare = format!("n={},r=fyko+d2lbbFgONRv9qkxdawL", self.name);
        let first = BASE64.encode(format!("{}{bare}", self.header).as_bytes());
        say(stream, &format!("a AUTHENTICATE {mechanism} {first}")).await;
        let server_first = challenge(&next(stream).await);
        let fields: Vec<&str> = server_first.splitn(3, ',').map(|field| &field[2..]).collect();
        let (salt, rounds) = (BASE64.decode(fields[1].as_bytes()).unwrap(), fields[2]);
        let mut salted = [0; 32];
        let rounds = rounds.parse().unwrap();
        pbkdf2::pbkdf2_hmac::<Sha256>(self.password.as_bytes(), &salt, rounds, &mut salted);
        let channel = BASE64.encode(&[self.header.as_bytes(), &self.channel].concat());
        let unproven = format!("c={channel},r={}", fields[0]);
        let signed = format!("{bare},{server_first},{unproven}");
        let client_key = hmac(&salted, b"Client Key");
        let signature = hmac(&Sha256::digest(&client_key), signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        let last = format!("{unproven},p={}", BASE64.encode(&proof));
        say(stream, &BASE64.encode(last.as_bytes())).await;
        let answer = next(stream).await;
        if !answer.starts_with("+ ") {
            return answer;
        }
        let server_key = hmac(&salted, b"Server Key");
        let expected = BASE64.encode(&hmac(&server_key, signed.as_bytes()));
        assert_eq!(challenge(&answer), format!("v={expected}"));
        say(stream, "").await;
        next(stream).await
    }
}

fn challenge(line: &str) -> String {
    let encoded = line.trim_end().strip_prefix("+ ").unwrap_or_else(|| panic!("{line}"));
    String::from_utf8(BASE64.decode(encoded.as_bytes()).unwrap()).unwrap()
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
}

async fn next<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    line
}

async fn options() -> Options {
    let accounts = Accounts::new(Arc::new(MemoryAccounts::default())).with_scram(Scram::Kept);
    accounts.add(NewUser::new("joe").password(Secret::new("p\u{e4}ss"))).await.unwrap();
    Options { directory: Arc::new(accounts), ..Options::default() }
}

fn unbound<'a>(name: &'a str, password: &'a str) -> Scrammer<'a> {
    Scrammer { header: "n,,".into(), channel: Vec::new(), name, password }
}

#[tokio::test]
async fn a_password_is_proven_and_not_sent() {
    let server = Server::start(On::Memory, options().await).await;
    let mut stream = BufReader::new(TcpStream::connect(server.address).await.unwrap());
    assert!(
        next(&mut stream)
            .await
            .contains(" AUTH=SCRAM-SHA-256 AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN ")
    );
    for (name, password) in [("joe", "wrong"), ("nobody", "p\u{e4}ss")] {
        let answer = unbound(name, password).run(&mut stream, "SCRAM-SHA-256").await;
        assert_eq!(answer, "a NO [AUTHENTICATIONFAILED] Wrong name or password\r\n");
    }
    let answer = unbound("joe", "p\u{e4}ss").run(&mut stream, "SCRAM-SHA-256").await;
    assert!(answer.starts_with("a OK [CAPABILITY "), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn within_tls_it_is_bound_to_the_channel() {
    let (tls, der) = certificate();
    let mut options = options().await;
    options.wire.encryption = Encryption::Implicit(tls);
    options.wire.auth.attempts = 9;
    let server = Server::start(On::Memory, options).await;
    let clear = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = trusting(der.clone()).connect(name, clear).await.unwrap();
    let exporter =
        tls.get_ref().1.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b""));
    let mut stream = BufReader::new(tls);
    let greeting = next(&mut stream).await;
    assert!(greeting.contains(" AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 "), "{greeting}");
    let bound = |binding: &str, channel: &[u8]| Scrammer {
        header: format!("p={binding},,"),
        channel: channel.to_vec(),
        ..unbound("joe", "p\u{e4}ss")
    };
    let plus = "SCRAM-SHA-256-PLUS";
    let stolen = bound("tls-exporter", &[0; 32]).run(&mut stream, plus).await;
    assert!(stolen.starts_with("a NO [AUTHENTICATIONFAILED] "), "{stolen}");
    let exporter = bound("tls-exporter", &exporter.unwrap()).run(&mut stream, plus).await;
    assert!(exporter.starts_with("a OK "), "{exporter}");

    let clear = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = BufReader::new(trusting(der.clone()).connect(name, clear).await.unwrap());
    next(&mut stream).await;
    let end_point = bound("tls-server-end-point", &Sha256::digest(&der));
    let answer = end_point.run(&mut stream, plus).await;
    assert!(answer.starts_with("a OK "), "{answer}");
    server.stop().await;
}
