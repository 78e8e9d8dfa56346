//! BDAT: chunks of any bytes.

use crate::harness::{ALICE, Client, Server};
use tokio::net::TcpStream;

async fn ready() -> (Server, Client<TcpStream>) {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b> BODY=BINARYMIME
             C: RCPT TO:<alice>
             C: RCPT TO:<bob>
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK",
        )
        .await;
    (server, client)
}

#[tokio::test]
async fn a_message_in_chunks() {
    let (server, mut client) = ready().await;
    client.send(b"BDAT 7\r\n\r\n.\r\n\0\xffBDAT 3\r\nabcBDAT 0 LAST\r\n").await;
    client
        .play(
            "S: 250 2.0.0 7 bytes
             S: 250 2.0.0 3 bytes
             S: 250 2.0.0 <alice> * saved
             S: 250 2.0.0 <bob> * saved
             C: BDAT 0 LAST
             C: NOOP
             S: 250 2.0.0 OK",
        )
        .await;
    assert_eq!(server.inbox(ALICE).await, ["\r\n.\r\n\0\u{fffd}abc"]);
}

#[tokio::test]
async fn a_message_that_has_begun_goes_on_with_bdat_only() {
    let (server, mut client) = ready().await;
    client.send(b"BDAT 3\r\nabcDATA\r\nRCPT TO:<carol>\r\nMAIL FROM:<>\r\nRSET\r\n").await;
    client
        .play(
            "S: 250 2.0.0 3 bytes
             S: 503 5.5.1 the message has begun with BDAT
             S: 503 5.5.1 the message has begun
             S: 503 5.5.1 a message is under way already
             S: 250 2.0.0 OK
             C: DATA
             S: 503 5.5.1 MAIL comes first",
        )
        .await;
    assert!(server.inbox(ALICE).await.is_empty());
}

#[tokio::test]
async fn the_bytes_of_a_stray_chunk_are_no_commands() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client.send(b"BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nMAIL FROM:<>\r\n").await;
    client.play("S: 503 5.5.1 no valid recipients\nS: 250 2.1.0 OK").await;
    client.send(b"RCPT TO:<nobody>\r\nBDAT 6 LAST\r\nQUIT\r\nDATA\r\n").await;
    client.play("S: 550 5.1.1 *\nS: 503 5.5.1 MAIL comes first").await;
}
