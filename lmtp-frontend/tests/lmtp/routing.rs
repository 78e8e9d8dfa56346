//! Where recipients lead: labels, others' mailboxes, one mailbox by several ways.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use lmtp_frontend::{Outgoing, What};

use crate::common::people::ALICE;
use crate::common::{On, Options, Posted, Server, account, lhlo, start};

harness::everywhere! {
    mail_for_others_is_handed_on
    nothing_is_handed_on_in_a_loop
    reports_are_asked_for_where_they_can_be_sent
}

/// Sends a message to these recipients; `replies` are the final replies.
async fn send(server: &Server, recipients: &[&str], replies: &[&str]) {
    let mut client = lhlo(server).await;
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

async fn mail_for_others_is_handed_on(on: On) {
    let outbox = Arc::new(Posted::default());
    let server = start(on, Options::sending(&outbox)).await;
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

async fn nothing_is_handed_on_in_a_loop(on: On) {
    let server = start(on, Options::sending(&Arc::default())).await;
    let mut client = lhlo(&server).await;
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

async fn reports_are_asked_for_where_they_can_be_sent(on: On) {
    let server = start(on, Options::default()).await;
    let mut client = lhlo(&server).await;
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
    let server = start(on, Options::sending(&outbox)).await;
    let mut client = lhlo(&server).await;
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
