//! The PROXY protocol on real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use common::{echo, line, localhost_tls, named, rest, start, trusting};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::{Connection, Encryption, Gate, Limits, Settings, Timeouts};

const V1: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.2 40000 143\r\n";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\x9c\x40\0\x8f";

fn trusted() -> Settings {
    Settings { proxies: vec!["127.0.0.0/8".parse().unwrap()], ..Settings::default() }
}

/// Answers a line by it and what is known of the connection, and closes.
async fn tell(mut connection: Connection) {
    let command = line(&mut connection, &mut BytesMut::new()).await.unwrap();
    let peer = connection.peer().map(|peer| peer.to_string());
    let command = String::from_utf8_lossy(&command).trim_end().to_owned();
    let may = connection.may_log_in();
    connection.write(Bytes::from(format!("{command} {} {may}", peer.unwrap()))).await.unwrap();
    connection.close().await;
}

#[tokio::test]
async fn a_trusted_peer_tells_the_client() {
    let server = start(trusted(), tell);
    for header in [V1, V2] {
        let mut client = server.connect().await;
        client.write_all(&[header, b"NOOP\r\n"].concat()).await.unwrap();
        assert_eq!(rest(&mut client).await, "NOOP 192.0.2.1:40000 false");
    }
}

#[tokio::test]
async fn tls_at_the_proxy_counts() {
    let server = start(trusted(), tell);
    let mut header = V2.to_vec();
    header[15] += 8;
    header.extend(b"\x20\0\x05\x01\0\0\0\0");
    let mut client = server.connect().await;
    client.write_all(&[header.as_slice(), b"NOOP\r\n"].concat()).await.unwrap();
    assert_eq!(rest(&mut client).await, "NOOP 192.0.2.1:40000 true");
}

#[tokio::test]
async fn a_header_in_crumbs() {
    let server = start(trusted(), tell);
    for header in [V1, V2] {
        let mut client = server.connect().await;
        client.set_nodelay(true).unwrap();
        for byte in header {
            client.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        client.write_all(b"NOOP\r\n").await.unwrap();
        assert_eq!(rest(&mut client).await, "NOOP 192.0.2.1:40000 false");
    }
}

#[tokio::test]
async fn the_proxys_own_connections() {
    let server = start(trusted(), tell);
    for header in [&b"PROXY UNKNOWN\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
        let mut client = server.connect().await;
        client.write_all(&[header, b"NOOP\r\n"].concat()).await.unwrap();
        let own = client.local_addr().unwrap();
        assert_eq!(rest(&mut client).await, format!("NOOP {own} true"));
    }
}

#[tokio::test]
async fn what_an_untrusted_peer_sends_is_the_protocols() {
    let proxies = vec!["192.0.2.0/24".parse().unwrap()];
    let server = start(Settings { proxies, ..Settings::default() }, tell);
    let mut client = server.connect().await;
    client.write_all(V1).await.unwrap();
    let own = client.local_addr().unwrap();
    let line = String::from_utf8_lossy(V1).trim_end().to_owned();
    assert_eq!(rest(&mut client).await, format!("{line} {own} true"));
}

#[tokio::test]
async fn a_trusted_peer_without_header_is_left() {
    let server = start(trusted(), echo);
    for garbage in [&b"NOOP NOOP NOOP\r\n"[..], b"PROXY nonsense\r\n", &[b'P'; 200]] {
        let mut client = server.connect().await;
        client.write_all(garbage).await.unwrap();
        assert_eq!(rest(&mut client).await, "");
    }
}

#[tokio::test]
async fn a_header_has_to_come_in_time() {
    let timeouts = Timeouts { proxy: Duration::from_millis(10), ..Timeouts::default() };
    let server = start(Settings { timeouts, ..trusted() }, echo);
    let mut client = server.connect().await;
    client.write_all(b"PROXY ").await.unwrap();
    assert_eq!(rest(&mut client).await, "");
}

#[tokio::test]
async fn before_tls() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let server = start(Settings { encryption: Encryption::Implicit(tls), ..trusted() }, tell);
    let mut client = server.connect().await;
    client.write_all(V2).await.unwrap();
    let mut client = trusting(certificate).connect(named("localhost"), client).await.unwrap();
    client.write_all(b"NOOP\r\n").await.unwrap();
    assert_eq!(rest(&mut client).await, "NOOP 192.0.2.1:40000 true");
}

#[tokio::test]
async fn limits_count_the_client_not_the_proxy() {
    let gate = Gate::new(Limits { total: 100, per_address: 1 });
    let server = start(Settings { gate, ..trusted() }, echo);
    let mut first = server.connect().await;
    first.write_all(&[V1, b"hello"].concat()).await.unwrap();
    first.read_exact(&mut [0; 5]).await.unwrap();
    let mut same = server.connect().await;
    same.write_all(V2).await.unwrap();
    assert_eq!(rest(&mut same).await, "Address is full\r\n");
    let mut other = server.connect().await;
    other.write_all(b"PROXY TCP4 192.0.2.9 198.51.100.2 40000 143\r\nhello").await.unwrap();
    other.read_exact(&mut [0; 5]).await.unwrap();
}
