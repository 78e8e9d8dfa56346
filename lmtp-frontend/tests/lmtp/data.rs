//! DATA: what is a message, and where it ends.

use crate::common::people::{ALICE, BOB};
use crate::common::{On, Options, lhlo, start};

harness::everywhere! {
    no_message_is_smuggled_in
    any_byte_is_kept
    many_messages_in_one_session_in_one_piece
    any_byte_is_kept_in_a_chunk
    one_byte_at_a_time
}

/// Sends `wire` after DATA for Alice, and what stands in her INBOX then.
async fn deliver(on: On, wire: &[u8]) -> Vec<String> {
    let server = start(on, Options::default()).await;
    let mut client = lhlo(&server).await;
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
    server.mail(ALICE).texts("INBOX").await
}

async fn no_message_is_smuggled_in(on: On) {
    for near in ["\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n"] {
        let smuggled = "MAIL FROM:<evil@b>\r\nRCPT TO:<bob>\r\nDATA\r\nevil\r\n";
        let wire = format!("Subject: x\r\n\r\ntext{near}{smuggled}.\r\n");
        let inbox = deliver(on, wire.as_bytes()).await;
        assert_eq!(inbox.len(), 1, "{near:?}");
        assert!(inbox[0].ends_with(smuggled), "{near:?}");
    }
}

async fn any_byte_is_kept(on: On) {
    let wire = b"Subject: \x80\xff\0\r\n\r\n\n\r\x01\t\x7f\r\n.\r\n";
    let expected = String::from_utf8_lossy(&wire[..wire.len() - 3]).into_owned();
    assert_eq!(deliver(on, wire).await, [expected]);
}

async fn many_messages_in_one_session_in_one_piece(on: On) {
    let server = start(on, Options::default()).await;
    let mut client = lhlo(&server).await;
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
    assert_eq!(server.mail(ALICE).texts("INBOX").await, subjects);
}

async fn any_byte_is_kept_in_a_chunk(on: On) {
    let server = start(on, Options::default()).await;
    let mut client = lhlo(&server).await;
    client.send(b"MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<bob>\r\n").await;
    client.send(b"BDAT 4\r\n\0\xff\x80\rBDAT 1 LAST\r\n\n").await;
    client
        .play(
            "S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.0.0 4 bytes
             S: 250 2.0.0 <bob> * saved",
        )
        .await;
    assert_eq!(server.mail(BOB).messages("INBOX").await, [&b"\0\xff\x80\r\n"[..]]);
}

async fn one_byte_at_a_time(on: On) {
    let server = start(on, Options::default()).await;
    let mut client = lhlo(&server).await;
    let all = "MAIL FROM:<a@b>\r\nRCPT TO:<alice>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nQUIT\r\n";
    for byte in all.as_bytes() {
        client.send(&[*byte]).await;
    }
    client
        .play(
            "S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             S: 250 2.0.0 <alice> * saved
             S: 221 2.0.0 bye
             S-",
        )
        .await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, ["Subject: x\r\n\r\n.\r\n"]);
}
