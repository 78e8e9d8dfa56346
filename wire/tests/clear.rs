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

fn shortly() -> Instant {
    Instant::now() + Duration::from_millis(5)
}

#[tokio::test]
async fn holds_no_buffer_while_it_waits() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let server = start(Settings::default(), move |mut connection| {
        let report = report.clone();
        async move {
            let mut buf = BytesMut::with_capacity(100_000);
            let outcome = connection.read(&mut buf, 100, shortly()).await;
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
async fn what_waits_is_small() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let server = start(Settings::default(), move |mut connection| {
        let report = report.clone();
        async move {
            let mut buf = BytesMut::new();
            let until = soon();
            report.send(size_of_val(&connection.read_command(&mut buf, 1, until))).unwrap();
            report.send(size_of_val(&connection.read(&mut buf, 1, until))).unwrap();
            report.send(size_of_val(&connection.write(buf.clone()))).unwrap();
            report.send(size_of_val(&connection)).unwrap();
        }
    });
    let _client = server.connect().await;
    while let Some(size) = reports.recv().await {
        assert!(size <= 768, "{size}");
        if size <= 96 {
            return;
        }
    }
    panic!("the connection itself is large");
}

#[tokio::test]
async fn a_deadline_holds_for_a_peer_that_never_stops_talking() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let server = start(Settings::default(), move |mut connection| {
        let report = report.clone();
        async move {
            let (mut buf, until) = (BytesMut::new(), shortly());
            let ended = loop {
                if let Err(ended) = connection.read_command(&mut buf, 1, until).await {
                    break ended;
                }
            };
            report.send(ended).unwrap();
            report.send(connection.read(&mut buf, 1, until).await.unwrap_err()).unwrap();
        }
    });
    let mut client = server.connect().await;
    client.write_all(&vec![b'x'; 100_000]).await.unwrap();
    assert!(matches!(reports.recv().await.unwrap(), Ended::TimedOut));
    assert!(matches!(reports.recv().await.unwrap(), Ended::TimedOut));
}

#[tokio::test]
async fn closing_with_bytes_unread_does_not_reset() {
    let server = start(Settings::default(), |mut connection| async move {
        connection.read(&mut BytesMut::new(), 1, soon()).await.unwrap();
        connection.write(&b"bye\r\n"[..]).await.unwrap();
        connection.close().await;
    });
    let mut client = server.connect().await;
    client.write_all(&vec![b'x'; 50_000]).await.unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "bye\r\n");
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        client.write_all(b"still talking").await.unwrap();
    }
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
