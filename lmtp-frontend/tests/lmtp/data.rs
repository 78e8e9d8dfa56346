//! DATA: what is a message, and where it ends.

use crate::harness::{ALICE, BOB, Server};

/// Sends `wire` after DATA for Alice, and what stands in her INBOX then.
async fn deliver(wire: &[u8]) -> Vec<String> {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 send the message, then <CRLF>.<CRLF>",
        )
        .await;
    client.send(wire).await;
    client.play("S: 250 2.0.0 <alice> * saved\nC: QUIT\nS: 221 2.0.0 bye\nS-").await;
    server.inbox(ALICE).await
}

#[tokio::test]
async fn dots_are_unstuffed_from_the_first_line_on() {
    assert_eq!(deliver(b"..\r\n...\r\n.x\r\n.\r\n").await, [".\r\n..\r\nx\r\n"]);
}

#[tokio::test]
async fn an_empty_message_is_a_message() {
    assert_eq!(deliver(b".\r\n").await, [""]);
}

#[tokio::test]
async fn no_message_is_smuggled_in() {
    for near in ["\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n"] {
        let smuggled = "MAIL FROM:<evil@b>\r\nRCPT TO:<bob>\r\nDATA\r\nevil\r\n";
        let wire = format!("Subject: x\r\n\r\ntext{near}{smuggled}.\r\n");
        let inbox = deliver(wire.as_bytes()).await;
        assert_eq!(inbox.len(), 1, "{near:?}");
        assert!(inbox[0].ends_with(smuggled), "{near:?}");
    }
}

#[tokio::test]
async fn any_byte_is_kept() {
    let wire = b"Subject: \x80\xff\0\r\n\r\n\n\r\x01\t\x7f\r\n.\r\n";
    let expected = String::from_utf8_lossy(&wire[..wire.len() - 3]).into_owned();
    assert_eq!(deliver(wire).await, [expected]);
}

#[tokio::test]
async fn one_reply_for_each_recipient_in_order() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<bob@x>
             C: RCPT TO:<nobody@x>
             C: RCPT TO:<alice@x>
             C: RCPT TO:<bob@x>
             C: RCPT TO:<alias@x>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 550 5.1.1 *
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: Subject: x
             C:
             C: text
             C: .
             S: 250 2.0.0 <bob@x> * saved
             S: 250 2.0.0 <alice@x> * saved
             S: 250 2.0.0 <bob@x> * saved
             S: 250 2.0.0 <alias@x> * saved
             C: DATA
             S: 503 5.5.1 MAIL comes first",
        )
        .await;
    for account in [ALICE, BOB] {
        assert_eq!(server.inbox(account).await, ["Subject: x\r\n\r\ntext\r\n"]);
    }
}

#[tokio::test]
async fn many_messages_in_one_session_in_one_piece() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    let mut wire = String::new();
    for number in 0..10 {
        wire +=
            &format!("MAIL FROM:<a@b>\r\nRCPT TO:<alice>\r\nDATA\r\nSubject: {number}\r\n.\r\n");
    }
    client.send(wire.as_bytes()).await;
    for _ in 0..10 {
        client
            .play(
                "S: 250 2.1.0 OK
                 S: 250 2.1.5 OK
                 S: 354 *
                 S: 250 2.0.0 *",
            )
            .await;
    }
    let subjects = (0..10).map(|number| format!("Subject: {number}\r\n")).collect::<Vec<_>>();
    assert_eq!(server.inbox(ALICE).await, subjects);
}

#[tokio::test]
async fn a_binary_message_needs_bdat() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b> BODY=BINARYMIME
             C: RCPT TO:<alice>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 503 5.5.1 BINARYMIME needs BDAT",
        )
        .await;
}
