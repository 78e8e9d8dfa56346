//! Connections in the clear.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use common::{ask, echo, line, rest, soon, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use wire::{AuthPolicy, Ended, Idle, Instant, Settings, Timeouts};

#[tokio::test]
async fn echoes() {
    let server = start(Settings::default(), echo);
    let mut client = server.connect().await;
    assert_eq!(ask(&mut client, "hello").await, "hello");
    assert_eq!(ask(&mut client, &"x".repeat(300_000)).await.len(), 300_000);
    server.stop().await;
    assert_eq!(rest(&mut client).await, "shutting down\r\n");
}

#[tokio::test]
async fn holds_no_buffer_while_it_waits() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let server = start(Settings::default(), move |mut connection| {
        let report = report.clone();
        async move {
            let mut buf = BytesMut::with_capacity(100_000);
            let outcome = connection.read(&mut buf, 100, Instant::now()).await;
            report.send((matches!(outcome, Err(Ended::TimedOut)), buf.capacity())).unwrap();
        }
    });
    let _client = server.connect().await;
    assert_eq!(reports.recv().await.unwrap(), (true, 0));
}

#[tokio::test]
async fn reads_no_more_than_asked_and_keeps_what_is_there() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let server = start(Settings::default(), move |mut connection| {
        let report = report.clone();
        async move {
            let mut buf = BytesMut::from("ab");
            for max in [1, 2, 0] {
                let count = connection.read(&mut buf, max, soon()).await.unwrap();
                report.send((count, buf.clone())).unwrap();
            }
            let outcome = connection.read(&mut buf, 9, soon()).await;
            assert!(matches!(outcome, Err(Ended::Closed)));
            report.send((0, buf)).unwrap();
        }
    });
    let mut client = server.connect().await;
    client.write_all(b"cdef").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(reports.recv().await.unwrap(), (1, BytesMut::from("abc")));
    assert_eq!(reports.recv().await.unwrap(), (2, BytesMut::from("abcde")));
    assert_eq!(reports.recv().await.unwrap(), (1, BytesMut::from("abcdef")));
    assert_eq!(reports.recv().await.unwrap(), (0, BytesMut::from("abcdef")));
}

#[tokio::test]
async fn idle_waits_for_either() {
    let server = start(Settings::default(), |mut connection| async move {
        let (news, mut coming) = mpsc::channel::<&str>(1);
        let mut buf = BytesMut::new();
        news.send("news\r\n").await.unwrap();
        let outcome = connection.idle(&mut buf, 100, soon(), coming.recv()).await.unwrap();
        let Idle::Other(Some(text)) = outcome else { panic!("{outcome:?}") };
        connection.write(text.as_bytes()).await.unwrap();
        let outcome = connection.idle(&mut buf, 100, soon(), coming.recv()).await.unwrap();
        assert_eq!(outcome, Idle::Bytes(4));
        connection.write(buf).await.unwrap();
    });
    let mut client = server.connect().await;
    let mut news = [0; 6];
    client.read_exact(&mut news).await.unwrap();
    assert_eq!(&news, b"news\r\n");
    assert_eq!(ask(&mut client, "DONE").await, "DONE");
}

#[tokio::test]
async fn a_silent_peer_times_out() {
    let timeouts = Timeouts { idle: Duration::from_millis(10), ..Timeouts::default() };
    let server = start(Settings { timeouts, ..Settings::default() }, echo);
    let mut client = server.connect().await;
    assert_eq!(rest(&mut client).await, "timed out\r\n");
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_left() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let timeouts = Timeouts { slow_write: Duration::from_millis(50), ..Timeouts::default() };
    let server = start(Settings { timeouts, ..Settings::default() }, move |mut connection| {
        let report = report.clone();
        async move {
            let plenty = Bytes::from(vec![b'x'; 64 << 20]);
            report.send(connection.write(plenty).await).unwrap();
        }
    });
    let _client = server.connect().await;
    assert!(matches!(reports.recv().await.unwrap(), Err(Ended::Stuck)));
}

#[tokio::test]
async fn writes_pieces_in_order() {
    let server = start(Settings::default(), |mut connection| async move {
        let pieces = Buf::chain(&b"one "[..], Buf::chain(&b"two "[..], &b"three"[..]));
        connection.write(pieces).await.unwrap();
        connection.close().await;
    });
    assert_eq!(rest(&mut server.connect().await).await, "one two three");
}

#[tokio::test]
async fn logins_fail_only_so_often() {
    let auth = AuthPolicy { attempts: 3, delay: Duration::from_millis(1), ..Default::default() };
    let server = start(Settings { auth, ..Settings::default() }, |mut connection| async move {
        let mut buf = BytesMut::new();
        while line(&mut connection, &mut buf).await.is_ok() {
            let outcome = connection.login_failed().await;
            let text = outcome.as_ref().map_or_else(Ended::to_string, |()| "no".to_owned());
            connection.write(Bytes::from(text + "\r\n")).await.unwrap();
            if outcome.is_err() {
                break;
            }
        }
        connection.close().await;
    });
    let mut client = server.connect().await;
    client.write_all(b"a\r\nb\r\nc\r\n").await.unwrap();
    assert_eq!(rest(&mut client).await, "no\r\nno\r\ntoo many failed logins\r\n");
}
