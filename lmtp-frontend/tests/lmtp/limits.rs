//! Too long, too large, too many: refused by name.

use lmtp_frontend::Settings;

use crate::harness::{ALICE, Server, bare, store};

#[tokio::test]
async fn a_line_too_long_is_skipped() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client.send(&vec![b'x'; 100_000]).await;
    client.play("C: \nC: NOOP\nS: 500 5.5.2 line too long\nS: 250 2.0.0 OK").await;
}

#[tokio::test]
async fn a_bare_newline_ends_nothing_that_is_obeyed() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client.send(b"MAIL FROM:<a@b>\nRCPT TO:<alice>\r\n").await;
    client.play("S: 500 5.5.2 a line ends in CRLF\nS: 503 5.5.1 MAIL comes first").await;
}

#[tokio::test]
async fn too_many_recipients() {
    let server = Server::with(Settings { recipients: 2, ..bare() }).await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: RCPT TO:<nobody>
             C: RCPT TO:<bob>
             C: RCPT TO:<carol>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 550 5.1.1 *
             S: 250 2.1.5 OK
             S: 452 4.5.3 too many recipients
             S: 354 *
             C: text
             C: .
             S: 250 2.0.0 <alice> * saved
             S: 250 2.0.0 <bob> * saved",
        )
        .await;
}

#[tokio::test]
async fn too_many_errors() {
    let server = Server::with(Settings { errors: 3, ..bare() }).await;
    server
        .play(
            "S: 220 *
             C: BAD
             C: DATA
             C: NOOP
             C: MAIL
             C: NOOP
             S: 500 5.5.1 *
             S: 503 5.5.1 *
             S: 250 2.0.0 OK
             S: 501 5.5.4 *
             S: 421 4.7.0 too many errors
             S-",
        )
        .await;
}

/// A store that takes 20,000 bytes of message beside the trace header.
async fn small(memory: u64, settings: Settings) -> Server {
    let limits = mailstore::Settings {
        max_message: 20_000 + settings.trace_room(),
        memory,
        ..mailstore::Settings::default()
    };
    Server::on(store(limits), settings, wire::Settings::default()).await
}

#[tokio::test]
async fn a_message_too_large_is_read_to_its_end_and_refused() {
    let server = small(1 << 20, bare()).await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b> SIZE=20001
             S: 552 5.3.4 the message is too large
             C: MAIL FROM:<a@b> SIZE=20000
             C: RCPT TO:<alice>
             C: RCPT TO:<bob>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 354 *",
        )
        .await;
    let line = [b"x".repeat(998), b"\r\n".to_vec()].concat();
    client.send(&line.repeat(21)).await;
    client
        .play(
            "C: .
             S: 552 5.3.4 <alice> the message is too large
             S: 552 5.3.4 <bob> the message is too large
             C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *",
        )
        .await;
    client.send(&line.repeat(20)).await;
    client.play("C: .\nS: 250 2.0.0 <alice> * saved").await;
    assert_eq!(server.inbox(ALICE).await.len(), 1);
}

#[tokio::test]
async fn a_chunk_too_large_is_read_to_its_end_and_refused() {
    let server = small(1 << 20, bare()).await;
    let mut client = server.lhlo().await;
    client.send(b"MAIL FROM:<a@b>\r\nRCPT TO:<alice>\r\nBDAT 20001\r\n").await;
    client.send(&vec![b'x'; 20_001]).await;
    client.send(b"BDAT 1\r\nyBDAT 1 LAST\r\nzNOOP\r\n").await;
    client
        .play(
            "S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 552 5.3.4 the message is too large
             S: 552 5.3.4 the message is too large
             S: 552 5.3.4 <alice> the message is too large
             S: 250 2.0.0 OK",
        )
        .await;
}

#[tokio::test]
async fn without_memory_a_message_is_put_off() {
    let wait = std::time::Duration::from_millis(20);
    let server = small(4 << 20, Settings { memory_wait: wait, ..bare() }).await;
    let all = server.store.admit(2 << 20).await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 452 4.3.1 no memory for the message at present
             C: BDAT 4
             C: ab
             S: 452 4.3.1 no memory for the message at present
             C: BDAT 2 LAST
             C:
             S: 452 4.3.1 <alice> no memory for the message at present",
        )
        .await;
    drop(all);
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: .
             S: 250 2.0.0 <alice> * saved",
        )
        .await;
}
