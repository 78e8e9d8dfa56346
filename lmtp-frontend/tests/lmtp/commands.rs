//! Each command, in and out of order.

use crate::harness::Server;

#[tokio::test]
async fn greeting_and_quit() {
    Server::start()
        .await
        .play(
            "S: 220 store.example LMTP mailstore ready
             C: QUIT
             S: 221 2.0.0 bye
             S-",
        )
        .await;
}

#[tokio::test]
async fn lhlo_lists_what_is_offered() {
    Server::start()
        .await
        .play(
            "S: 220 *
             C: LHLO client.example
             S: 250-store.example
             S: 250-PIPELINING
             S: 250-ENHANCEDSTATUSCODES
             S: 250-8BITMIME
             S: 250-SMTPUTF8
             S: 250-CHUNKING
             S: 250-BINARYMIME
             S: 250 SIZE 67108864",
        )
        .await;
}

#[tokio::test]
async fn lhlo_again_ends_the_transaction() {
    Server::start()
        .await
        .play(
            "S: 220 *
             C: LHLO a
             C: MAIL FROM:<a@b>
             C: LHLO b
             C: RCPT TO:<alice>
             S: 250-*
             S: 250-PIPELINING
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250 SIZE *
             S: 250 2.1.0 OK
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250-*
             S: 250 SIZE *
             S: 503 5.5.1 MAIL comes first",
        )
        .await;
}

#[tokio::test]
async fn helo_and_ehlo_are_for_another_protocol() {
    Server::start()
        .await
        .play(
            "S: 220 *
             C: EHLO a
             S: 500 5.5.1 this is LMTP: say LHLO
             C: HELO a
             S: 500 5.5.1 this is LMTP: say LHLO",
        )
        .await;
}

#[tokio::test]
async fn commands_without_effect() {
    Server::start()
        .await
        .play(
            "S: 220 *
             C: NOOP
             S: 250 2.0.0 OK
             C: NOOP whatever it is
             S: 250 2.0.0 OK
             C: RSET
             S: 250 2.0.0 OK
             C: VRFY alice
             S: 252 2.0.0 *
             C: HELP
             S: 214-2.0.0 LMTP, RFC 2033. Commands:
             S: 214-2.0.0 LHLO MAIL RCPT DATA BDAT RSET
             S: 214 2.0.0 NOOP VRFY HELP STARTTLS QUIT
             C: XCLIENT ADDR=192.0.2.1
             S: 550 5.7.0 not allowed
             C: STARTTLS
             S: 503 5.5.1 TLS cannot be started
             C: EXPN list
             S: 502 5.5.1 not implemented
             C: FROBNICATE
             S: 500 5.5.1 no such command
             C:
             S: 500 5.5.1 no such command
             C: DATA now
             S: 501 5.5.4 expected the end of the line at column 5",
        )
        .await;
}

#[tokio::test]
async fn out_of_order() {
    let server = Server::start().await;
    server
        .play(
            "S: 220 *
             C: MAIL FROM:<a@b>
             S: 503 5.5.1 LHLO comes first
             C: RCPT TO:<alice>
             S: 503 5.5.1 MAIL comes first
             C: DATA
             S: 503 5.5.1 MAIL comes first",
        )
        .await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             S: 250 2.1.0 OK
             C: MAIL FROM:<c@d>
             S: 503 5.5.1 a message is under way already
             C: DATA
             S: 503 5.5.1 no valid recipients
             C: RSET
             S: 250 2.0.0 OK
             C: MAIL FROM:<c@d>
             S: 250 2.1.0 OK",
        )
        .await;
}

#[tokio::test]
async fn mail_and_its_parameters() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b> SIZE=1000 BODY=8BITMIME SMTPUTF8
             S: 250 2.1.0 OK
             C: RSET
             S: 250 2.0.0 OK
             C: MAIL FROM:<> BODY=7BIT
             S: 250 2.1.0 OK
             C: RSET
             S: 250 2.0.0 OK
             C: MAIL FROM:<a@b> SIZE=99999999999
             S: 552 5.3.4 the message is too large
             C: MAIL FROM:<a@b> SIZE=x
             S: 501 5.5.4 expected 1 to 20 digits at column 22
             C: MAIL FROM:<a@b> HOLDFOR=1
             S: 555 5.5.4 unknown parameter at column 17
             C: MAIL FROM:<a@b> RET=HDRS
             S: 555 5.5.4 RET is not offered
             C: MAIL FROM:<a@b> ENVID=1
             S: 555 5.5.4 ENVID is not offered
             C: MAIL FROM:<a@b> AUTH=<>
             S: 555 5.5.4 AUTH is not offered
             C: MAIL FROM:<δοκιμή@b>
             S: 553 5.6.7 an address beyond ASCII needs SMTPUTF8
             C: MAIL FROM:a@b
             S: 501 5.5.4 expected \"<\" at column 11
             C: MAIL FROM:<a@b
             S: 501 5.5.4 expected \">\" at column 15
             C: MAIL FROM:<δοκιμή@b> SMTPUTF8
             S: 250 2.1.0 OK",
        )
        .await;
}

#[tokio::test]
async fn rcpt_and_its_answers() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             S: 250 2.1.0 OK
             C: RCPT TO:<alice>
             S: 250 2.1.5 OK
             C: RCPT TO:<alice+label@example.org>
             S: 250 2.1.5 OK
             C: RCPT TO:<@relay,@relay2:\"bob b\"@example.org>
             S: 250 2.1.5 OK
             C: RCPT TO:<nobody@example.org>
             S: 550 5.1.1 <nobody@example.org> no such user
             C: RCPT TO:<disabled@example.org>
             S: 450 4.2.1 <disabled@example.org> takes no mail at present
             C: RCPT TO:<broken@example.org>
             S: 451 4.4.3 <broken@example.org> the directory does not answer
             C: RCPT TO:<alice> NOTIFY=NEVER
             S: 555 5.5.4 NOTIFY is not offered
             C: RCPT TO:<alice> ORCPT=rfc822;a@b
             S: 555 5.5.4 ORCPT is not offered
             C: RCPT TO:<alice> SIZE=1
             S: 555 5.5.4 unknown parameter at column 17
             C: RCPT TO:<δοκιμή@b>
             S: 553 5.6.7 an address beyond ASCII needs SMTPUTF8
             C: RCPT TO:<>
             S: 501 5.5.4 expected a local part at column 10",
        )
        .await;
}

#[tokio::test]
async fn commands_that_come_in_a_group_are_answered_in_order() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<nobody>
             C: RCPT TO:<alice>
             C: VRFY x
             C: RSET
             C: NOOP
             C: QUIT
             S: 250 2.1.0 OK
             S: 550 5.1.1 <nobody> no such user
             S: 250 2.1.5 OK
             S: 252 2.0.0 *
             S: 250 2.0.0 OK
             S: 250 2.0.0 OK
             S: 221 2.0.0 bye
             S-",
        )
        .await;
}

#[tokio::test]
async fn one_byte_at_a_time() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
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
    assert_eq!(server.inbox(crate::harness::ALICE).await, ["Subject: x\r\n\r\n.\r\n"]);
}
