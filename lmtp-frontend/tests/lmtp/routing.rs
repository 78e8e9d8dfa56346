//! Where recipients lead: labels, others' mailboxes, one mailbox by several ways.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use lmtp_frontend::{Labels, Outgoing, Settings, What};

use crate::harness::{ALICE, BOB, Posted, Server, account, bare};

/// Sends a message to these recipients; `replies` are the final replies.
async fn send(server: &Server, recipients: &[&str], replies: &[&str]) {
    let mut client = server.lhlo().await;
    client.play("C: MAIL FROM:<a@b.example>\nS: 250 2.1.0 OK").await;
    for recipient in recipients {
        client.play(&format!("C: RCPT TO:{recipient}\nS: 250 2.1.5 OK")).await;
    }
    client.play("C: DATA\nS: 354 *\nC: Subject: x\nC:\nC: text\nC: .").await;
    for reply in replies {
        client.play(&format!("S: {reply}")).await;
    }
    client.play("C: NOOP\nS: 250 2.0.0 OK").await;
}

#[tokio::test]
async fn one_reply_for_each_rcpt_and_one_copy_for_each_mailbox() {
    let server = Server::start().await;
    send(
        &server,
        &["<alice>", "<alias@x>", "<bob>", "<alice>", "<alice+label@x>"],
        &[
            "250 2.0.0 <alice> * saved",
            "250 2.0.0 <alias@x> * saved",
            "250 2.0.0 <bob> * saved",
            "250 2.0.0 <alice> * saved",
            "250 2.0.0 <alice+label@x> * saved",
        ],
    )
    .await;
    assert_eq!(server.inbox(ALICE).await.len(), 1);
    assert_eq!(server.inbox(BOB).await.len(), 1);
}

#[tokio::test]
async fn labels_are_filed_where_there_is_a_mailbox() {
    let server = Server::with(Settings { labels: Labels::Filed, ..bare() }).await;
    server.mailbox(ALICE, "Lists").await;
    server.mailbox(ALICE, "Lists/Rust").await;
    let saved = ["250 2.0.0 *"; 6];
    let labels =
        ["<alice+Lists>", "<alice+lists>", "<alice+lists.rust>", "<alice+none>", "<alice>"];
    send(&server, &labels, &saved[..5]).await;
    assert_eq!(server.filed(ALICE, "Lists").await.len(), 1);
    assert_eq!(server.filed(ALICE, "Lists/Rust").await.len(), 1);
    assert_eq!(server.filed(ALICE, "INBOX").await.len(), 1);
    // Senders make no mailboxes.
    let names = server.store.mailboxes(account(ALICE)).await.unwrap();
    assert!(names.find("none").is_none());

    let server = Server::start().await;
    server.mailbox(ALICE, "Lists").await;
    send(&server, &["<alice+Lists>"], &saved[..1]).await;
    assert_eq!(server.filed(ALICE, "INBOX").await.len(), 1);
}

#[tokio::test]
async fn mail_for_others_is_handed_on() {
    let outbox = Arc::new(Posted::default());
    let server = Server::sending(bare(), outbox.clone()).await;
    send(&server, &["<away@x>", "<alice>", "<away@x>"], &["250 *"; 3]).await;
    let posted = outbox.take();
    assert_eq!(posted.len(), 2);
    for (outgoing, to) in posted.iter().zip(["x@a.example", "y@b.example"]) {
        let message = "Delivered-To: away@x\r\nSubject: x\r\n\r\ntext\r\n";
        let expected = Outgoing {
            account: None,
            sender: "a@b.example".into(),
            recipient: "away@x".into(),
            message: message.into(),
            what: What::Forward { to: to.into() },
        };
        assert_eq!(*outgoing, expected);
    }
    outbox.fails.store(true, Ordering::SeqCst);
    send(&server, &["<away>"], &["451 4.3.0 <away> the store is not available"]).await;
}

#[tokio::test]
async fn nothing_is_handed_on_without_an_outbox_or_in_a_loop() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<away>
             S: 250 2.1.0 OK
             S: 550 5.7.1 <away> mail is not sent on from here",
        )
        .await;
    let server = Server::sending(bare(), Arc::new(Posted::default())).await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<away@x>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: delivered-to: Away@x
             C:
             C: .
             S: 554 5.4.6 <away@x> the message has been here before",
        )
        .await;
}

#[tokio::test]
async fn reports_are_asked_for_where_they_can_be_sent() {
    let server = Server::start().await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b> RET=HDRS
             S: 555 5.5.4 RET is not offered
             C: MAIL FROM:<a@b>
             C: RCPT TO:<alice> NOTIFY=SUCCESS
             S: 250 2.1.0 OK
             S: 555 5.5.4 NOTIFY is not offered",
        )
        .await;
    let outbox = Arc::new(Posted::default());
    let server = Server::sending(bare(), outbox.clone()).await;
    let mut client = server.lhlo().await;
    client
        .play(
            "C: MAIL FROM:<a@b> RET=HDRS ENVID=QQ314159
             C: RCPT TO:<alice> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;al@x
             C: RCPT TO:<bob> NOTIFY=FAILURE
             C: RCPT TO:<carol> NOTIFY=NEVER
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: text
             C: .
             S: 250 2.0.0 <alice> * saved
             S: 250 2.0.0 <bob> * saved
             S: 250 2.0.0 <carol> * saved",
        )
        .await;
    let posted = outbox.take();
    assert_eq!(posted.len(), 1);
    let What::Delivered { envid, orcpt, ret } = &posted[0].what else { panic!("{posted:?}") };
    assert_eq!(envid.as_deref(), Some("QQ314159"));
    assert_eq!(orcpt.as_ref().map(|orcpt| orcpt.address.as_str()), Some("al@x"));
    assert!(ret.is_some());
    assert_eq!(posted[0].account, Some(account(ALICE)));
}
