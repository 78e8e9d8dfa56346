//! Limits, shutdown, Unix sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use common::{ask, echo, localhost_tls, rest, start, start_at};
use tokio::net::UnixStream;
use wire::{Connection, Encryption, Gate, Limits, ListenAddr, Listener, Settings, Timeouts};

fn limited(total: usize, per_address: usize) -> Settings {
    Settings { gate: Gate::new(Limits { total, per_address }), ..Settings::default() }
}

#[tokio::test]
async fn no_more_than_so_many_connections() {
    for (settings, text) in
        [(limited(2, 9), "Server is full\r\n"), (limited(9, 2), "Address is full\r\n")]
    {
        let gate = settings.gate.clone();
        let server = start(settings, echo);
        let mut first = server.connect().await;
        let mut second = server.connect().await;
        ask(&mut first, "hello").await;
        ask(&mut second, "hello").await;
        assert_eq!(rest(&mut server.connect().await).await, text);
        drop(first);
        while gate.connections() > 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask(&mut server.connect().await, "hello").await, "hello");
    }
}

#[tokio::test]
async fn nothing_in_the_clear_where_tls_is_expected() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, _) = localhost_tls(directory.path());
    let server = start(Settings { encryption: Encryption::Implicit(tls), ..limited(0, 9) }, echo);
    assert_eq!(rest(&mut server.connect().await).await, "");
}

#[tokio::test]
async fn two_servers_share_a_gate() {
    let settings = limited(1, 9);
    let (one, two) = (start(settings.clone(), echo), start(settings, echo));
    let mut client = one.connect().await;
    ask(&mut client, "hello").await;
    assert_eq!(rest(&mut two.connect().await).await, "Server is full\r\n");
}

#[tokio::test]
async fn a_panic_ends_one_connection_only() {
    let settings = Settings::default();
    let gate = settings.gate.clone();
    let server = start(settings, |mut connection: Connection| async move {
        let mut buf = BytesMut::new();
        connection.read(&mut buf, 100, common::soon()).await.unwrap();
        assert_ne!(buf, &b"panic"[..], "as asked");
        connection.write(buf).await.unwrap();
    });
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    ask(&mut first, "hello").await;
    tokio::io::AsyncWriteExt::write_all(&mut second, b"panic").await.unwrap();
    assert_eq!(rest(&mut second).await, "");
    assert_eq!(ask(&mut server.connect().await, "hello").await, "hello");
    server.stop().await;
    assert_eq!(gate.connections(), 0);
}

#[tokio::test]
async fn shutdown_tells_the_waiting_and_cuts_the_rest() {
    let timeouts = Timeouts { grace: Duration::from_millis(20), ..Timeouts::default() };
    let settings = Settings { timeouts, ..Settings::default() };
    let gate = settings.gate.clone();
    let server = start(settings, |mut connection: Connection| async move {
        connection.write(&b"hello\r\n"[..]).await.unwrap();
        // In the midst of a message: not ended by the shutdown itself.
        let mut buf = BytesMut::new();
        connection.read(&mut buf, 100, common::soon()).await.unwrap();
        assert!(connection.is_shutting_down());
        connection.write(Bytes::from("never")).await.unwrap();
    });
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    for client in [&mut one, &mut two] {
        tokio::io::AsyncReadExt::read_exact(client, &mut [0; 7]).await.unwrap();
    }
    let address = server.address.unwrap();
    server.stop().await;
    assert_eq!((rest(&mut one).await, rest(&mut two).await), (String::new(), String::new()));
    assert_eq!(gate.connections(), 0);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_message_under_way_is_finished_within_the_grace() {
    let server = start(Settings::default(), |mut connection: Connection| async move {
        connection.write(&b"go\r\n"[..]).await.unwrap();
        let mut buf = BytesMut::new();
        while buf.len() < 10 {
            connection.read(&mut buf, 100, common::soon()).await.unwrap();
        }
        connection.write(buf.split().freeze()).await.unwrap();
        let ended = connection.read_command(&mut buf, 100, common::soon()).await.unwrap_err();
        connection.write(Bytes::from(ended.to_string())).await.unwrap();
        connection.close().await;
    });
    let mut client = server.connect().await;
    tokio::io::AsyncReadExt::read_exact(&mut client, &mut [0; 4]).await.unwrap();
    server.trigger.shut_down();
    assert_eq!(ask(&mut client, "0123456789").await, "0123456789");
    assert_eq!(rest(&mut client).await, "shutting down");
    server.task.await.unwrap();
}

#[tokio::test]
async fn a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lmtp.sock");
    let address = ListenAddr::Unix(path.clone());
    // Left behind by a process that is gone.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let settings = limited(9, 0);
    let server = start_at(&address, settings, |connection| async move {
        assert_eq!((connection.peer(), connection.local()), (None, None));
        assert!(connection.may_log_in());
        echo(connection).await;
    });
    let mut client = UnixStream::connect(&path).await.unwrap();
    assert_eq!(ask(&mut client, "hello").await, "hello");
    assert!(Listener::bind(&address).is_err(), "one that answers is not replaced");
    server.stop().await;
    assert_eq!(rest(&mut client).await, "shutting down\r\n");
    assert!(!path.exists());
}

#[tokio::test]
async fn socket_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("control.sock");
    let listener = Listener::bind_private(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    drop(listener);
    std::fs::write(&path, "not a socket").unwrap();
    assert!(Listener::bind_private(&path).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"not a socket");
}

#[tokio::test]
async fn clear_logins() {
    let tell = |mut connection: Connection| async move {
        let may = connection.may_log_in();
        connection.write(Bytes::from(may.to_string())).await.unwrap();
        connection.close().await;
    };
    let told = |clear| async move {
        let auth = wire::AuthPolicy { clear, ..Default::default() };
        let proxies = vec!["127.0.0.1".parse().unwrap()];
        let server = start(Settings { auth, proxies, ..Settings::default() }, tell);
        let mut client = server.connect().await;
        let header = b"PROXY TCP4 192.0.2.1 127.0.0.1 40000 143\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut client, header).await.unwrap();
        rest(&mut client).await
    };
    assert_eq!(told(wire::ClearLogin::Local).await, "false");
    assert_eq!(told(wire::ClearLogin::Anywhere).await, "true");
}
