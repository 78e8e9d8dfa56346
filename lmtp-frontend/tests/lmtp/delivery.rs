//! What is put in front of a message, and what is not touched.

use lmtp_frontend::{Settings, Trace};

use crate::common::people::{ALICE, BOB};
use crate::common::{On, Options, Server, bare, lhlo, start};

harness::everywhere! {
    trace_fields_stand_in_front
    nobody_learns_of_other_recipients
    each_field_can_be_switched_off
    nothing_is_added_when_all_are_off
}

const MESSAGE: &str = "From: <a@b>\r\nSubject: x\r\n\r\ntext\r\n";

async fn deliver(server: &Server, recipients: &[&str]) {
    let mut client = lhlo(server).await;
    client.play("C: MAIL FROM:<\"a b\"@c.example>\nS: 250 2.1.0 OK").await;
    for recipient in recipients {
        client.play(&format!("C: RCPT TO:<{recipient}>\nS: 250 2.1.5 OK")).await;
    }
    client.play("C: DATA\nS: 354 *").await;
    client.send(format!("{MESSAGE}.\r\n").as_bytes()).await;
    for recipient in recipients {
        client.play(&format!("S: 250 2.0.0 <{recipient}> * saved")).await;
    }
}

fn traced() -> Settings {
    Settings { trace: Trace::default(), ..bare() }
}

async fn trace_fields_stand_in_front(on: On) {
    let server = start(on, traced()).await;
    deliver(&server, &["alice+label@x"]).await;
    let inbox = server.mail(ALICE).texts("INBOX").await;
    let lines: Vec<&str> = inbox[0].strip_suffix(MESSAGE).expect("the message").lines().collect();
    assert_eq!(lines.len(), 7);
    assert_eq!(lines[0], "Return-Path: <\"a b\"@c.example>");
    assert_eq!(lines[1], "Delivered-To: alice+label@x");
    assert_eq!(lines[2], "Received: from client.example ([127.0.0.1])");
    assert_eq!(lines[3], "\tby store.example with LMTP");
    assert!(lines[4].starts_with("\tid "));
    assert_eq!(lines[5], "\tfor <alice+label@x>;");
    assert!(lines[6].ends_with(" +0000"));
}

async fn nobody_learns_of_other_recipients(on: On) {
    let server = start(on, traced()).await;
    deliver(&server, &["alice@x", "bob@x"]).await;
    let (alice, bob) =
        (server.mail(ALICE).texts("INBOX").await, server.mail(BOB).texts("INBOX").await);
    assert!(alice[0].contains("Delivered-To: alice@x\r\n") && !alice[0].contains("bob"));
    assert!(bob[0].contains("Delivered-To: bob@x\r\n") && !bob[0].contains("alice"));
}

async fn each_field_can_be_switched_off(on: On) {
    for (trace, field) in [
        (Trace { return_path: true, ..Trace::NONE }, "Return-Path: "),
        (Trace { delivered_to: true, ..Trace::NONE }, "Delivered-To: "),
        (Trace { received: true, ..Trace::NONE }, "Received: "),
    ] {
        let server = start(on, Settings { trace, ..bare() }).await;
        deliver(&server, &["alice"]).await;
        let inbox = server.mail(ALICE).texts("INBOX").await;
        let header = inbox[0].strip_suffix(MESSAGE).expect("the message");
        let fields: Vec<&str> = header.lines().filter(|line| !line.starts_with('\t')).collect();
        assert_eq!(fields.len(), 1, "{fields:?}");
        assert!(fields[0].starts_with(field));
    }
}

async fn nothing_is_added_when_all_are_off(on: On) {
    let server = start(on, Options::default()).await;
    deliver(&server, &["alice"]).await;
    assert_eq!(server.mail(ALICE).texts("INBOX").await, [MESSAGE]);
}
