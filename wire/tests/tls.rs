//! TLS from the first byte, and STARTTLS.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use common::{ask, certify, client, echo, line, localhost_tls, named, rest, start, trusting};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use wire::{Connection, Encryption, Ended, Settings, Timeouts, Tls, TlsError, TlsSettings};

fn implicit(tls: Tls) -> Settings {
    Settings { encryption: Encryption::Implicit(tls), ..Settings::default() }
}

fn start_tls(tls: Tls) -> Settings {
    Settings { encryption: Encryption::StartTls(tls), ..Settings::default() }
}

#[tokio::test]
async fn from_the_first_byte() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let server = start(implicit(tls), echo);
    let connector = trusting(certificate);
    let mut client = connector.connect(named("localhost"), server.connect().await).await.unwrap();
    assert_eq!(ask(&mut client, "hello").await, "hello");
    assert_eq!(ask(&mut client, &"x".repeat(300_000)).await.len(), 300_000);
    server.stop().await;
    // An error here would mean that the server did not say close_notify.
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "shutting down\r\n");
}

#[tokio::test]
async fn both_ends_have_the_same_channel_binding() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let server = start(implicit(tls), |mut connection| async move {
        assert!(connection.is_tls() && connection.may_log_in() && !connection.offers_start_tls());
        assert_eq!(connection.server_name(), Some("localhost"));
        assert_eq!(connection.alpn(), None);
        assert!(connection.tls_summary().unwrap().starts_with("TLSv1_3 "));
        let binding = connection.tls_exporter().unwrap();
        connection.write(&binding[..]).await.unwrap();
        connection.close().await;
    });
    let connector = trusting(certificate);
    let mut client = connector.connect(named("localhost"), server.connect().await).await.unwrap();
    let mut told = Vec::new();
    client.read_to_end(&mut told).await.unwrap();
    let label = b"EXPORTER-Channel-Binding";
    let own = client.get_ref().1.export_keying_material([0; 32], label, Some(b"")).unwrap();
    assert_eq!(told, own);
}

#[tokio::test]
async fn no_channel_binding_with_tls_1_2() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let server = start(implicit(tls), |mut connection| async move {
        let told = (connection.tls_summary().unwrap(), connection.tls_exporter());
        connection.write(Bytes::from(format!("{told:?}"))).await.unwrap();
        connection.close().await;
    });
    let config = Arc::new(client(certificate, &[&rustls::version::TLS12]));
    let connector = TlsConnector::from(config);
    let mut client = connector.connect(named("localhost"), server.connect().await).await.unwrap();
    let told = rest(&mut client).await;
    assert!(told.starts_with("(\"TLSv1_2 ") && told.ends_with(", None)"), "{told}");
}

#[tokio::test]
async fn alpn() {
    let directory = tempfile::tempdir().unwrap();
    let (files, certificate) = certify(directory.path(), "localhost");
    let (certificates, alpn) = (vec![files], vec![b"imap".to_vec()]);
    let tls = Tls::load(TlsSettings { certificates, alpn }).unwrap();
    let server = start(implicit(tls), |mut connection| async move {
        let agreed = connection.alpn().map(<[u8]>::to_vec).unwrap_or_default();
        connection.write(Bytes::from(agreed)).await.unwrap();
        connection.close().await;
    });
    for (offer, agreed) in [("imap", Some("imap")), ("", Some("")), ("h2", None)] {
        let mut config = client(certificate.clone(), rustls::DEFAULT_VERSIONS);
        config.alpn_protocols.extend((!offer.is_empty()).then(|| offer.as_bytes().to_vec()));
        let connector = TlsConnector::from(Arc::new(config));
        match (connector.connect(named("localhost"), server.connect().await).await, agreed) {
            (Ok(mut client), Some(agreed)) => assert_eq!(rest(&mut client).await, agreed),
            (outcome, agreed) => assert!(outcome.is_err() && agreed.is_none(), "{offer}"),
        }
    }
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_left() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let (report, mut reports) = mpsc::unbounded_channel();
    let timeouts = Timeouts { slow_write: Duration::from_millis(50), ..Timeouts::default() };
    let server = start(Settings { timeouts, ..implicit(tls) }, move |mut connection| {
        let report = report.clone();
        async move {
            let plenty = Bytes::from(vec![b'x'; 64 << 20]);
            report.send(connection.write(plenty).await).unwrap();
        }
    });
    let connector = trusting(certificate);
    let _client = connector.connect(named("localhost"), server.connect().await).await.unwrap();
    assert!(matches!(reports.recv().await.unwrap(), Err(Ended::Stuck)));
}

/// A protocol with STARTTLS; everything else is answered by what it is and whether within TLS.
async fn talk(mut connection: Connection) {
    let mut buf = BytesMut::new();
    while let Ok(command) = line(&mut connection, &mut buf).await {
        if command == b"STARTTLS\r\n" {
            assert!(connection.offers_start_tls());
            connection.write(&b"go\r\n"[..]).await.unwrap();
            let Ok(()) = connection.start_tls(&mut buf).await else { break };
        } else {
            let tls = connection.is_tls();
            let command = String::from_utf8_lossy(&command).trim_end().to_owned();
            connection.write(Bytes::from(format!("{command} {tls}\r\n"))).await.unwrap();
        }
    }
    connection.close().await;
}

async fn say(client: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), text: &str, answer: &str) {
    client.write_all(text.as_bytes()).await.unwrap();
    let mut got = vec![0; answer.len()];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!(String::from_utf8(got).unwrap(), answer);
}

#[tokio::test]
async fn started_in_between() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let server = start(start_tls(tls), talk);
    let mut client = server.connect().await;
    say(&mut client, "NOOP\r\n", "NOOP false\r\n").await;
    say(&mut client, "STARTTLS\r\n", "go\r\n").await;
    let mut client = trusting(certificate).connect(named("localhost"), client).await.unwrap();
    say(&mut client, "NOOP\r\n", "NOOP true\r\n").await;
}

#[tokio::test]
async fn injected_clear_text_is_never_a_command() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let server = start(start_tls(tls), talk);
    let mut client = server.connect().await;
    say(&mut client, "STARTTLS\r\nINJECTED\r\n", "go\r\n").await;
    assert!(trusting(certificate).connect(named("localhost"), client).await.is_err());
}

#[tokio::test]
async fn injected_clear_text_ends_the_connection() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, _) = localhost_tls(directory.path());
    let (report, mut reports) = mpsc::unbounded_channel();
    let server = start(start_tls(tls), move |mut connection| {
        let report = report.clone();
        async move {
            let mut buf = BytesMut::from("A LOGIN eve pw\r\n");
            report.send((connection.start_tls(&mut buf).await, buf.len())).unwrap();
        }
    });
    let _client = server.connect().await;
    assert!(matches!(reports.recv().await.unwrap(), (Err(Ended::Injected), 0)));
}

#[tokio::test]
async fn not_where_it_is_not_configured_nor_twice() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, certificate) = localhost_tls(directory.path());
    let again = |mut connection: Connection| async move {
        assert!(!connection.offers_start_tls());
        let outcome = connection.start_tls(&mut BytesMut::new()).await;
        let text = outcome.unwrap_err().to_string();
        connection.write(Bytes::from(text)).await.unwrap();
        connection.close().await;
    };
    let server = start(Settings::default(), again);
    assert_eq!(rest(&mut server.connect().await).await, "TLS cannot be started");
    let server = start(implicit(tls), again);
    let connector = trusting(certificate);
    let mut client = connector.connect(named("localhost"), server.connect().await).await.unwrap();
    assert_eq!(rest(&mut client).await, "TLS cannot be started");
}

#[tokio::test]
async fn a_failed_handshake_leaves_nothing_to_talk_to() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, _) = localhost_tls(directory.path());
    let (report, mut reports) = mpsc::unbounded_channel();
    let server = start(start_tls(tls), move |mut connection| {
        let report = report.clone();
        async move {
            let mut buf = BytesMut::new();
            let handshake = connection.start_tls(&mut buf).await;
            let write = connection.write(&b"secret"[..]).await;
            let read = connection.read(&mut buf, 9, common::soon()).await;
            report.send((handshake, write, read)).unwrap();
        }
    });
    let mut client = server.connect().await;
    client.write_all(b"this is no TLS at all, is it?").await.unwrap();
    assert!(matches!(
        reports.recv().await.unwrap(),
        (Err(Ended::Handshake(_)), Err(Ended::Closed), Err(Ended::Closed))
    ));
}

#[tokio::test]
async fn a_silent_handshake_times_out() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, _) = localhost_tls(directory.path());
    let timeouts = Timeouts { handshake: Duration::from_millis(10), ..Timeouts::default() };
    let server = start(Settings { timeouts, ..implicit(tls) }, echo);
    let mut client = server.connect().await;
    assert_eq!(rest(&mut client).await, "");
}

#[tokio::test]
async fn the_certificate_fits_the_name() {
    let directory = tempfile::tempdir().unwrap();
    let (one, first) = certify(directory.path(), "one.example");
    let (two, second) = certify(directory.path(), "*.two.example");
    let certificates = vec![one, two];
    let tls = Tls::load(TlsSettings { certificates, ..TlsSettings::default() }).unwrap();
    let server = start(implicit(tls), echo);
    for (certificate, name) in
        [(first.clone(), "one.example"), (second, "imap.two.example"), (first, "one.example")]
    {
        let client = server.connect().await;
        let mut client = trusting(certificate).connect(named(name), client).await.unwrap();
        assert_eq!(ask(&mut client, name).await, name);
    }
}

#[tokio::test]
async fn without_a_fitting_name_the_first_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let (one, first) = certify(directory.path(), "127.0.0.1");
    let (two, _) = certify(directory.path(), "two.example");
    let certificates = vec![one, two];
    let tls = Tls::load(TlsSettings { certificates, ..TlsSettings::default() }).unwrap();
    let server = start(implicit(tls), echo);
    // An IP address is not sent as a server name.
    let connector = trusting(first);
    let mut client = connector.connect(named("127.0.0.1"), server.connect().await).await.unwrap();
    assert_eq!(ask(&mut client, "hello").await, "hello");
}

#[tokio::test]
async fn reload_takes_the_new_files_or_keeps_the_old() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, old) = localhost_tls(directory.path());
    let server = start(implicit(tls.clone()), echo);
    let old = trusting(old);

    std::fs::write(directory.path().join("localhost.key"), "no key").unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::File { .. })));
    assert!(old.connect(named("localhost"), server.connect().await).await.is_ok());

    let (_, new) = certify(directory.path(), "localhost");
    tls.reload().unwrap();
    assert!(trusting(new).connect(named("localhost"), server.connect().await).await.is_ok());
}

#[test]
fn certificates_that_cannot_be_used() {
    let directory = tempfile::tempdir().unwrap();
    let load = |certificates| Tls::load(TlsSettings { certificates, ..TlsSettings::default() });
    assert!(matches!(load(vec![]), Err(TlsError::None)));
    let (one, _) = certify(directory.path(), "one.example");
    let (mut two, _) = certify(directory.path(), "two.example");
    two.chain = one.chain.clone();
    assert!(matches!(load(vec![two.clone()]), Err(TlsError::Unusable { .. })));
    std::fs::write(&two.chain, "").unwrap();
    assert!(load(vec![two.clone()]).is_err());
    two.chain = directory.path().join("absent");
    assert!(matches!(load(vec![two]), Err(TlsError::File { .. })));
}
